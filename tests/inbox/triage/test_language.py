"""The language of one text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox.triage.language import Languages
from dragoman.inbox.triage.values import UNKNOWN


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages()


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Ці можна прыехаць без візы два разы за адзін месяц?", "be"),
        ("Можно ли приехать без визы два раза за один месяц?", "ru"),
        ("Чи можна приїхати без візи двічі на місяць?", "uk"),
        ("Може ли да дойда без виза два пъти в месеца?", "bg"),
        ("Могу ли да дођем без визе двапут месечно?", "sr"),
        ("Maskvadan uçsam, viza lazımdırmı mənə?", "az"),
        ("მჭირდება ვიზა?", "ka"),
        ("ビザは必要ですか", "ja"),
        ("我需要签证吗", "zh"),
        ("비자가 필요한가요", "ko"),
        ("Χρειάζομαι βίζα;", "el"),
        ("کیا مجھے ویزا کی ضرورت ہے؟", "ur"),
        ("آیا به ویزا نیاز دارم؟", "fa"),
        ("هل أحتاج إلى تأشيرة؟", "ar"),
        ("Czy wystarczy dowód osobisty, czy muszę mieć paszport?", "pl"),
        ("Man ir Latvijas nepilsoņa pase. Vai man vajag vīzu?", "lv"),
        ("Здравствуйте, ці можна прыехаць без визы на 5 дней?", "be"),
        ("podskazhite pozhaluista nuzhna li viza", "ru"),
        ("ana 3ayez a3raf law sama7t el visa", "ar"),
    ],
)
def test_a_sentence_has_its_language(languages: Languages, text: str, lang: str) -> None:
    guess = languages.identify(text)
    assert guess.lang == lang
    assert 0 < guess.confidence <= 1
    assert guess.model == languages.model_id


@pytest.mark.parametrize(
    "text", ["", " ", "ok", "👍👍", "12.02.2017", "\ud83d", "\u200b\u202e", "https://example.org/a"]
)
def test_what_says_nothing_is_unknown(languages: Languages, text: str) -> None:
    assert languages.identify(text).lang == UNKNOWN
    assert languages.identify(text).confidence == 0


def test_a_hint_speaks_for_short_texts_and_never_against_the_script(languages: Languages) -> None:
    assert languages.identify("Дзякуй").lang == UNKNOWN
    assert languages.identify("Дзякуй", "be").lang == "be"
    assert languages.identify("Дзякуй", "en").lang == UNKNOWN
    assert languages.identify("Gracias!", "es-MX").lang == "es"
    assert languages.identify("მჭირდება ვიზა?", "en").lang == "ka"
    assert languages.identify("Do I need a visa to come with my family?", "uk").lang == "en"
    assert languages.identify("Do I need a visa to come?", "not a tag").lang == "en"


def test_links_handles_and_hashtags_are_no_language(languages: Languages) -> None:
    text = "@visit_belarus https://belarus.by/en/travel #visafree Ці патрэбна мне віза?"
    assert languages.identify(text).lang == "be"


@given(st.text(max_size=200), st.text(max_size=8))
def test_any_text_gets_an_answer(text: str, hint: str) -> None:
    guess = _ONE.identify(text, hint)
    assert guess.lang
    assert 0 <= guess.confidence <= 1


def test_a_hundred_kilobytes_are_read_in_their_beginning(languages: Languages) -> None:
    assert languages.identify("Do I need a visa for this? " * 4000).lang == "en"


_ONE = Languages()
