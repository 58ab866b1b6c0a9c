"""What one entry of the record says: canonical JSON of digests, never the text itself. Pure, no Django."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dragoman.lib import canonical
from dragoman.lib.tlog.errors import Malformed
from dragoman.record.values import MediaBlob, MediaFile, TextBlob

STATEMENT, CORRECTION, WITHDRAWAL = OF_STATEMENTS = ("statement", "correction", "withdrawal")
ACCOUNTS, NOTICE, ANSWER, PARTIES, LINE, LEDGER = STANDING = (
    *("accounts", "notice", "answer"),
    *("parties", "line", "ledger"),
)
"""Texts that stand until the next one of the same id: the register of official accounts, notices, answers,
and of talks the keyring of the parties, the agreed lines and the evenness ledger."""
KINDS = (*OF_STATEMENTS, *STANDING)
MEMBERS = {"v", "kind", "id", "rev", "released", "texts", "media", "prev", "parties", "consent"}
LARGEST = 0xFFFF
_HEX = re.compile("[0-9a-f]{64}")
_ID = re.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_MOMENT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True)
class Sum:
    """The digest of one blob. `lang` is empty for media."""

    sha256: str
    size: int
    media_type: str
    lang: str = ""

    @property
    def path(self) -> str:
        """Where the bytes are, relative to the record's address."""
        return f"{'text' if self.lang else 'media'}/{self.sha256}"


@dataclass(frozen=True)
class Leaf:
    """One entry. `released` is a UTC moment to the second; `prev` is the index of what it replaces.

    Where parties had to agree, `parties` is the index of the keyring in force (a `parties` entry; None for
    the first of a process, which stands under its own rule) and `consent` the signed note, whole.
    """

    kind: str
    id: str
    rev: int
    released: str
    texts: tuple[Sum, ...]
    media: tuple[Sum, ...]
    prev: int | None = None
    parties: int | None = None
    consent: str | None = None

    def __bytes__(self) -> bytes:
        texts = [
            {"lang": one.lang, "media_type": one.media_type, "sha256": one.sha256, "size": one.size}
            for one in self.texts
        ]
        media = [{"media_type": m.media_type, "sha256": m.sha256, "size": m.size} for m in self.media]
        members = {"v": 1, "kind": self.kind, "id": self.id, "rev": self.rev, "released": self.released}
        more = {"texts": texts, "media": media, "prev": self.prev}
        agreed = {"parties": self.parties, "consent": self.consent}
        return canonical.dumps({**members, **more, **agreed})

    @property
    def proof_path(self) -> str:
        """Where the proof is, relative to the record's address."""
        return f"proof/{self.id}-{self.rev}.tlog-proof"

    @property
    def sums(self) -> tuple[Sum, ...]:
        """All digests, texts first."""
        return self.texts + self.media

    def same_content(self, other: "Leaf") -> bool:
        """Whether both say the same but for the moment of release."""
        return replace(self, released=other.released) == other


def sums_of(blobs: Sequence[TextBlob | MediaBlob | MediaFile]) -> tuple[Sum, ...]:
    """The digests of blobs: texts in the order of their languages, media in the order of their digests."""
    return tuple(sorted(map(_sum_of, blobs), key=lambda one: (one.lang, one.sha256)))


def _sum_of(blob: TextBlob | MediaBlob | MediaFile) -> Sum:
    if isinstance(blob, MediaFile):
        return Sum(blob.sha256, blob.size, blob.media_type)
    lang = blob.lang if isinstance(blob, TextBlob) else ""
    return Sum(hashlib.sha256(blob.data).hexdigest(), len(blob.data), blob.media_type, lang)


def parse(entry: bytes) -> Leaf | None:
    """Read an entry. None for a kind that this version does not know, if it is canonical JSON of version 1.

    Raises Malformed otherwise: an entry of a known kind has exactly the known members.
    """
    try:
        value = canonical.loads(entry)
    except canonical.NotCanonical as error:
        raise Malformed(f"an entry is {error}") from error
    if not isinstance(value, dict) or value.get("v") != 1 or not isinstance(value.get("kind"), str):
        raise Malformed("an entry is not of version 1 with a kind")
    if value["kind"] not in KINDS:
        return None
    try:
        return _leaf(value)
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"an entry of kind {value['kind']} has a wrong shape") from error


def valid_id(text: str) -> bool:
    """Whether this can be the id of an entry in the record, and so a part of a file name."""
    return _ID.fullmatch(text) is not None


def _leaf(value: dict[str, object]) -> Leaf:
    if set(value) != MEMBERS:
        raise TypeError("members")
    texts, media, prev = value["texts"], value["media"], value["prev"]
    parties, consent = value["parties"], value["consent"]
    if not isinstance(texts, list) or not isinstance(media, list):
        raise TypeError("lists")
    return Leaf(
        kind=_text(value["kind"]),
        id=_text(value["id"], _ID),
        rev=_count(value["rev"], 1),
        released=_text(value["released"], _MOMENT),
        texts=tuple(_sum(one, lang=True) for one in texts),
        media=tuple(_sum(one, lang=False) for one in media),
        prev=None if prev is None else _count(prev, 0),
        parties=None if parties is None else _count(parties, 0),
        consent=None if consent is None else _text(consent),
    )


def _sum(value: dict[str, object], *, lang: bool) -> Sum:
    if set(value) != {"sha256", "size", "media_type"} | ({"lang"} if lang else set()):
        raise TypeError("members of a digest")
    return Sum(
        _text(value["sha256"], _HEX),
        _count(value["size"], 0),
        _text(value["media_type"]),
        _text(value["lang"]) if lang else "",
    )


def _text(value: object, shape: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or not value or (shape and not shape.fullmatch(value)):
        raise TypeError("text")
    return value


def _count(value: object, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise TypeError("number")
    return value
