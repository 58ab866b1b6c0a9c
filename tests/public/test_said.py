"""The form in which texts are compared: the same in Python and in the reader's browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.public import said

SCRIPT = Path(said.__file__).parent / "static" / "public" / "said.js"
TEXTS = [
    "Citizens of 80 states may enter for 5 days. Arrival and departure both count!",
    "“Citizens” of 80 states — may   enter for 5 days\nArrival and departure both count",
    "1/4 Граждане 80 государств могут въезжать на 5 суток. Подробности: https://mfa.example/ru/x/",
    "يجوز لمواطني 80 دولة الدخول لمدة خمسة أيام. هل تحسب أيام الوصول والمغادرة؟ نعم، تُحسب كلها.",
    "八十个国家的公民可停留五日。抵离之日均计算在内！请自备保险。",
    "The fee is −5 % or -5%, not 5%. It costs €10.50; in total $1,000.",
    "İstanbul’da STRASSE straße ΣΊΣΥΦΟΣ ﬁne ½ \u200bzero\u2060width\u202e.",
    "Déclaration\u00a0: l’entrée n’est pas permise… Vraiment",
    "",
    "Short.",
]
LINKS = [
    "https://www.mfa.example/en/statements/five-days/",
    "HTTPS://MFA.example/en/statements/five-days?utm_source=x#top",
    "https://www.youtube.com/watch?v=abc123&t=4",
    "https://мид.example/ru/путь/",
    "http://localhost:8000/en/",
    "no address",
    "ftp://mfa.example/x",
]


def test_the_same_words_in_other_dress_are_the_same() -> None:
    plain, dressed = said.sentences(TEXTS[0]), said.sentences(TEXTS[1])
    assert plain == dressed
    assert plain == ["citizens of 80 states may enter for 5 days", "arrival and departure both count"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It is -5 degrees in the capital", "It is 5 degrees in the capital"),
        ("The share is 5 % of the whole", "The share is 5 of the whole"),
        ("It costs €10 for each of you", "It costs $10 for each of you"),
        ("You may not enter without a visa", "You may enter without a visa"),
        ("The stay is 5 days for everyone", "The stay is 50 days for everyone"),
    ],
)
def test_what_changes_the_meaning_changes_the_form(one: str, other: str) -> None:
    assert said.form(one) != said.form(other)


def test_a_thread_number_and_an_address_are_no_part_of_what_is_said() -> None:
    with_number = "1/4 Citizens of 80 states may enter.\nhttps://mfa.example/en/ \n(2/4)"
    assert said.sentences(with_number)[0].endswith("citizens of 80 states may enter")
    assert len(said.sentences(with_number)) == 1


def test_links_are_compared_by_host_and_path() -> None:
    assert said.link(LINKS[0]) == said.link(LINKS[1]) == "mfa.example/en/statements/five-days"
    assert said.link(LINKS[2]) == "youtube.com/watch?v=abc123"
    assert said.link(LINKS[5]) == said.link(LINKS[6]) == ""


@given(st.text(max_size=400))
def test_the_form_is_steady(text: str) -> None:
    assert said.form(said.form(text)) == said.form(text)
    assert all(said.form(one) == one for one in said.sentences(text))


@given(st.text(max_size=300))
def test_any_address_is_taken(text: str) -> None:
    said.link(text)
    said.link("https://" + text)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_the_browser_brings_texts_and_links_to_the_same_form() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    start, end = script.index("  const cjk ="), script.index("  async function looks(")
    program = script[start:end] + (
        "const {texts, links} = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "(async () => console.log(JSON.stringify({texts: texts.map(sentences), links: links.map(link),"
        "digests: await Promise.all(texts.map((one) => digest('text', one)))})))();"
    )
    asked = json.dumps({"texts": TEXTS, "links": LINKS})
    done = subprocess.run(["node", "-e", program], input=asked, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["texts"] == [said.sentences(text) for text in TEXTS]
    assert told["links"] == [said.link(link) for link in LINKS]
    assert told["digests"] == [said.digest("text", text) for text in TEXTS]


OURS = (
    "How the five days are counted\n\nArrival and departure both count. Citizens of 80 states may enter for "
    "up to 5 days through the airport of the capital. A passport, insurance and money are needed. "
    "Diplomatic passports are not covered by the rule."
)


def strokes(compared: said.Compared) -> list[tuple[str, str]]:
    return [(piece.stroke, piece.text.strip()) for piece in compared.change if piece.stroke != "same"]


def test_a_copy_with_another_number_shows_the_number() -> None:
    compared = said.compare(
        OURS, "Citizens of 80 states may enter for up to 50 days through the airport.", "en"
    )
    assert compared.copied
    assert strokes(compared) == [("del", "5"), ("ins", "50")]


def test_a_copy_without_the_small_word_shows_the_small_word() -> None:
    compared = said.compare(OURS, "Diplomatic passports are covered by the rule.", "en")
    assert compared.copied
    assert strokes(compared) == [("del", "not")]


def test_a_word_that_stands_far_away_does_not_tear_a_copy_apart() -> None:
    ours = "Citizens of many states are welcome. " + "Nothing else is said in this sentence. " * 30 + OURS
    compared = said.compare(
        ours, "Citizens of 90 states may enter for up to 5 days through the airport.", "en"
    )
    assert strokes(compared) == [("del", "80"), ("ins", "90")]


def test_another_text_is_no_copy() -> None:
    other = "The parliament discussed the budget for roads and bridges, and of the railways nothing was said."
    assert not said.compare(OURS, other, "en").copied


def test_a_copy_in_a_language_without_spaces_is_seen() -> None:
    ours = "八十个国家的公民可停留五日。抵离之日均计算在内。"
    compared = said.compare(ours, "八十个国家的公民可停留十五日。", "zh")
    assert compared.copied
    assert ("ins", "十") in strokes(compared)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(ours: str, copy: str) -> None:
    compared = said.compare(ours, copy, "en")
    assert 0 <= compared.share <= 1


@given(st.lists(st.sampled_from(OURS.split()), min_size=8, max_size=40))
def test_sketches_of_a_part_share_with_the_whole(words: list[str]) -> None:
    part = OURS[40:200]
    assert set(said.sketch(part)) & set(said.sketch(OURS))
    assert said.sketch(" ".join(words)) == said.sketch(" ".join(words).upper())


@pytest.mark.parametrize(
    ("filling", "lang"),
    [
        (" .", "en"),
        (".", "en"),
        ("a ", "en"),
        ("is here. ", "en"),
        ("visa " * 8 + "the ", "en"),
        ("的", "zh"),
        ("本部", "zh"),
    ],
)
def test_no_text_that_a_stranger_can_send_keeps_us_busy(filling: str, lang: str) -> None:
    ours = " ".join(f"The visa of word{number} is here, and the rest is here." for number in range(600))
    ours = "本部今日宣布中国公民的签证的" * 400 if lang == "zh" else ours
    sent = (ours[:200] + filling * said.MOST_LETTERS)[: said.MOST_LETTERS]
    began = time.process_time()
    said.compare(ours, sent, lang)
    said.sentences((filling.strip() * said.MOST_LETTERS)[: said.MOST_LETTERS] + "x")
    assert time.process_time() - began < 10  # it was hours
