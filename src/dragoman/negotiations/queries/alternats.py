"""Each party's own version of a released joint text, made by the term sheet that was in force, and proved."""

from __future__ import annotations

from dragoman.lib.problems import Problem
from dragoman.negotiations.models import Round
from dragoman.negotiations.neutrality import alternat
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.queries import agreed, ledger
from dragoman.public.values_talks import Alternat


def versions(about: Round) -> list[Alternat]:
    """The versions that differ from the agreed text, in the order of the sheet. None where the way back would
    not be sure: then the agreed text alone is shown."""
    texts = {text.lang: (text.title, text.summary, text.body) for text in about.texts.all()}
    sheet = sheet_of(about)
    number = ledger.order_number(about.process, about.statement)
    found = []
    for party in sheet.order:
        try:
            made = alternat.version(texts, sheet, number, party)
        except Problem:
            continue
        if not alternat.prove(texts, made, sheet, party, number).ok:
            continue
        found += [
            Alternat(party, lang, *made[lang])
            for lang in about.process.languages
            if made[lang] != texts[lang]
        ]
    return found


def sheet_of(about: Round) -> TermSheet:
    """The term sheet that was consented with the keyring that judged the text."""
    protocol = about.process.protocols.filter(entry_index=about.parties_index).first()
    return agreed.read_terms(protocol.terms) if protocol else agreed.terms_of(about.process)
