"""What one actor has published, as files: the truth about what is out on our own ground.

In `<folder>/<handle>/`:

- `owner`: the channel that the handle belongs to
- `actor.json`: who we are; `announced`: the digest of the actor that those who follow were told of
- `notes/N.json`: a note, or the tombstone where it stood; `activities/N.json`: what brought it
- `told/N`: inboxes that may have the note, one a line; a line with `-` has let it go
- `counts/N.json`: likes and shares, by digest of who

In `<folder>/speaks`: which form of signature a host takes, the newest line last.

Written through `write_atomic`, so that a reader never sees half a file.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dragoman.channels.connectors.activitypub.names import fit
from dragoman.lib.files import write_atomic

Json = dict[str, Any]
MOST_COUNTED = 100_000


class Taken(Exception):
    """The handle belongs to another channel."""


class Shelf:
    """The folder of one actor."""

    def __init__(self, folder: Path, handle: str) -> None:
        if not fit(handle):
            raise ValueError("a handle is letters, digits and underscores")
        self.root = folder
        self.folder = folder / handle

    def claim(self, channel: str) -> None:
        """Take the handle for a channel; `Taken` when another has it."""
        owner = self.folder / "owner"
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with owner.open("x") as file:
                file.write(channel)
        except FileExistsError:
            if owner.read_text() != channel:
                raise Taken from None

    # --- documents ---

    def actor(self) -> Json | None:
        return _read(self.folder / "actor.json")

    def put_actor(self, document: Mapping[str, Any]) -> bool:
        """True when it is another than before."""
        return _write(self.folder / "actor.json", document)

    def announced(self) -> bool:
        """Were those who follow told of the actor as it is now?"""
        return (_lines(self.folder / "announced") or [""])[0] == self._actor_digest()

    def mark_announced(self) -> None:
        """They were, or there was nobody to be told."""
        write_atomic(self.folder / "announced", self._actor_digest().encode())

    def _actor_digest(self) -> str:
        try:
            return hashlib.sha256((self.folder / "actor.json").read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""

    def note(self, name: str) -> Json | None:
        return _read(self.folder / "notes" / f"{name}.json") if fit(name) else None

    def put_note(self, name: str, document: Mapping[str, Any]) -> None:
        _write(self.folder / "notes" / f"{name}.json", document)

    def activity(self, name: str) -> Json | None:
        return _read(self.folder / "activities" / f"{name}.json") if fit(name) else None

    def put_activity(self, name: str, document: Mapping[str, Any]) -> None:
        _write(self.folder / "activities" / f"{name}.json", document)

    def drop_activity(self, name: str) -> None:
        (self.folder / "activities" / f"{name}.json").unlink(missing_ok=True)

    def out(self) -> list[str]:
        """The names of all notes that stand, newest first: those whose Create is there."""
        try:
            found = [each.name for each in (self.folder / "activities").iterdir()]
        except FileNotFoundError:
            return []
        names = [
            each.removeprefix("create-").removesuffix(".json") for each in found if each.startswith("create-")
        ]
        return sorted(names, reverse=True)

    # --- who has been told ---

    def tell(self, name: str, inbox: str) -> None:
        """This inbox may have the note now."""
        self._line(self.folder / "told" / name, inbox)

    def untell(self, name: str, inbox: str) -> None:
        """This inbox has let it go."""
        self._line(self.folder / "told" / name, f"-{inbox}")

    def told(self, name: str) -> list[str]:
        """The inboxes that may have it, each once."""
        kept: dict[str, None] = {}
        for line in _lines(self.folder / "told" / name):
            if line.startswith("-"):
                kept.pop(line[1:], None)
            else:
                kept[line] = None
        return list(kept)

    # --- how hosts want it signed ---

    def speaks(self) -> dict[str, str]:
        """Host -> form of signature."""
        pairs = (line.partition(" ") for line in _lines(self.root / "speaks"))
        return {host: form for host, _, form in pairs}

    def learn(self, host: str, form: str) -> None:
        self._line(self.root / "speaks", f"{host} {form}")

    # --- counting ---

    def count(self, name: str, what: str, who: str, *, on: bool) -> None:
        """Note that somebody likes or shares a note, or no longer. Kept by digest: how many, never who."""
        if self.note(name) is None:
            return
        with self._alone():
            self._count(name, what, who, on=on)

    def _count(self, name: str, what: str, who: str, *, on: bool) -> None:
        counts = _read(self.folder / "counts" / f"{name}.json") or {}
        mark = hashlib.blake2b(f"{name} {who}".encode(), digest_size=12).hexdigest()
        marks = [each for each in counts.get(what, ()) if each != mark]
        if on and len(marks) < MOST_COUNTED:
            marks.append(mark)
        _write(self.folder / "counts" / f"{name}.json", {**counts, what: marks})

    def counts(self, name: str) -> dict[str, int]:
        found = _read(self.folder / "counts" / f"{name}.json") or {}
        return {what: len(marks) for what, marks in found.items()}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time, of all processes."""
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _line(self, place: Path, text: str) -> None:
        """Short lines in append mode are written whole, whoever else writes at the same time."""
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def _read(place: Path) -> Json | None:
    try:
        found = json.loads(place.read_bytes())
    except FileNotFoundError:
        return None
    return found if isinstance(found, dict) else None


def _write(place: Path, document: Mapping[str, Any]) -> bool:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    if place.exists() and place.read_bytes() == data:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(place, data)
    return True


def _lines(place: Path) -> list[str]:
    try:
        return [line for line in place.read_text(encoding="utf-8").splitlines() if line]
    except FileNotFoundError:
        return []
