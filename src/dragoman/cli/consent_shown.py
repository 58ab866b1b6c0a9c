"""What `dragoman consent` shows: the text as it is signed, what changed, what is bound; nothing hidden.

Everything that comes from a file is written with its hidden characters spelled out, so that no file can move
the cursor, reverse a line or leave a word out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

import typer

from dragoman.lib.text.languages import language_name
from dragoman.negotiations.rules import canonical_text, diff, vkeys
from dragoman.negotiations.rules.judging import Judged
from dragoman.negotiations.rules.receipts import Receipt
from dragoman.negotiations.rules.roundfile import RoundFile

PARTS = {
    "zxx-x-keyring": "the keyring: who signs, with which keys, and who must",
    "zxx-x-terms": "the term sheet",
    "zxx-x-rules": "the rules that the machine keeps",
}
_RULE = "-" * 72


def show(read: RoundFile, before: RoundFile | None = None, *, err: bool = False) -> bool:
    """Show a round, to the screen or to stderr; gives whether anything in it needs a second look."""
    lines = list(_lines(read, before))
    doubts = list(_doubts(read))
    if doubts:
        lines += ["", _RULE, *doubts]
    for line in lines:
        typer.echo(line, err=err)
    return bool(doubts)


def show_judged(read: RoundFile, judged: Judged) -> None:
    """Who signed, with what, and whether that is enough."""
    typer.echo(f"{_about(read)}: the note is about exactly this text.")
    for one in judged.signatures:
        worth = vkeys.assurance(one.kind)
        typer.echo(f"  agreed   {_named(read, one.party)} ({worth.label})")
        typer.echo(f"           {worth.cannot}")
    for party in judged.missing:
        typer.echo(f"  missing  {_named(read, party)}")
    asked = read.ring.needed_hint()
    typer.echo(f"AGREED  {asked}" if judged.satisfied else f"NOT YET AGREED  asked is {asked}")


def show_receipts(found: Sequence[Receipt], gaps: Sequence[int]) -> None:
    """What the host confirmed, one line each, and which receipts are not here."""
    for one in found:
        about = f", round {one.order.round}" if one.order.round else ""
        typer.echo(f"  {one.number:>4}  {one.order.at}  {canonical_text.shown(one.deed)}{about}")
    if found:
        order = found[0].order
        typer.echo(
            f"RIGHT  {len(found)} receipts of {order.party} in {order.process}, signed by {order.origin}"
        )
    if gaps:
        typer.echo(f"NOT HERE  {', '.join(map(str, gaps))}")


def _lines(read: RoundFile, before: RoundFile | None) -> Iterator[str]:
    body = read.body
    yield f"{_about(read)}, in {body.origin}"
    yield f"  to be released as {body.statement}, revision {body.rev}, not before {body.not_before}"
    yield f"  languages: {', '.join(lang for lang in body.languages if lang not in PARTS)}"
    if read.closes_at:
        yield f"  the round closes at {read.closes_at}"
    whose = (
        "its own keyring (the founding one)"
        if body.parties is None
        else f"the keyring of entry {body.parties}"
    )
    yield f"  judged by {whose}: {read.ring.needed_hint()}"
    yield f"    sha256 of that keyring {hashlib.sha256(read.keyring.encode()).hexdigest()}"
    for key in read.ring.keys:
        label = vkeys.assurance(vkeys.kind_of(key.vkey)).label
        yield f"    {_named(read, key.party)}: {label}, id {vkeys.parsed(key.vkey).key_id.hex()}"
    for one in sorted(body.texts):
        yield from ("", _RULE, f"{_name(one.lang)}: {one.size} bytes, sha256 {one.sha256}", _RULE)
        yield from _text(one.lang, read.texts[one.lang])
        yield from _changes(one.lang, read, before)
    for lang in sorted({*(before.texts if before else read.previous)} - {*read.texts}):
        yield from ("", f"GONE: {_name(lang)} was in the round before and is in this one no more.")
    yield from ("", _RULE, f"What is signed (sha256 {read.digest}):", _RULE)
    yield from (f"  {line}" for line in read.signed_text.decode().splitlines())
    yield "Compare that sha256 with the other parties by telephone: all must have the same."


def _text(lang: str, data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "backslashreplace")
    if lang in ("zxx-x-terms", "zxx-x-rules"):
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2) if _is_json(text) else text
    yield from (canonical_text.shown(line) for line in text.removesuffix("\n").split("\n"))


def _changes(lang: str, read: RoundFile, before: RoundFile | None) -> Iterator[str]:
    previous = before.texts if before else read.previous
    if not previous:
        return
    whose = "your own file of" if before else "what the host says was"
    if lang not in previous:
        yield from ("", f"  New: it was not in {whose} the round before.")
        return
    old, new = previous[lang].decode("utf-8", "replace"), read.texts[lang].decode("utf-8", "replace")
    if old == new:
        yield from ("", f"  Nothing changed since {whose} the round before.")
        return
    yield from ("", f"  Changed since {whose} the round before; [-gone-], {{+new+}}:")
    yield from (f"  {line}" for line in changed_lines(old, new, lang))


def changed_lines(old: str, new: str, lang: str) -> list[str]:
    """The lines in which something changed, each change marked."""
    marked = "".join(_mark(piece.kind, piece.text) for piece in diff.words(old, new, lang))
    return [line for line in marked.split("\n") if "[-" in line or "{+" in line]


def _mark(kind: diff.Kind, text: str) -> str:
    safe = canonical_text.shown(text)
    if kind == "same":
        return safe
    safe = safe.replace("\n", "\u00b6")  # a pilcrow for each line break that came or went
    if kind == "gone":
        return typer.style(f"[-{safe}-]", fg="red", bold=True)
    return typer.style(f"{{+{safe}+}}", fg="green", bold=True)


def _doubts(read: RoundFile) -> Iterator[str]:
    for lang, data in sorted(read.texts.items()):
        text = data.decode("utf-8", "replace")
        found = canonical_text.troubles("-", "", text.rstrip("\n"))
        hidden = [one for one in found if one.code in ("hidden-character", "direction-mark", "not-nfc")]
        for one in hidden:
            line = text[: one.at].count("\n") + 1
            yield f"WARNING  {_name(lang)}, line {line}: {one.what}"
        for word in canonical_text.mixed_words(text):
            yield (
                f"WARNING  {_name(lang)}: the word {word!r} mixes letters of two scripts that look alike; "
                "it may not be the word that it seems to be."
            )


def _about(read: RoundFile) -> str:
    return f"Round {read.body.round} of {read.body.process}"


def _name(lang: str) -> str:
    return f"{lang} ({PARTS.get(lang) or language_name(lang)})"


def _named(read: RoundFile, party: str) -> str:
    title = read.titles.get(party, "")
    return f"{party} ({canonical_text.shown(title)})" if title else party


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
