"""The engine as a whole: stable keys, order, size, and silence on good texts."""

from __future__ import annotations

import dataclasses
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dragoman
from dragoman.lib.text.lexicon import calendar
from dragoman.statements.guidelines import Draft, DraftText, FactView, PictureView, check, load_rules

RULES = load_rules()
SAMPLE = Path(dragoman.__file__).with_name("sample")
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def sample_drafts() -> list[tuple[str, Draft]]:
    facts = tuple(
        FactView(
            cite=f"visa-free/{fact['number']}",
            texts=fact["texts"],
            valid_to=fact.get("valid_to"),
            demonstration=True,
        )
        for fact in tomllib.loads((SAMPLE / "visa-free.toml").read_text("utf-8"))["facts"]
    )
    drafts = []
    for one in tomllib.loads((SAMPLE / "statements.toml").read_text("utf-8"))["statements"]:
        texts = tuple(DraftText(lang, **fields) for lang, fields in one["texts"].items())
        draft = Draft(
            kind=one["kind"], source_language=one["source_language"], languages=texts, facts=facts, now=NOW
        )
        drafts.append((one["stage"], draft))
    return drafts


@pytest.mark.parametrize("draft", [draft for stage, draft in sample_drafts() if stage != "draft"])
def test_good_texts_in_six_languages_raise_no_finding(draft: Draft) -> None:
    assert check(draft, RULES) == ()


def test_mistakes_in_the_sample_draft_are_found_and_no_others() -> None:
    (draft,) = [draft for stage, draft in sample_drafts() if stage == "draft"]
    found = {(finding.rule, finding.lang, finding.paragraph) for finding in check(draft, RULES)}
    assert found == {("FCT-1", "en", 3), ("FCT-1", "ar", 2), ("LNG-2", "ar", 2), ("ACS-3", "en", 4)}


DRAFT = Draft(
    languages=(
        DraftText(
            "en",
            title="The stay",
            body="Hello from Belarus.\n\nThe stay may last up to five days. #visafreebelarus",
        ),
        DraftText("de", title="Der Aufenthalt", body="Hallo.\n\nBis zu sechs Tage."),
    ),
    pictures=(PictureView("a.png", {"en": "A calendar"}),),
)


def with_body(lang: str, body: str) -> Draft:
    texts = tuple(dataclasses.replace(t, body=body) if t.lang == lang else t for t in DRAFT.languages)
    return dataclasses.replace(DRAFT, languages=texts)


def test_what_blocks_comes_first() -> None:
    severities = [finding.severity for finding in check(DRAFT, RULES)]
    assert severities == sorted(severities, key=["blocks", "reason", "warns"].index)
    assert severities[0] == "blocks"


def test_key_holds_while_the_words_stand_and_ends_when_they_change() -> None:
    def key(draft: Draft) -> str:
        return next(finding.key for finding in check(draft, RULES) if finding.rule == "LNG-2")

    assert key(DRAFT) == key(DRAFT)
    assert key(DRAFT) != key(with_body("de", "Hallo.\n\nBis zu sieben Tage."))
    source_changed = "Hello from Belarus.\n\nThe stay may last up to four days. #visafreebelarus"
    assert key(DRAFT) != key(with_body("en", source_changed))
    longer_before = "Hallo und willkommen.\n\nBis zu sechs Tage."
    assert key(DRAFT) == key(with_body("de", longer_before))


def test_place_of_a_finding_is_the_place_of_its_words() -> None:
    for finding in check(DRAFT, RULES):
        if finding.start is not None and finding.end is not None and finding.end > finding.start:
            text = DRAFT.text(finding.lang)
            assert text is not None
            field: str = getattr(text, finding.field)
            assert field[finding.start : finding.end].strip() in finding.words


def test_suggestion_may_take_the_place_of_the_words() -> None:
    (finding,) = [finding for finding in check(DRAFT, RULES) if finding.rule == "ACS-3"]
    body = DRAFT.languages[0].body
    mended = body[: finding.start] + finding.suggestion + body[finding.end :]
    assert "#VisaFreeBelarus" in mended
    assert not [finding for finding in check(with_body("en", mended), RULES) if finding.rule == "ACS-3"]


def test_three_hundred_languages_are_judged_in_time() -> None:
    from babel import localedata

    langs = ["en", *sorted({name.split("_")[0] for name in localedata.locale_identifiers()} - {"en"})][:300]
    assert len(langs) == 300
    for lang in langs:
        calendar(lang)  # CLDR is read once in the life of a process
    fact = FactView("s/F1", texts=dict.fromkeys(langs, "From 12 February 2017."))

    def once(first: int, langs: list[str]) -> float:
        body = "\n\n".join(
            f"From 12 February 2017 a visitor of {number} may stay. [F1] #visafree"
            for number in range(first, first + 12)
        )
        texts = tuple(DraftText(lang, title="Five days", body=body) for lang in langs)
        began = time.process_time()
        check(Draft(kind="explanation", languages=texts, facts=(fact,)), RULES)
        return time.process_time() - began

    # no wall clock: ten times the languages may cost at most twenty times as much; no text is seen twice
    once(50, langs)
    few = min(once(first, langs[:30]) for first in (100, 200, 300))
    assert min(once(first, langs) for first in (400, 500, 600)) < 20 * few


def test_a_body_of_many_words_is_judged_in_time() -> None:
    def once(times: int) -> float:
        body = "From 12 February 2017 about 10,000 euro, not 5 days, at https://mfa.example/x. [F1] " * times
        texts = (
            DraftText("en", title="t", body=body),
            DraftText("ru", title="т", body=body.replace(". [F1]", ".\n\n", 1)),
        )
        began = time.process_time()
        check(Draft(languages=texts), RULES)
        return time.process_time() - began

    # no wall clock: eight times the words may cost at most twenty times as much
    once(20)
    assert once(2_000) < 20 * max(once(250), 0.05)


@pytest.mark.parametrize(
    "body", ["", "\n\n\n", "[F1]", "# ", "- ", "1. ", ">", "![", "](", "\x00", "a" * 5000, "#" * 500]
)
def test_odd_bodies_do_no_harm(body: str) -> None:
    check(with_body("en", body), RULES)
