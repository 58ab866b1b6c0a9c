"""Runs the rules over a text in all its languages. Pure: the same text and sheet give the same findings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from dragoman.lib.problems import Invalid
from dragoman.negotiations.neutrality.checks.registry import CHECKS
from dragoman.negotiations.neutrality.finding import FIELDS, SEVERITIES, Finding, Hit
from dragoman.negotiations.neutrality.loading import load_rules
from dragoman.negotiations.neutrality.reading import Reading, Texts
from dragoman.negotiations.neutrality.rulebook import Rule, RuleSet
from dragoman.negotiations.neutrality.terms import TermSheet


def check(
    texts: Texts,
    sheet: TermSheet,
    release_number: int,
    *,
    withheld: Sequence[str] = (),
    rules: RuleSet | None = None,
) -> tuple[Finding, ...]:
    """Everything the rules find, what blocks first, then by language and place.

    `texts` are title, summary and body by language. `withheld` are names of people who are not public; they
    are in no sheet and no rule. Where a language has no list of words a note says what was not checked.
    """
    _whole(texts)
    readings = {lang: Reading(texts, lang, sheet, release_number, withheld=withheld) for lang in texts}
    if sheet.languages:
        sheet.order_for(release_number, sheet.languages[0])  # refuses a number that no release has
    found: dict[tuple[str, str, str, int, int, str], Finding] = {}
    for rule in (rules or load_rules()).rules:
        for finding in _run(rule, readings):
            place = (finding.rule, finding.lang, finding.field, finding.start, finding.end, finding.why)
            found.setdefault(place, finding)
    return tuple(sorted(found.values(), key=lambda finding: _order(finding, tuple(texts))))


def _whole(texts: Texts) -> None:
    for lang, fields in texts.items():
        for field, text in zip(FIELDS, fields, strict=True):
            if not unicodedata.is_normalized("NFC", text):
                raise Invalid(
                    f"The {field} in {lang} is not in NFC, so that words would not be found.",
                    mend="Bring the text to NFC, as consented texts are.",
                    code="not-nfc",
                )


def _run(rule: Rule, readings: Mapping[str, Reading]) -> Iterator[Finding]:
    check_of = CHECKS[rule.check]
    if check_of.across is not None:
        yield from (_finding(rule, hit) for hit in check_of.across(readings, rule))
    if check_of.one is None:
        return
    for lang, reading in readings.items():
        if check_of.lists and not rule.knows(lang):
            yield _not_checked(rule, lang)
        else:
            yield from (_finding(rule, hit) for hit in check_of.one(reading, rule))


def _finding(rule: Rule, hit: Hit) -> Finding:
    return Finding(
        rule=rule.id,
        lang=hit.lang,
        field=hit.field,
        start=hit.start,
        end=hit.end,
        words=hit.words,
        severity=hit.severity or rule.severity,
        why=hit.why or rule.why,
        mend=hit.mend or rule.mend,
        source=rule.source,
    )


def _not_checked(rule: Rule, lang: str) -> Finding:
    hit = Hit(
        lang, "", 0, 0, "",
        why=f"Not checked in {lang}: {rule.subject}.",
        mend="Have somebody read this language for it, or add a list of words (docs/neutrality.md).",
        severity="note",
    )  # fmt: skip
    return _finding(rule, hit)


def _order(finding: Finding, languages: tuple[str, ...]) -> tuple[int, int, int, int, str]:
    return (
        SEVERITIES.index(finding.severity),
        languages.index(finding.lang) if finding.lang in languages else len(languages),
        FIELDS.index(finding.field) if finding.field in FIELDS else len(FIELDS),
        finding.start,
        finding.rule,
    )
