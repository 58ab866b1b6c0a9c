"""Runs the rules over a draft. Pure: the same draft and rules always give the same findings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from dragoman.statements.guidelines.checks.registry import CHECKS
from dragoman.statements.guidelines.loader import load_rules
from dragoman.statements.guidelines.model import SEVERITIES, Draft, Finding, Hit, Rule, RuleSet
from dragoman.statements.guidelines.reading import Reading

__all__ = ["RuleSet", "check", "load_rules"]

_FIELD_ORDER = {"statement": 0, "title": 1, "summary": 2, "body": 3, "facts": 4, "picture": 5, "channel": 6}


def check(draft: Draft, rules: RuleSet) -> tuple[Finding, ...]:
    """Everything the rules find in the draft, what blocks first, then by language and place."""
    reading = Reading(draft)
    found: dict[str, Finding] = {}
    for rule in rules.rules:
        for finding in _run(rule, reading):
            found.setdefault(finding.key, finding)
    return tuple(sorted(found.values(), key=lambda finding: _order(finding, draft)))


def _run(rule: Rule, reading: Reading) -> Iterator[Finding]:
    for hit in CHECKS[rule.check](reading, rule):
        yield _finding(rule, hit)


def _finding(rule: Rule, hit: Hit) -> Finding:
    return Finding(
        rule=rule.id,
        severity=hit.severity or rule.severity,
        title=rule.title,
        lang=hit.lang,
        field=hit.field or "statement",
        paragraph=hit.paragraph,
        start=hit.start,
        end=hit.end,
        words=hit.words,
        why=hit.why or rule.why,
        source=f"{hit.source or rule.source}; rule {rule.id}",
        mend=hit.mend or rule.mend,
        suggestion=hit.suggestion,
        key=_key(rule, hit),
    )


def _key(rule: Rule, hit: Hit) -> str:
    # offsets stay out: a word added earlier in the text must not void a recorded reason
    parts = (rule.id, hit.lang, hit.field, str(hit.paragraph), hit.words, hit.beside)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _order(finding: Finding, draft: Draft) -> tuple[int, bool, str, int, int, int, str]:
    return (
        SEVERITIES.index(finding.severity),
        finding.lang != draft.source_language,
        finding.lang,
        _FIELD_ORDER.get(finding.field, 9),
        finding.paragraph or 0,
        finding.start or 0,
        finding.rule,
    )
