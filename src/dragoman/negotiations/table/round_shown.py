"""All that the page of a round shows to one party: texts and changes, what may be done, what was done."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from dragoman.lib.problems import Problem
from dragoman.negotiations.models import PartyKey, Round, Spokesperson
from dragoman.negotiations.neutrality.limits import limits
from dragoman.negotiations.queries import agreed, named, table, table_pages
from dragoman.negotiations.queries import neutral as checks
from dragoman.negotiations.queries.table import AnswerShown, RoundShown, TextShown
from dragoman.negotiations.rules import keyring as keyrings
from dragoman.negotiations.rules import timing, vkeys
from dragoman.negotiations.rules.diff import Piece
from dragoman.negotiations.table import agreed_shown, ceremonies, forms, neutral, shown, words_of, worth
from dragoman.public import words

MACHINE = "zxx"
LONGEST_INLINE = 2_000
DONE = ("consent", "decline", "withdraw", "object")


@dataclass(frozen=True, slots=True)
class Machine:
    """A text for machines that is consented with the others: keyring, term sheet, rules.

    The words above it on the page say the same; a long one is not repeated in bytes, but can be taken home.
    """

    lang: str
    label: str
    words: str
    sha256: str
    size: int


def context(request: HttpRequest, person: Spokesperson, found: RoundShown, lang: str) -> dict[str, Any]:
    """Everything for the template."""
    about = found.round
    view = request.GET.get("view", "")
    compare = view != "alone" and about.previous is not None
    texts = [_language(one, compare=compare) for one in human(found)]
    bound = _bound_keys(person, about)
    passkeys = [key for key in bound if key.kind == "webauthn"]
    answerable = found.may_answer and not (found.mine and found.mine.kind == "consent")
    may_sign = answerable and not person.party.observer
    done = request.GET.get("done", "")
    receipts = table_pages.receipts_of(person, about)
    return {
        "here": "talks",
        "round": about,
        "titles": titles(found),
        "texts": texts,
        "machine": _machine(found, lang),
        "agreed": _agreed(about, lang),
        "view": view if view in ("alone", "side", "changes") else "",
        "compared": compare and any(not one.fresh for one in texts),
        "changes": sum(one.changes for one in texts),
        "all_tongues": ", ".join(one.tongue for one in texts),
        "read": [],
        "silence": words_of.say(lang, f"silence_{_silence(about)}"),
        "followers": table_pages.followers(about),
        "not_named": not person.party.observer and not named.is_named(person),
        "may_answer": answerable,
        "may_decline": answerable and about.state == "open",
        "may_withdraw": found.may_withdraw,
        "may_object": found.may_object,
        "may_sign": may_sign and bool(bound),
        "may_passkey": may_sign and bool(passkeys),
        "sign_form": "passkey" if passkeys else "own",
        "why_not": words_of.say(lang, "no_key_bound") if may_sign and not bound else "",
        "passkey": ceremonies.ask_text(about.body.encode(), passkeys),
        "file_size": _file_size(person, found),
        "window_words": _window(about, lang, person),
        "mine": found.mine and _mine(found.mine, lang),
        "mine_label": _label(found.mine.key.kind if found.mine and found.mine.key else "", lang),
        "objection": found.my_objection,
        "revealed": found.revealed,
        "answers": [_answer(one, found, lang) for one in found.answers],
        "silent": _silent(person, found),
        "standing": table_pages.standings(person, about),
        "assurances": _assurances(bound, lang),
        "receipts": receipts,
        "receipt": receipts[0] if done and receipts else None,
        "done": words_of.say(lang, f"done_{done}") if done in DONE else "",
        "findings": checks.kept(about) if about.kind == "joint" else None,
        "limits": limits() if about.kind == "joint" else (),
        "alternat": neutral.alternat(person, found),
    }


def human(found: RoundShown) -> tuple[TextShown, ...]:
    """The texts in languages that people read."""
    return tuple(one for one in found.texts if not one.lang.startswith(MACHINE))


def languages(found: RoundShown) -> list[str]:
    """Those languages."""
    return [one.lang for one in human(found)]


def titles(found: RoundShown) -> Mapping[str, str]:
    """The name of the round in each language."""
    return {one.lang: one.title or _first_line(one.body) for one in human(found)}


@dataclass(frozen=True, slots=True)
class Tongued:
    """One language of the round, with its own name beside what is shown of it."""

    lang: str
    tongue: str
    title: tuple[Piece, ...]
    summary: tuple[Piece, ...]
    paragraphs: tuple[shown.Paragraph, ...]
    sha256: str
    size: int
    changes: int
    fresh: bool


def _language(text: TextShown, *, compare: bool) -> Tongued:
    one = shown.language(text, compare=compare)
    name = words.language_name(one.lang)
    return Tongued(
        *(
            one.lang,
            name,
            one.title,
            one.summary,
            one.paragraphs,
            one.sha256,
            one.size,
            one.changes,
            one.fresh,
        )
    )


def _machine(found: RoundShown, lang: str) -> list[Machine]:
    known = words_of.load(lang)
    return [
        Machine(
            one.lang,
            known.get(f"machine_{one.lang.rpartition('-')[2]}", one.lang),
            one.body if one.size <= LONGEST_INLINE else "",
            one.sha256,
            one.size,
        )
        for one in found.texts
        if one.lang.startswith(MACHINE)
    ]


def _agreed(about: Round, lang: str) -> agreed_shown.Agreed | None:
    """The protocol that the round is about, in words. The first is judged by its own keyring."""
    return agreed_shown.of(about.protocol, about.process, lang) if about.protocol else None


def _silence(about: Round) -> str:
    try:
        return agreed.rules_of(about.process).silence
    except Problem:
        return "lapses"


def _bound_keys(person: Spokesperson, about: Round) -> list[PartyKey]:
    """The party's usable keys that the keyring of this round names: only these can sign it."""
    usable = [key for key in table_pages.keys(person) if key.usable]
    if not about.keyring:
        return []
    try:
        named = {one.vkey for one in keyrings.parse(about.keyring).keys}
    except Problem:
        return []
    return [key for key in usable if key.vkey in named]


