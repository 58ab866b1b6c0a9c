"""The host's checks of neutrality as parties see them, and each party's own version of the text."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.lib.problems import Problem
from dragoman.negotiations.models import Round, Spokesperson
from dragoman.negotiations.neutrality import alternat as alternats
from dragoman.negotiations.neutrality import engine
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.queries import agreed
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


def findings(about: Round, texts: tuple[TextShown, ...]) -> list[Found] | None:
    """What the rules find in a joint text; None where they do not run, so that silence is no praise."""
    sheet = _sheet(about)
    if sheet is None:
        return None
    try:
        found = engine.check(_texts(texts), sheet, release_number(about))
    except Problem:
        return None
    reasons = about.reasons
    return [
        Found(
            *(one.lang, one.words, one.why, one.mend, one.source),
            severity=one.severity,
            reason=str(reasons.get(one.rule, "")),
        )
        for one in found
    ]


def alternat(person: Spokesperson, found: RoundShown) -> list[shown.Language]:
    """The party's own version where it differs from the one text; empty where it does not."""
    sheet = _sheet(found.round)
    if sheet is None or person.party.name not in sheet.order:
        return []
    try:
        made = alternats.version(_texts(found.texts), sheet, release_number(found.round), person.party.name)
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


def release_number(about: Round) -> int:
    """Which release of the talks this is, or would be if it were released now: names turn with each."""
    before = about.process.rounds.filter(kind="joint", state="released").exclude(pk=about.pk)
    if about.released_at is not None:
        before = before.filter(released_at__lt=about.released_at)
    return before.count() + 1


def _sheet(about: Round) -> TermSheet | None:
    if about.kind != "joint":
        return None
    try:
        return agreed.terms_of(about.process)
    except Problem:
        return None


def _texts(texts: tuple[TextShown, ...]) -> dict[str, tuple[str, str, str]]:
    return {one.lang: (one.title, one.summary, one.body) for one in texts}
