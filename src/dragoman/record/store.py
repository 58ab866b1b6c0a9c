"""The record's folder on the disk: what is read and written there, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from dragoman.lib.files import link_or_copy, make_folder, settle_folder, write_atomic
from dragoman.lib.problems import Unavailable
from dragoman.record.leaf import Sum
from dragoman.record.values import MediaBlob, MediaFile, TextBlob

CHECKPOINT = "checkpoint"
POLICY = "policy"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def folder() -> Path:
    """Where the record's public files are."""
    return Path(settings.DRAGOMAN.public_dir) / "record"


def read(path: str) -> bytes:
    """The bytes of a file of the record. Raises FileNotFoundError when it is absent."""
    return (folder() / path).read_bytes()


def read_or_none(path: str) -> bytes | None:
    """The bytes of a file of the record, or None."""
    try:
        return read(path)
    except FileNotFoundError:
        return None


def write(path: str, data: bytes) -> None:
    """Put a file of the record in place, on the disk before this returns."""
    write_atomic(folder() / path, data)


def put_blobs(blobs: Sequence[TextBlob | MediaBlob | MediaFile]) -> None:
    """Write released bytes under their digests. A file that is there with other bytes is mended."""
    batch = Batch()
    for blob in blobs:
        if isinstance(blob, MediaFile):
            batch.bring(f"media/{blob.sha256}", blob)
            continue
        kind = "text" if isinstance(blob, TextBlob) else "media"
        batch.write(f"{kind}/{hashlib.sha256(blob.data).hexdigest()}", blob.data)
    batch.settle()


def whole(blob: Sum) -> bool:
    """Whether the bytes of this digest are on the disk and right."""
    return _digest_of(folder() / blob.path) == blob.sha256


def _digest_of(place: Path) -> str:
    """SHA-256 of a file, read piece by piece; empty when there is none."""
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


class Batch:
    """Writes many files that no one reads yet; `settle` forces the names of all of them to the disk.

    A file that is there with the same bytes is left alone, so that healing writes only what is wrong.
    """

    def __init__(self) -> None:
        self.written = 0
        self._folders: set[Path] = set()

    def write(self, path: str, data: bytes) -> None:
        """Write one file; its bytes are on the disk afterwards, its name only after `settle`."""
        if read_or_none(path) == data:
            return
        place = folder() / path
        write_atomic(place, data, settle=False)
        self._folders.add(place.parent)
        self.written += 1

    def bring(self, path: str, blob: MediaFile) -> None:
        """Put a long file in place without reading it into memory: a second name for the same bytes where
        the disk allows it, else a copy. Raises Unavailable when the bytes are not what they were."""
        place = folder() / path
        if _digest_of(place) == blob.sha256:
            return
        if _digest_of(blob.path) != blob.sha256:
            raise Unavailable(
                f"The file of the film {blob.sha256[:12]} is gone from the desk's folder, or damaged.",
                mend="Put it back from a backup, under its digest; nothing was published.",
                code="film-lost",
            )
        make_folder(place.parent)
        beside = place.parent / f".{place.name}.{os.getpid()}-{secrets.token_hex(4)}"
        try:
            link_or_copy(blob.path, beside)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
        self._folders.add(place.parent)
        self.written += 1

    def settle(self) -> None:
        """After this, every file that was written survives a power cut."""
        for one in sorted(self._folders):
            settle_folder(one)
        self._folders.clear()


@contextmanager
def trouble(doing: str) -> Iterator[None]:
    """Turns an error of the disk into words: what failed, where, and what to do."""
    try:
        yield
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else "the record's folder"
        if error.errno in _FULL:
            raise Unavailable(
                f"The disk of the record is full, so {doing} stopped. Nothing is published that was not "
                "public before, and nothing is lost.",
                mend="Free space on that disk, then try again: it goes on where it stopped.",
                code="record-disk-full",
            ) from error
        raise Unavailable(
            f"{doing} stopped: {name}: {error.strerror or error}.",
            mend="See that the record's folder is there and may be written, then try again.",
            code="record-disk",
        ) from error


def keep(path: str, data: bytes) -> None:
    """Write a file unless it is there with these bytes."""
    if read_or_none(path) != data:
        write(path, data)
