"""Which version of which fact a revision leans on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dragoman.base.actor import Actor
from dragoman.facts import actions as facts_actions
from dragoman.facts import queries as facts
from dragoman.facts.models import Fact
from dragoman.lib import markdown
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Officer
from dragoman.statements.models import Citation, Revision


def cite_facts(*, by: Actor, revision: Revision, named: Sequence[str]) -> None:
    """Bring the citations up to the texts and the named facts, each at its fact's current version.

    A citation in a text that no sheet has is left out here; rule FCT-1 names it to the writer.
    A fact named beside the texts must exist: raises NotFound. A sheet that the writer may not see is as
    one that does not exist, for whatever is cited goes public with the statement.
    """
    citable = _citable(by, revision)
    found: dict[str, tuple[Fact, bool]] = {}
    for cite in named:
        fact = facts.resolve(cite)
        if not citable(fact):
            raise facts.no_such_fact(cite)
        found[f"{fact.sheet.slug}/{fact.number}"] = (fact, False)
    sheets = list(dict.fromkeys([revision.sheet, *(cite.split("/")[0] for cite in found)]))
    for text in revision.texts.all():
        for cite in markdown.citations(text.body):
            written = _look_up(cite, [sheet for sheet in sheets if sheet])
            if written is not None and citable(written):
                found[f"{written.sheet.slug}/{written.number}"] = (written, True)
    for fact, _ in found.values():
        facts_actions.mark_cited(by=by, fact=fact)
    revision.citations.all().delete()
    Citation.objects.bulk_create(
        Citation(revision=revision, cite=cite, fact=fact, inline=inline)
        for cite, (fact, inline) in found.items()
    )


def _citable(by: Actor, revision: Revision) -> Callable[[Fact], bool]:
    """May this be cited? What another writer cited before stays cited, whoever edits next."""
    before = set(revision.citations.values_list("fact__sheet_id", flat=True))
    if not isinstance(by, Officer):
        return lambda _: True
    seen = set(facts.sheets_seen(by))
    return lambda fact: fact.sheet_id in before or fact.sheet_id in seen


def _look_up(cite: str, sheets: Sequence[str]) -> Fact | None:
    for full in [cite] if "/" in cite else [f"{sheet}/{cite}" for sheet in sheets]:
        try:
            return facts.resolve(full)
        except NotFound:
            continue
    return None
