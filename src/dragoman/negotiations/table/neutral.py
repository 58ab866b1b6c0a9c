"""Each party's own version of a joint text, beside the one text that all sign."""

from __future__ import annotations

from dragoman.lib.problems import Problem
from dragoman.negotiations.models import Round, Spokesperson
from dragoman.negotiations.neutrality import alternat as alternats
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.queries import agreed, ledger
from dragoman.negotiations.queries.table import RoundShown, TextShown
from dragoman.negotiations.table import shown


def alternat(person: Spokesperson, found: RoundShown) -> list[shown.Language]:
    """The party's own version where it differs from the one text; empty where it does not."""
    about = found.round
    sheet = _sheet(about)
    if sheet is None or person.party.name not in sheet.order:
        return []
    texts = {one.lang: (one.title, one.summary, one.body) for one in found.texts}
    try:
        number = ledger.order_number(about.process, about.statement)
        made = alternats.version(texts, sheet, number, person.party.name)
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
