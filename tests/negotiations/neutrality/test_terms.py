"""Term sheets: read whole, one form in bytes, the order of naming, and every mistake told at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.lib.problems import Invalid, NotFound
from dragoman.negotiations import neutrality
from dragoman.negotiations.neutrality import TermSheet, terms
from dragoman.negotiations.neutrality.terms_reading import MAX_BYTES

Plain = dict[str, Any]
Spoil = Callable[[Plain], object]


def mistakes(sheet: object) -> dict[str, str]:
    """Where the sheet is wrong, and what is."""
    with pytest.raises(Invalid) as refused:
        terms.parse(json.dumps(sheet).encode())
    assert refused.value.code == "term-sheet"
    assert all(place["mend"] for place in refused.value.where)
    return {place["field"]: place["message"] for place in refused.value.where}


def test_sheet_has_one_form_in_bytes_however_it_was_written(plain: Plain) -> None:
    spaced = terms.parse(json.dumps(plain, indent=8).encode())
    as_object = terms.parse(plain)
    turned = terms.parse(json.dumps(dict(reversed(list(plain.items())))).encode())
    assert spaced == as_object == turned
    assert terms.dump(spaced) == terms.dump(turned)
    assert terms.parse(terms.dump(spaced)) == spaced


@pytest.mark.parametrize(
    ("rule", "number", "order"),
    [
        ("rotate", 1, ("northland", "eastmark")),
        ("rotate", 2, ("eastmark", "northland")),
        ("rotate", 3, ("northland", "eastmark")),
        ("fixed", 2, ("northland", "eastmark")),
        ("alternat", 2, ("northland", "eastmark")),
        ("alphabetical", 1, ("eastmark", "northland")),
    ],
)
def test_order_of_naming_follows_its_rule(
    plain: Plain, rule: str, number: int, order: tuple[str, ...]
) -> None:
    plain["order"]["rule"] = rule
    assert terms.parse(plain).order_for(number, "en") == order


def test_alphabetical_order_is_that_of_the_language(plain: Plain) -> None:
    plain["order"]["rule"] = "alphabetical"
    sheet = terms.parse(plain)
    assert sheet.order_for(1, "ru") == ("eastmark", "northland")
    # le Northland stands behind l’Eastmark; the Arabic alef before the nun
    assert sheet.order_for(1, "ar") == ("eastmark", "northland")


def test_in_its_own_version_a_party_is_first_and_the_others_stay_as_they_stood(sheet: TermSheet) -> None:
    assert sheet.order_for(1, "en", party="eastmark") == ("eastmark", "northland")
    assert sheet.order_for(1, "en", party="northland") == ("northland", "eastmark")


@pytest.mark.parametrize(("party", "lang"), [("riverton", "en"), ("northland", "zh")])
def test_name_that_is_not_in_the_sheet_is_told_with_those_that_are(
    sheet: TermSheet, party: str, lang: str
) -> None:
    with pytest.raises(NotFound, match=f"no party “{party}” in {lang}"):
        sheet.name(party, lang)


SPOILT: dict[str, tuple[Spoil, str]] = {
    "unknown key": (lambda s: s.update(extra=1), "extra"),
    "names of people in a public sheet": (lambda s: s.update(withheld=["Anna Orrin"]), "withheld"),
    "another version of the form": (lambda s: s.update(v=2), "v"),
    "true is no number": (lambda s: s.update(version=True), "version"),
    "no such process name": (lambda s: s.update(process="Stone Bridge"), "process"),
    "no languages": (lambda s: s.update(languages=[]), "languages"),
    "a language twice": (lambda s: s["languages"].append("en"), "languages"),
    "a language that is none": (lambda s: s["languages"].append("English!"), "languages"),
    "no such confidence": (lambda s: s.update(confidentiality="secret"), "confidentiality"),
    "no such rule": (lambda s: s["order"].update(rule="loudest"), "order.rule"),
    "order of a party that is none": (lambda s: s["order"]["parties"].append("south"), "parties.south"),
    "party without order": (lambda s: s["order"]["parties"].remove("eastmark"), "parties.eastmark"),
    "phrase without its list": (
        lambda s: s["order"]["phrases"]["en"].append("between them"), "order.phrases.en[9]",
    ),
    "phrase of nothing else": (
        lambda s: s["order"]["phrases"]["en"].append("{parties}"), "order.phrases.en[9]",
    ),
    "phrase of a language unknown": (
        lambda s: s["order"]["phrases"].update(de=["zwischen {parties}"]), "order.phrases.de",
    ),
    "no full name": (lambda s: s["parties"]["eastmark"]["ru"].pop("full"), "parties.eastmark.ru"),
    "name of another": (
        lambda s: s["parties"]["eastmark"]["en"].update(short="northland"), "parties.northland.en.short",
    ),
    "other words that name another": (
        lambda s: s["parties"]["eastmark"]["en"].update(also=["Northland"]), "parties.northland.en.short",
    ),
    "capital for one": (
        lambda s: s["parties"]["eastmark"]["en"].update(full="The Republic of Eastmark"),
        "parties.*.en.full",
    ),
    "short name of a party": (lambda s: s["parties"].update({"North Land": {}}), "parties.North Land"),
    "title of nobody": (lambda s: s["titles"][0].update(party="riverton"), "titles[0].party"),
    "title twice": (lambda s: s["titles"].append(s["titles"][0]), "titles[2].id"),
    "title in a language unknown": (
        lambda s: s["titles"][0]["names"].update(de=["Leiter"]), "titles[0].names.de",
    ),
    "place without a name": (lambda s: s["places"][0]["names"].pop("fr"), "places[0].names.fr"),
    "place of nobody": (
        lambda s: s["places"][0]["parties"].update(riverton={}), "places[0].parties.riverton",
    ),
    "a form missing": (
        lambda s: s["places"][0]["parties"]["eastmark"]["ru"].pop("gen"), "places[0].parties.eastmark.ru",
    ),
    "own name without a capital": (
        lambda s: s["places"][0]["parties"]["eastmark"]["en"].update(name="white Bridge"),
        "places[0].parties.eastmark.en.name",
    ),
    "two places of one own name": (
        lambda s: s["places"][1]["parties"]["eastmark"]["en"].update(name="White Bridge"),
        "places.border-river.eastmark.en.name",
    ),
    "own name that is another's agreed one": (
        lambda s: s["places"][1]["parties"]["eastmark"]["en"].update(name="Stonebridge"),
        "places.border-river.eastmark.en.name",
    ),
    "contested without the agreed word": (
        lambda s: s["terms"][1]["instead"].pop("ru"), "terms[1].instead.ru",
    ),
    "only a star": (lambda s: s["terms"][0]["forms"]["en"].append("*"), "terms[0].forms.en"),
    "term without a reason": (lambda s: s["terms"][0].update(why=" "), "terms[0].why"),
    "no such kind": (lambda s: s["terms"][0].update(kind="rude"), "terms[0].kind"),
    "terms that are no list": (lambda s: s.update(terms={}), "terms"),
    "a term that is no object": (lambda s: s["terms"].append("word"), "terms[3]"),
    "a sign that turns the direction": (
        lambda s: s["terms"][0].update(why="It is \u202enot so."), "$.terms[0].why",
    ),
    "a sign without width": (
        lambda s: s["parties"]["eastmark"]["en"].update(short="East\u200bmark"),
        "$.parties.eastmark.en.short",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "where"), SPOILT.values(), ids=SPOILT.keys())
def test_mistake_is_told_with_its_place(plain: Plain, spoil: Spoil, where: str) -> None:
    spoil(plain)
    assert where in mistakes(plain)


def test_every_mistake_is_told_at_once(plain: Plain) -> None:
    chosen = [
        "unknown key", "another version of the form", "no such rule", "title of nobody",
        "place without a name", "contested without the agreed word", "only a star",
        "a sign that turns the direction",
    ]  # fmt: skip
    for name in chosen:
        SPOILT[name][0](plain)
    found = mistakes(plain)
    assert {SPOILT[name][1] for name in chosen} <= set(found)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff", "not UTF-8"),
        (b"{", "is not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b'{"v":1,"v":1}', "stands twice"),
        (b'{"v":1.5}', "float"),
        (b"[" * 100_000, "recursion"),
        (b" " * (MAX_BYTES + 1), "are admitted"),
    ],
)
def test_what_is_no_sheet_at_all_is_refused_in_words(data: bytes, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        terms.parse(data)
    assert told in refused.value.detail.lower() or told in refused.value.detail
    assert refused.value.mend


def test_object_that_json_does_not_know_is_refused(plain: Plain) -> None:
    with pytest.raises(Invalid):
        terms.parse(plain | {"version": 1.5})


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_sheet_spoilt_anywhere_is_read_or_refused_and_never_fails_otherwise(data: st.DataObject) -> None:
    sheet: Any = copy.deepcopy(_sample())
    here: Any = sheet
    for _ in range(data.draw(st.integers(1, 6))):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], (dict, list)) or data.draw(st.booleans()):
            here[key] = data.draw(
                st.none()
                | st.integers()
                | st.text(max_size=5)
                | st.just([])
                | st.just({})
                | st.lists(st.text(max_size=3))
            )
            break
        here = here[key]
    try:
        read = terms.parse(json.dumps(sheet).encode())
    except Invalid:  # any other error fails the test
        return
    assert terms.parse(terms.dump(read)) == read
    neutrality.check({"en": ("Northland and Eastmark met.", "", "Both claimed it.")}, read, 1)


def _sample() -> Plain:
    from importlib import resources

    value: Plain = json.loads((resources.files("dragoman.sample") / "stonebridge-terms.json").read_bytes())
    return value
