"""Reads of known wrong beliefs."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.facts.models import Belief, Fact, Sheet
from dragoman.facts.values import KnownBelief
from dragoman.lib.problems import NotFound


def beliefs(sheet: str | None = None, *, states: Iterable[str] = ("confirmed",)) -> tuple[KnownBelief, ...]:
    """Known wrong beliefs in these states, of one sheet (by its slug) or of all, as frozen values.

    For whoever compares what people write with the facts. A sheet that is not there has none.
    """
    rows = Belief.objects.filter(state__in=tuple(states)).select_related("sheet")
    rows = rows.order_by("sheet__slug", "position")
    return _known(rows.filter(sheet__slug=sheet) if sheet is not None else rows)


def beliefs_of(sheet: Sheet) -> tuple[KnownBelief, ...]:
    """Every belief of the sheet, retired ones last."""
    known = _known(Belief.objects.filter(sheet=sheet).select_related("sheet").order_by("position"))
    return tuple(sorted(known, key=lambda belief: belief.state == "retired"))


def belief_for(sheet: Sheet, code: str) -> Belief:
    """One belief of a sheet that the officer may see. Raises NotFound."""
    rows = Belief.objects.select_related("sheet__mission").filter(sheet=sheet, code=code)
    belief = rows.first() if "\0" not in code else None
    if belief is None:
        mend = "Its known wrong beliefs are listed on its page."
        raise NotFound(f"There is no belief {code[:20]} in “{sheet.title}”.", mend=mend)
    return belief


def fact_digests(sheet: Sheet, numbers: Iterable[str]) -> dict[str, str]:
    """The content digest of each of these facts as it stands now."""
    rows = Fact.objects.filter(sheet=sheet, state="current", number__in=list(numbers))
    return {fact.number: fact.content_digest() for fact in rows.select_related("mission")}


def _known(rows: Iterable[Belief]) -> tuple[KnownBelief, ...]:
    found = list(rows)
    sheets = {row.sheet_id for row in found}
    facts = Fact.objects.filter(sheet__in=sheets, state="current").select_related("mission")
    now = {(fact.sheet_id, fact.number): fact.content_digest() for fact in facts}
    return tuple(_value(row, now) for row in found)


def _value(row: Belief, now: dict[tuple[int, str], str]) -> KnownBelief:
    revised = [n for n in row.facts if row.read_against.get(n) != now.get((row.sheet_id, n))]
    return KnownBelief(
        id=row.pk,
        sheet=row.sheet.slug,
        source_language=row.sheet.source_language,
        code=row.code,
        title=row.title,
        facts=tuple(row.facts),
        statements=row.statements,
        corrections=row.corrections,
        source=row.source,
        author=row.author,
        state=row.state,
        since=row.state_at,
        revised=tuple(revised),
    )
