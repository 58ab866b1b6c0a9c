"""The decisions about facts, on plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from dragoman.facts import rules
from dragoman.facts.values import FactDraft, SheetDraft

F1 = FactDraft("F1", {"en": "One"}, {"en": "Law"})
SHEET = SheetDraft("s", "en", {"en": "T"}, facts=(F1,))


def deeds(have: dict[str, tuple[FactDraft, int, bool]], *facts: FactDraft) -> list[tuple[str, str, int]]:
    plan = rules.plan_changes(have, replace(SHEET, facts=facts))
    return [(change.number, change.deed, change.version) for change in plan]


def test_cited_fact_gets_a_new_version_and_uncited_one_is_amended() -> None:
    changed = replace(F1, valid_to=date(2018, 7, 24))
    assert deeds({"F1": (F1, 1, True)}, changed) == [("F1", "revise", 2)]
    assert deeds({"F1": (F1, 1, False)}, changed) == [("F1", "amend", 1)]


def test_same_fact_stays_and_missing_fact_is_kept() -> None:
    f2 = replace(F1, number="F2")
    assert deeds({"F1": (F1, 3, True), "F10": (F1, 1, True)}, F1, f2) == [
        ("F1", "same", 3),
        ("F2", "add", 1),
        ("F10", "keep", 1),
    ]


def test_differences_are_named_by_language() -> None:
    new = replace(F1, texts={"en": "One", "ar": "واحد"}, sources=("https://a.example",))
    assert rules.differences(F1, new) == ("texts.ar", "sources")


def test_cleaning_joins_lines_and_composes_letters() -> None:
    assert rules.clean("  cafe\u0301\r\n  noir ") == "café noir"
    assert rules.clean("25\u00a0euro") == "25\u00a0euro"


@pytest.mark.parametrize("zone", ["", "Mars/Base", "Europe", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_unknown_zones_are_refused(zone: str) -> None:
    assert [fault.path for fault in rules.faults_of_sheet(replace(SHEET, zone=zone))] == [("zone",)]


@pytest.mark.parametrize("number", ["", "F0", "f1", "F01", "F12345", "1", "F1 "])
def test_unsound_numbers_are_refused(number: str) -> None:
    assert [f.path for f in rules.faults_of_fact(replace(F1, number=number), "en")] == [("number",)]


def test_joiners_of_persian_are_no_hidden_characters() -> None:
    assert rules.hidden_characters("می\u200cشود") == []
    assert rules.hidden_characters("a\u200bb\u202e") == ["U+200B", "U+202E"]


def test_next_number_is_never_one_that_was_used() -> None:
    assert rules.next_number([]) == "F1"
    assert rules.next_number(["F2", "F10"]) == "F11"
