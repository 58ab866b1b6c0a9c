"""What may be sealed. Pure decisions on plain values."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dragoman.lib.problems import Conflict, Invalid, TooLarge
from dragoman.record.leaf import (
    CORRECTION,
    KINDS,
    LARGEST,
    STANDING,
    STATEMENT,
    WITHDRAWAL,
    Leaf,
    sums_of,
    valid_id,
)
from dragoman.record.values import MediaBlob, MediaFile, TextBlob

_LANG = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; ?charset=utf-8)?")

STANDING_KINDS = frozenset(STANDING)


def leaf_for(
    *,
    kind: str,
    ref: str,
    rev: int,
    released: datetime,
    texts: Sequence[TextBlob],
    media: Sequence[MediaBlob | MediaFile],
    prev: int | None,
    parties: int | None = None,
    consent: str | None = None,
) -> Leaf:
    """The entry for this release. Raises Invalid or TooLarge, naming the field and how to mend it.

    The moment of release is only written down: nothing in the record compares it with a clock, so a clock
    that was set back changes no order.
    """
    if kind not in KINDS:
        raise _invalid("kind", f"{kind!r} is none of {', '.join(KINDS)}.")
    if not valid_id(ref):
        raise _invalid("ref", f"{ref!r} cannot name an entry: small letters, digits and hyphens, at most 64.")
    if rev < 1:
        raise _invalid("rev", f"Revision {rev}: revisions are counted from 1.")
    if released.tzinfo is None:
        raise _invalid("released", "The moment of release has no time zone.")
    if kind != WITHDRAWAL and not texts:
        raise _invalid("texts", "There is no text to seal.")
    if kind == STATEMENT and prev is not None:
        raise _invalid("prev", "A statement replaces nothing; seal a correction instead.")
    _check_texts(texts)
    for media_type in [*(text.media_type for text in texts), *(one.media_type for one in media)]:
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise _invalid("media_type", f"{media_type!r} is not a media type.")
    moment = released.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    leaf = Leaf(kind, ref, rev, moment, sums_of(texts), sums_of(media), prev, parties, consent)
    if len(bytes(leaf)) > LARGEST:
        raise TooLarge(
            f"The entry of {ref} needs {len(bytes(leaf)):,} bytes; the record takes {LARGEST:,}.",
            mend="Release fewer languages or pictures in one statement.",
        )
    return leaf


def follows(leaf: Leaf, earlier: Sequence[tuple[int, Leaf]]) -> Leaf:
    """The entry with the index of what it replaces, held against the earlier entries of the same id.

    A correction or a withdrawal that names nothing replaces the latest; so does a standing text (`STANDING`),
    of which there may also be a first. Raises Conflict when the id is withdrawn, when a first statement is
    there already, when it is the id of another kind of text, or when what it names is not the latest entry.
    """
    if not earlier:
        if leaf.kind == STATEMENT or (leaf.kind in STANDING and leaf.prev is None):
            return leaf
        raise Conflict(
            f"{leaf.id} is not in the record, so there is nothing to replace.", code="nothing-sealed"
        )
    index, latest = earlier[-1]
    if leaf.kind != latest.kind and STANDING_KINDS & {leaf.kind, latest.kind}:
        raise Conflict(
            f"{leaf.id} is the id of another kind of entry ({latest.kind}).",
            mend="Seal it under an id of its own.",
            code="other-kind",
        )
    if latest.kind == WITHDRAWAL:
        raise Conflict(
            f"{leaf.id} is withdrawn in the record; nothing follows a withdrawal.", code="withdrawn"
        )
    if leaf.kind == STATEMENT:
        raise Conflict(
            f"{leaf.id} is in the record already, as revision {latest.rev}.",
            mend="Release the new text as a correction.",
            code="sealed-already",
        )
    if leaf.prev not in (None, index) or leaf.rev <= latest.rev:
        raise Conflict(
            f"The latest entry of {leaf.id} is number {index}, revision {latest.rev}; "
            f"revision {leaf.rev} names number {leaf.prev}.",
            mend="Reload and release on top of the latest revision.",
            code="not-the-latest",
        )
    return replace(leaf, prev=index)


def may_stand_for(wanted: Leaf, sealed: Leaf) -> bool:
    """Whether a sealed entry is what is asked for again. The moment that was sealed first stands."""
    if wanted.kind in (CORRECTION, WITHDRAWAL, *STANDING) and wanted.prev is None:
        wanted = replace(wanted, prev=sealed.prev)
    return wanted.same_content(sealed)


def _check_texts(texts: Sequence[TextBlob]) -> None:
    languages = [text.lang for text in texts]
    for lang in languages:
        if not _LANG.fullmatch(lang):
            raise _invalid("texts", f"{lang!r} is not a language tag.")
        if languages.count(lang) > 1:
            raise _invalid("texts", f"The language {lang} occurs twice.")
    for text in texts:
        _check_text(text)


def _check_text(text: TextBlob) -> None:
    try:
        decoded = text.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid("texts", f"The {text.lang} text is not UTF-8.") from error
    if decoded.startswith("\ufeff") or "\r" in decoded or not unicodedata.is_normalized("NFC", decoded):
        raise _invalid(
            "texts",
            f"The {text.lang} text is not canonical: it has a byte-order mark, a carriage return or letters "
            "that are not in NFC. What readers check would not be what was sealed.",
        )


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, where=[{"field": field, "message": message}])
