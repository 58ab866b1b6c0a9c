"""What exactly a round is about, in bytes: computed from the rows each time, never taken on trust."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from dragoman.negotiations.models import Process, Protocol, Round, RoundText
from dragoman.negotiations.rules import lines, timing
from dragoman.negotiations.rules.body import ConsentBody, TextSum
from dragoman.record import keys
from dragoman.record.values import TextBlob
from dragoman.statements.actions.input import TextInput
from dragoman.statements.actions.joint import sealed_bytes

KEYRING, TERMS, RULES = "zxx-x-keyring", "zxx-x-terms", "zxx-x-rules"
MEDIA_TYPES = {
    KEYRING: "text/plain; charset=utf-8",
    TERMS: "application/json",
    RULES: "application/json",
}
DOCUMENT = "text/markdown; charset=utf-8"


def bytes_of(kind: str, text: RoundText) -> bytes:
    """The bytes of one language of a round that are signed, and later sealed."""
    if kind == "joint":
        return sealed_bytes(TextInput(text.title, text.summary, text.body))
    if kind == "notice":
        return lines.sealed(text.body)
    return text.body.encode()


def sum_of(kind: str, text: RoundText) -> TextSum:
    """Its digest and size."""
    data = bytes_of(kind, text)
    return TextSum(text.lang, hashlib.sha256(data).hexdigest(), len(data))


def body_of(about: Round, not_before: datetime | None = None) -> ConsentBody:
    """The body that the rows of a round give now. If it is not the one that was signed, a row was changed."""
    process: Process = about.process
    moment = not_before or about.not_before or about.opened_at
    if moment is None:
        raise ValueError("a round has a body once it was opened")
    return ConsentBody(
        origin=keys.origin(),
        process=process.ref,
        round=about.number,
        statement=about.statement,
        rev=about.rev,
        texts=tuple(sorted(sum_of(about.kind, text) for text in about.texts.all())),
        not_before=timing.stamp(moment),
        parties=about.parties_index,
    )


def blobs_of(about: Round) -> tuple[TextBlob, ...]:
    """The texts of a protocol round, as the record takes them."""
    return tuple(
        TextBlob(text.lang, MEDIA_TYPES.get(text.lang, DOCUMENT), bytes_of("protocol", text))
        for text in about.texts.all()
    )


def protocol_texts(
    protocol: Protocol, languages: Iterable[str], terms: bytes, rules: bytes
) -> dict[str, str]:
    """Everything that a protocol round consists of, by language; the machine's parts have a tag of none."""
    documents = {lang: str(protocol.documents[lang]) for lang in languages}
    return {**documents, KEYRING: protocol.keyring, TERMS: terms.decode(), RULES: rules.decode()}


def blobs_of_line(texts: dict[str, str]) -> tuple[TextBlob, ...]:
    """The texts of an agreed line, as the record takes them."""
    return tuple(
        TextBlob(lang, lines.MEDIA_TYPE, lines.sealed(words)) for lang, words in sorted(texts.items())
    )


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal, as receipts and pages name a text."""
    return hashlib.sha256(data).hexdigest()
