"""What must be right before a text is put to parties, and its name: random, so that nobody guesses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from dragoman.lib.problems import Conflict, Invalid
from dragoman.negotiations import states
from dragoman.negotiations.models import Round
from dragoman.negotiations.neutrality.finding import Finding
from dragoman.negotiations.queries import neutral
from dragoman.negotiations.queries.shown import line_ref
from dragoman.statements.actions import joint


def check_for_putting(about: Round, reasons: Mapping[str, str]) -> dict[str, Any]:
    """What the rules of neutrality found, each with its reason, to be kept with the round.

    Raises Invalid with everything that stands in the way: languages, hidden characters, neutrality. `reasons`
    are by the key of a finding: one for a rule would let every later word of its kind through.
    """
    missing = neutral.missing_languages(about)
    if missing:
        raise Invalid(
            f"The text is missing in {', '.join(missing)}; every language is put at once.",
            mend="Write it in every language of the talks.",
            code="language-missing",
            where=[{"field": f"texts.{lang}", "message": "missing"} for lang in missing],
        )
    troubles = neutral.troubles(about)
    if troubles:
        first = troubles[0]
        raise Invalid(
            f"{first.lang}, {first.trouble.field}: {first.trouble.what}",
            mend=first.trouble.mend,
            code="not-canonical",
            where=[
                {
                    "field": f"texts.{one.lang}.{one.trouble.field}",
                    "at": one.trouble.at,
                    "message": one.trouble.what,
                    "mend": one.trouble.mend,
                }
                for one in troubles
            ],
        )
    return _check_neutrality(about, reasons)


def name_the_text(about: Round) -> None:
    """What it will be in the record: a fresh random name, or the next revision of what it corrects."""
    if about.kind == "notice":
        about.statement, about.rev = line_ref(about.process), about.number
        return
    if not about.statement:
        about.statement, about.rev = _fresh_name(), 1
        return
    others = Round.objects.filter(statement=about.statement, kind="joint").exclude(pk=about.pk)
    if others.filter(state__in=states.STANDING).exists():
        raise Conflict(
            "Another correction of this text is before the parties.",
            mend="Wait for it, or name it as the round before this one.",
            code="another-correction",
        )
    about.rev = int(others.filter(state="released").aggregate(rev=Max("rev"))["rev"] or 0) + 1


def _fresh_name() -> str:
    while True:
        ref = joint.new_ref()
        if not Round.objects.filter(statement=ref).exists():
            return ref


def _check_neutrality(about: Round, reasons: Mapping[str, str]) -> dict[str, Any]:
    findings = neutral.findings(about)
    blocking = [one for one in findings if one.severity == "blocks"]
    if blocking:
        raise Invalid(
            f"{blocking[0].rule} stands in the way: {blocking[0].words!r}, {blocking[0].why}",
            mend=blocking[0].mend,
            code="neutrality",
            where=[_place(one) for one in blocking],
        )
    asking = [one for one in findings if one.severity == "reason" and not reasons.get(one.key, "").strip()]
    if asking:
        raise Invalid(
            f"{asking[0].rule} asks for a reason: {asking[0].words!r}, {asking[0].why}",
            mend=f"{asking[0].mend} Or say why it stands.",
            code="needs-reason",
            where=[_place(one) for one in asking],
        )
    return neutral.to_keep(findings, reasons)


def _place(finding: Finding) -> dict[str, Any]:
    return {
        "field": f"texts.{finding.lang}.{finding.field}",
        "rule": finding.rule,
        "key": finding.key,
        "at": finding.start,
        "message": finding.why,
        "mend": finding.mend,
    }
