"""Versions of parties: own name first, own names of places, nothing else, and back again byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.lib.problems import Invalid, NotFound
from dragoman.negotiations.neutrality import TermSheet, alternat, parse_terms
from dragoman.negotiations.neutrality.examples import example_sheet

SHEET = example_sheet()
LANGUAGES = ("en", "fr", "ru", "ar", "zh")
BOTH = st.sampled_from(["northland", "eastmark"])

# what a text is made of: lists within and without the phrases of the sheet, places in several cases, filler
PIECES = {
    "en": [
        "Talks between {list}",
        "the {list} road",
        "Stonebridge",
        "old bridge",
        "A road.",
        "{list} met",
        "\n\n",
    ],
    "fr": ["Les délégations {of}", "Pont-de-Pierre", "Un pont.", "« oui »", "{list}"],
    "ru": ["между {instr}", "Каменном Мосту", "Каменного Моста", "о дороге.", "Встреча"],
    "ar": ["بين {list}", "في الجسر الحجري", "بالجسر الحجري", "الطريق مفتوح.", "و"],
    "zh": ["{list}举行会谈。", "石桥", "道路", "，"],
}
LISTS = {
    "en": ("Northland and Eastmark", "Eastmark and Northland"),
    "fr": ("le Northland et l’Eastmark", "l’Eastmark et le Northland"),
    "ru": ("Нортландией и Истмарком", "Истмарком и Нортландией"),
    "ar": ("نورثلاند وإيستمارك", "إيستمارك ونورثلاند"),
    "zh": ("诺斯兰和伊斯特马克", "伊斯特马克和诺斯兰"),
}
OF = ("du Northland et de l’Eastmark", "de l’Eastmark et du Northland")


def one(field: str = "", *, lang: str = "en") -> dict[str, tuple[str, str, str]]:
    return {lang: (field, "", "")}


@st.composite
def releases(draw: st.DrawFn) -> tuple[int, dict[str, tuple[str, str, str]]]:
    number = draw(st.integers(1, 6))
    turn = (number - 1) % 2

    def field(lang: str) -> str:
        pieces = draw(st.lists(st.sampled_from(PIECES[lang]), max_size=8))
        text = ("" if lang == "zh" else " ").join(pieces)
        return text.format(list=LISTS[lang][turn], instr=LISTS["ru"][turn], of=OF[turn])

    langs = draw(st.sets(st.sampled_from(LANGUAGES), min_size=1))
    return number, {lang: (field(lang), field(lang), field(lang)) for lang in sorted(langs)}


@settings(max_examples=150, deadline=None)
@given(releases(), BOTH)
def test_way_there_and_back_restores_every_byte(
    release: tuple[int, dict[str, tuple[str, str, str]]], party: str
) -> None:
    number, agreed = release
    version = alternat.version(agreed, SHEET, number, party)
    proof = alternat.prove(agreed, version, SHEET, party, number)
    assert proof.ok, proof.refusals
    for difference in proof.differences:
        text = agreed[difference.lang][("title", "summary", "body").index(difference.field)]
        assert text[difference.start : difference.end] == difference.agreed
        assert difference.entry.startswith(("order.phrases.", "places."))
    changed = agreed != version
    assert changed == bool(proof.differences)


@settings(max_examples=150, deadline=None)
@given(releases(), BOTH, st.data())
def test_any_other_change_is_caught_with_its_place(
    release: tuple[int, dict[str, tuple[str, str, str]]], party: str, data: st.DataObject
) -> None:
    number, agreed = release
    version = alternat.version(agreed, SHEET, number, party)
    lang = data.draw(st.sampled_from(sorted(version)))
    at_field = data.draw(st.integers(0, 2))
    text = version[lang][at_field]
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, min(3, len(text) - at)))
    changed = text[:at] + data.draw(st.text(max_size=3)) + text[at + cut :]
    if changed == text:
        return
    title, summary, body = (changed if at == at_field else own for at, own in enumerate(version[lang]))
    proof = alternat.prove(agreed, version | {lang: (title, summary, body)}, SHEET, party, number)
    assert not proof.ok
    assert (proof.refusals[0].lang, proof.refusals[0].field) == (lang, ("title", "summary", "body")[at_field])


@settings(max_examples=100, deadline=None)
@given(releases(), BOTH)
def test_version_of_the_other_party_is_refused_unless_it_is_the_same(
    release: tuple[int, dict[str, tuple[str, str, str]]], party: str
) -> None:
    number, agreed = release
    other = "eastmark" if party == "northland" else "northland"
    mine = alternat.version(agreed, SHEET, number, party)
    theirs = alternat.version(agreed, SHEET, number, other)
    assert alternat.prove(agreed, theirs, SHEET, party, number).ok == (mine == theirs)


def test_capital_stays_at_the_start_of_the_sentence() -> None:
    agreed = one("The Republic of Northland and the Republic of Eastmark met.")
    version = alternat.version(agreed, SHEET, 1, "eastmark")
    assert version["en"][0] == "The Republic of Eastmark and the Republic of Northland met."


def test_bold_and_slanted_letters_stay_where_they_stand() -> None:
    agreed = one("Talks between **Northland** and _Eastmark_ at _Stonebridge_")
    version = alternat.version(agreed, SHEET, 1, "eastmark")
    assert version["en"][0] == "Talks between **Eastmark** and _Northland_ at _White Bridge_"
    assert alternat.prove(agreed, version, SHEET, "eastmark", 1).ok


def test_list_outside_the_phrases_of_the_sheet_stays() -> None:
    agreed = one("The road from Northland and Eastmark is open.")
    assert alternat.version(agreed, SHEET, 1, "eastmark") == agreed


def test_place_changes_within_a_sentence_and_not_within_a_word() -> None:
    agreed = one("Stonebridge and Stonebridgers")
    assert alternat.version(agreed, SHEET, 1, "northland")["en"][0] == "Old Bridge and Stonebridgers"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Talks between Eastmark and Northland", "alternat-order"),
        ("Talks between Northland and the Republic of Eastmark", "alternat-form"),
        ("Talks between NORTHLAND and EASTMARK", "alternat-form"),
        ("The meeting at Old Bridge", "alternat-way-back"),
    ],
)
def test_text_whose_way_back_is_not_sure_is_refused_with_its_place(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        alternat.version(one(text), SHEET, 1, "northland")
    assert refused.value.code == code
    assert "en, title" in refused.value.detail
    assert refused.value.mend


def test_proof_of_a_text_whose_way_back_is_not_sure_is_refused_too() -> None:
    agreed = one("The meeting at Old Bridge")
    assert not alternat.prove(agreed, agreed, SHEET, "northland", 1).ok


def test_language_in_only_one_of_the_two_is_refused() -> None:
    proof = alternat.prove(
        one("A road."), one("A road.") | one("Une route.", lang="fr"), SHEET, "northland", 1
    )
    assert [refusal.lang for refusal in proof.refusals] == ["fr"]


def test_agreed_place_that_the_version_keeps_is_refused_by_name() -> None:
    proof = alternat.prove(one("At Stonebridge."), one("At Stonebridge."), SHEET, "northland", 1)
    assert "Old Bridge" in proof.refusals[0].why


def test_party_that_is_not_in_the_sheet_is_refused() -> None:
    with pytest.raises(NotFound):
        alternat.version(one("Talks between Northland and Eastmark"), SHEET, 1, "riverton")


def three(plain: dict[str, Any]) -> TermSheet:
    """Three parties, one language."""
    parties = {
        name: {"en": {"short": name.title(), "full": f"the Republic of {name.title()}"}}
        for name in ("northland", "eastmark", "southmoor")
    }
    order = {"rule": "rotate", "parties": list(parties), "phrases": {"en": ["between {parties}"]}}
    return parse_terms(
        plain
        | {"languages": ["en"], "parties": parties, "order": order, "titles": [], "places": [], "terms": []}
    )


def test_three_parties_own_first_others_as_they_stood(plain: dict[str, Any]) -> None:
    sheet = three(plain)
    agreed = one("Talks between Eastmark, Southmoor and Northland")
    assert alternat.version(agreed, sheet, 2, "southmoor") == one(
        "Talks between Southmoor, Eastmark and Northland"
    )
    assert alternat.version(agreed, sheet, 2, "northland") == one(
        "Talks between Northland, Eastmark and Southmoor"
    )
    assert alternat.version(agreed, sheet, 2, "eastmark") == agreed


def test_list_of_some_parties_without_the_own_stays(plain: dict[str, Any]) -> None:
    agreed = one("Talks between Northland and Eastmark")
    assert alternat.version(agreed, three(plain), 1, "southmoor") == agreed
