"""The host's checks of neutrality as parties see them, and each party's own version of the text."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.lib.problems import Problem
from dragoman.negotiations.models import Round, Spokesperson
from dragoman.negotiations.neutrality import alternat as alternats
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.queries import agreed, ledger
from dragoman.negotiations.queries import neutral as checked
from dragoman.negotiations.queries.table import RoundShown, TextShown
from dragoman.negotiations.table import shown


@dataclass(frozen=True, slots=True)
class Found:
    """A finding; `reason` is why the host let it stand."""

    lang: str
    words: str
    why: str
    mend: str
    source: str
    severity: str
    reason: str


def findings(about: Round) -> list[Found] | None:
    """What the rules found in a joint text when it was put, with the host's reasons; None where they do not
    run, so that silence is no praise."""
    if _sheet(about) is None:
        return None
    return [
        Found(
            *(one.lang, one.words, one.why, one.mend, one.source),
            severity=one.severity,
            reason=kept.reason,
        )
        for kept in checked.kept(about)
        for one in (kept.finding,)
    ]


def alternat(person: Spokesperson, found: RoundShown) -> list[shown.Language]:
    """The party's own version where it differs from the one text; empty where it does not."""
    sheet = _sheet(found.round)
    if sheet is None or person.party.name not in sheet.order:
        return []
    try:
        number = ledger.order_number(found.round.process, found.round.statement)
        made = alternats.version(_texts(found.texts), sheet, number, person.party.name)
    except Problem:
        return []
    different = []
    for text in found.texts:
        title, summary, body = made[text.lang]
        if (title, summary, body) != (text.title, text.summary, text.body):
            beside = TextShown(
                *(text.lang, title, summary, body, "", 0), *(text.title, text.summary, text.body)
            )
            different.append(shown.language(beside))
    return different


def _sheet(about: Round) -> TermSheet | None:
    if about.kind != "joint":
        return None
    try:
        return agreed.terms_of(about.process)
    except Problem:
        return None


def _texts(texts: tuple[TextShown, ...]) -> dict[str, tuple[str, str, str]]:
    return {one.lang: (one.title, one.summary, one.body) for one in texts}
