"""What stands in the way of putting a round's texts to the parties."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.negotiations.models import Round
from dragoman.negotiations.neutrality import engine
from dragoman.negotiations.neutrality.finding import Finding
from dragoman.negotiations.queries import agreed, ledger
from dragoman.negotiations.rules import canonical_text
from dragoman.negotiations.rules.canonical_text import Trouble


@dataclass(frozen=True)
class TroubleIn:
    """A trouble of the canonical text, and in which language it is."""

    lang: str
    trouble: Trouble


def missing_languages(about: Round) -> tuple[str, ...]:
    """The languages of the talks in which there is no text yet."""
    have = {text.lang for text in about.texts.all() if text.body.strip()}
    return tuple(lang for lang in about.process.languages if lang not in have)


def troubles(about: Round) -> tuple[TroubleIn, ...]:
    """Hidden characters, two forms of one letter, spaces at the end: what nobody sees that they sign."""
    if about.kind == "protocol":
        return ()
    return tuple(
        TroubleIn(text.lang, trouble)
        for text in about.texts.all()
        for trouble in canonical_text.troubles(text.title, text.summary, text.body)
        if not (about.kind == "notice" and trouble.code == "empty" and trouble.field == "title")
    )


def findings(about: Round) -> tuple[Finding, ...]:
    """What the rules of neutrality find in a joint text; of a notice's agreed sentences there is nothing to
    say. Empty while a text is not in one form: then that comes first."""
    texts = {text.lang: (text.title, text.summary, text.body) for text in about.texts.all()}
    if about.kind != "joint" or not texts or troubles(about):
        return ()
    number = ledger.order_number(about.process, about.statement)
    return engine.check(texts, agreed.terms_of(about.process), number)
