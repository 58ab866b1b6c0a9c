"""What stands in the way of putting a round's texts to the parties."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from dragoman.negotiations.models import Process, Round, Spokesperson
from dragoman.negotiations.neutrality import engine, loading
from dragoman.negotiations.neutrality.finding import Finding
from dragoman.negotiations.neutrality.rulebook import RuleSet
from dragoman.negotiations.queries import agreed, ledger
from dragoman.negotiations.rules import canonical_text
from dragoman.negotiations.rules.canonical_text import Trouble


@dataclass(frozen=True)
class TroubleIn:
    """A trouble of the canonical text, and in which language it is."""

    lang: str
    trouble: Trouble


@dataclass(frozen=True)
class Kept:
    """A finding of the time when the round was put, and the host's reason for letting it stand (or empty)."""

    finding: Finding
    reason: str


_PARTICLE = 3  # van, der, de, al


def rule_set() -> RuleSet:
    """The rules in force: the package's, with the ministry's own over them."""
    return loading.load_rules(settings.DRAGOMAN.home / "neutrality")


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
    return engine.check(
        texts,
        agreed.terms_of(about.process),
        number,
        withheld=withheld(about.process),
        rules=rule_set(),
    )


def withheld(process: Process) -> tuple[str, ...]:
    """Names that no text may hold where nobody is to learn who spoke: those of the people at the table.

    What is no person's name (“Second speaker of Northland”) is left out, and so is who has a title in the
    sheet.
    """
    sheet = agreed.terms_of(process)
    if not sheet.chatham_house:
        return ()
    public = " ".join(form for title in sheet.titles for forms in title.names.values() for form in forms)
    names = Spokesperson.objects.filter(party__process=process).values_list("name", flat=True)
    return tuple(sorted({name for name in names if _is_a_name(name) and name not in public}))


def to_keep(findings: Collection[Finding], reasons: Mapping[str, str]) -> dict[str, Any]:
    """What is kept in `Round.reasons` when a round is put: every finding with its reason, by its key."""
    asked = {one.key for one in findings if one.severity == "reason"}
    return {
        one.key: one.as_json() | {"reason": reasons.get(one.key, "").strip() if one.key in asked else ""}
        for one in findings
    }


def kept(about: Round) -> tuple[Kept, ...]:
    """What was found when the round was put. It stays as it was, whatever rules and releases come after."""
    return tuple(Kept(Finding.from_json(one), str(one["reason"])) for one in about.reasons.values())


def _is_a_name(name: str) -> bool:
    words = name.split()
    return len(words) > 1 and all(not word[0].islower() or len(word) <= _PARTICLE for word in words)
