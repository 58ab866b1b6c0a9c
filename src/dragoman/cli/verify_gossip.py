"""What others saw of a record, held against what is shown here: how `dragoman verify` finds forks.

A signature proves that the record said this; it does not prove that it says the same to all. So the heads
that witnesses saw, and heads that somebody hands over as a file, are compared with the one shown here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from dragoman.cli import sources
from dragoman.lib.files import write_atomic
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.note import VerifierKey
from dragoman.lib.tlog.policy import Policy
from dragoman.lib.tlog.tiles import Read
from dragoman.lib.witnessing import asking, gossip
from dragoman.lib.witnessing.gossip import Forked, Told
from dragoman.record.verification import Refused, Unreadable

FORKED = 3

Reader = sources.Folder | sources.Site


@dataclass(frozen=True)
class Others:
    """Whom to listen to: the policy's witnesses, other addresses, files."""

    policy: bool
    urls: Sequence[str] = ()
    files: Sequence[Path] = ()

    @property
    def any(self) -> bool:
        """Whether anybody is to be listened to."""
        return self.policy or bool(self.urls) or bool(self.files)


@dataclass(frozen=True)
class Heard:
    """What was found. `lines` are for the reader, `silent` says why a witness could not be asked."""

    forks: tuple[Forked, ...]
    lines: tuple[str, ...]
    silent: Mapping[str, str]
    ahead: tuple[Told, ...] = ()


def listen(reader: Reader, policy: Policy, others: Others) -> Heard:
    """Ask, and compare. Raises Unreadable for a file that cannot be read, and never for a witness."""
    keys = [log.key for log in policy.logs]
    here = _here(reader, keys)
    origin = here.head.origin if here is not None else policy.logs[0].key.name
    addresses = {one.name: one.url for one in policy.witnesses.values() if one.url} if others.policy else {}
    asked = asking.told_by(addresses | {url: url for url in others.urls}, origin, keys)
    told = [*asked.told, *(one for path in others.files for one in _in_file(path, keys))]
    told = [one for one in told if one.head.origin == origin]
    compared = gossip.compare(told, here, _quietly(reader))
    size = here.head.size if here is not None else 0
    ahead = tuple(one for one in compared.unknown if one.head.size > size)
    return Heard(compared.forks, tuple(_lines(compared.agreed, compared.unknown, size)), asked.silent, ahead)


def judge(heard: Heard, evidence: Path, *, offline: bool) -> None:
    """Raises typer.Exit for a fork, whose evidence is then in the folder `evidence`, and Refused when this
    reader is shown less than a witness saw."""
    if heard.forks:
        for fork in heard.forks:
            _tell_fork(fork, evidence)
        typer.echo(
            "FORKED  The record has signed two histories. That is proof, and needs no trust in whoever told: "
            "publish the evidence.",
            err=True,
        )
        raise typer.Exit(FORKED)
    if heard.ahead and not offline:
        one = max(heard.ahead, key=lambda told: told.head.size)
        raise Refused(
            f"{one.by} saw a head of {one.head.size:,} entries that the record has signed. The record shows "
            "you fewer and does not serve what lies between: it is an old copy, or another history than "
            "others are shown. Try again in a minute; if it stays so, tell the witness."
        )


def tell(heard: Heard, *, offline: bool) -> None:
    """What was heard, for a record that verified."""
    for line in heard.lines:
        typer.echo(f"  {line}")
    if heard.ahead and offline:
        size = max(told.head.size for told in heard.ahead)
        typer.echo(f"  NOT COMPARED  a head of {size:,} entries was seen, and this folder is older than that")
    for name, why in heard.silent.items():
        typer.echo(f"  NOT ASKED  {name}: {why}")


def _here(reader: Reader, keys: Sequence[VerifierKey]) -> Told | None:
    try:
        told = gossip.parse(reader.read("checkpoint"), "the record, as shown here", keys)
    except (FileNotFoundError, TlogError):
        # The verification itself says what is wrong with it.
        return None
    return told[0] if told else None


def _in_file(path: Path, keys: Sequence[VerifierKey]) -> list[Told]:
    try:
        told = gossip.parse(path.read_bytes(), str(path), keys)
    except TlogError as error:
        raise Unreadable(f"{path}: {error}") from error
    if not told:
        raise Unreadable(f"{path} holds no head that a key of the policy signed")
    return told


def _quietly(reader: Reader) -> Read:
    def read(path: str) -> bytes:
        try:
            return reader.read(path)
        except Unreadable as error:
            raise FileNotFoundError(path) from error

    return read


def _lines(agreed: Sequence[Told], unknown: Sequence[Told], size: int) -> list[str]:
    lines: list[str] = []
    for by in dict.fromkeys(one.by for one in agreed):
        heads = [one for one in agreed if one.by == by]
        most = max(one.head.size for one in heads)
        more = f", now {most:,} entries" if most > size else ""
        plural = "head that it saw belongs" if len(heads) == 1 else "heads that it saw belong"
        lines.append(f"{by}: {len(heads)} {plural} to this record{more}")
    for one in unknown:
        if one.head.size <= size:
            lines.append(f"NOT COMPARED  {one.by}: a head of {one.head.size:,} entries")
    return lines


def _tell_fork(fork: Forked, folder: Path) -> None:
    place = folder / gossip.evidence_name(fork)
    typer.echo(f"{fork.why}:", err=True)
    for mark, told in (("A", fork.one), ("B", fork.other)):
        typer.echo(
            f"  {mark}  {told.head.size:,} entries, root {told.head.root.hex()}, told by {told.by}", err=True
        )
    try:
        write_atomic(place, gossip.evidence(fork))
        typer.echo(f"  both signed heads are in {place}", err=True)
    except OSError as error:
        typer.echo(f"  the evidence cannot be written to {place}: {error.strerror}", err=True)
