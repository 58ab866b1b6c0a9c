"""Plain values that go into the record and come out of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class TextBlob:
    """One language of a released text, as the very bytes that are sealed."""

    lang: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class MediaBlob:
    """One released picture or file, as the very bytes that are served."""

    media_type: str
    data: bytes


@dataclass(frozen=True)
class MediaFile:
    """One released film, too long for memory: its digest and size, and the file that holds its bytes."""

    media_type: str
    sha256: str
    size: int
    path: Path


@dataclass(frozen=True)
class Sealed:
    """An entry whose proof can be fetched. Hashes are hexadecimal; `proof_path` is a path on the public site.

    `witnesses_signed` of `witnesses_needed` stand in the proof; `complete` says whether the quorum is
    reached. When nothing is needed, the proof rests on the record's own signature alone: show that, and
    never a green mark.
    """

    index: int
    size: int
    leaf_hash: str
    root: str
    proof_path: str
    signed_at: datetime
    witnesses_signed: int
    witnesses_needed: int
    complete: bool
    leaf: bytes


@dataclass(frozen=True)
class Audited:
    """What an audit found. `lost` names texts and media that are gone or wrong, each with its entry: they are
    not kept in the database; sealing the same release again writes them anew."""

    entries: int
    lost: Sequence[str]


@dataclass(frozen=True)
class Head:
    """The published head. `size` is 0 and `root` empty before the first entry."""

    origin: str
    size: int
    root: str
    signed_at: datetime | None
    witnesses_signed: Sequence[str]
    witnesses_needed: int
    complete: bool