def _file_size(person: Spokesperson, found: RoundShown) -> int:
    return len(table.round_file(person, found.round.number)) if found.may_answer else 0


def _window(about: Round, lang: str, person: Spokesperson) -> str:
    """Until when a notice may be objected to."""
    ends = about.closes_at
    if ends is None and about.opened_at is not None:
        try:
            ends = timing.objection_ends(about.opened_at, agreed.rules_of(about.process))
        except Problem:
            return ""
    if ends is None:
        return ""
    zone = person.party.process.zone
    return f"{words.day_and_time(ends, lang, zone)} {words.zone_name(ends, lang, zone)}"


def _mine(answer: Any, lang: str) -> dict[str, Any]:
    return {"kind": answer.kind, "at": answer.at, "words": _words(answer.words, lang)}


def _words(kept: str, lang: str) -> str:
    """What was declined for, with the reasons in the reader's language."""
    chosen, rest = forms.parted(kept)
    known = words_of.load(lang)
    head = "; ".join(known[f"reason_{one}"] for one in chosen)
    return "\n".join(part for part in (head, rest) if part)


def _label(kind: str, lang: str) -> str:
    return worth.of(kind, lang).label if kind in vkeys.KINDS else ""


def _answer(one: AnswerShown, found: RoundShown, lang: str) -> dict[str, Any]:
    put = {text.lang: text for text in found.texts}
    return {
        "party": one.party,
        "kind": one.kind,
        "at": one.at,
        "words": _words(one.words, lang),
        "label": _label(one.assurance, lang),
        "counters": [
            _language(_beside(code, counter, put.get(code)), compare=True)
            for code, counter in one.counter.items()
        ],
    }


def _beside(lang: str, counter: Mapping[str, str], put: TextShown | None) -> TextShown:
    """What a party would sign, beside what was put."""
    return TextShown(
        lang=lang,
        title=counter.get("title", ""),
        summary=counter.get("summary", ""),
        body=counter.get("body", ""),
        sha256="",
        size=0,
        old_title=put.title if put else "",
        old_summary=put.summary if put else "",
        old_body=put.body if put else "",
    )


def _silent(person: Spokesperson, found: RoundShown) -> list[Any]:
    """Once all is shown: who gave no answer."""
    if not found.revealed:
        return []
    have = {one.party.pk for one in found.answers}
    return [one.party for one in table_pages.standings(person, found.round) if one.party.pk not in have]


def _assurances(bound: Iterable[PartyKey], lang: str) -> list[dict[str, Any]]:
    used = {key.kind for key in bound}
    return [
        {"label": one.label, "says": one.says, "cannot": one.cannot, "used": one.kind in used}
        for one in worth.all_kinds(lang)
    ]


def _first_line(body: str) -> str:
    """A name for what has no title: the first line without the signs of Markdown."""
    for line in body.split("\n"):
        plain = line.lstrip("#*> ").rstrip("* ").strip()
        if any(unicodedata.category(letter)[0] in "LN" for letter in plain):
            return plain[:120]
    return ""
