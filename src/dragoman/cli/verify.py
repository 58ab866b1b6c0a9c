"""`dragoman verify`: a record, a statement or a text, checked by someone who trusts only a policy file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli import pins, sources, verify_consents, verify_gossip
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.policy import Policy
from dragoman.lib.tlog.policy import parse as parse_policy
from dragoman.record import verification
from dragoman.record.verification import Found, Progress, Question, Refused, Report, Unreadable

if TYPE_CHECKING:
    from rich.progress import TaskID

VERIFIED, REFUSED, UNREADABLE = 0, 1, 2
DEEDS = {
    "correction": "CORRECTED",
    "withdrawal": "WITHDRAWN",
    "accounts": "REPLACED",
    "notice": "REPLACED",
    "answer": "REPLACED",
}


def verify(
    place: Annotated[
        str, typer.Argument(help="Address of a site or its record, or a folder.", metavar="URL|FOLDER")
    ],
    *,
    policy: Annotated[
        Path | None, typer.Option(help="Whom to trust (c2sp.org/tlog-policy), from a source you trust.")
    ] = None,
    text: Annotated[Path | None, typer.Option(help="Is this file sealed here, and was it replaced?")] = None,
    statement: Annotated[
        str, typer.Option(help="Check the texts and proofs of ID or ID-REVISION only.")
    ] = "",
    trust_on_first_use: Annotated[
        bool, typer.Option(help="Take the policy that the record serves, once, and pin it here.")
    ] = False,
    allow_missing: Annotated[
        bool, typer.Option(help="Accept that texts or media were taken down; their entries stay.")
    ] = False,
    gossip: Annotated[
        bool | None,
        typer.Option(help="Ask the policy's witnesses what they saw; of a site yes, of a folder no."),
    ] = None,
    witness_url: Annotated[
        list[str] | None, typer.Option(help="Another witness to ask what it saw.", metavar="URL")
    ] = None,
    seen: Annotated[
        list[Path] | None, typer.Option(help="A signed head, or a list of them, had from somebody else.")
    ] = None,
    evidence: Annotated[
        Path, typer.Option(help="Where to put both heads when the record has forked.", metavar="FOLDER")
    ] = Path(),
) -> None:
    """Verify a public record: its signed head, its witnesses, every entry, text and proof.

    Exit code 0: verified. 1: refused, with the reason. 2: could not be read, so nothing is known. 3: the
    record has signed two histories; both heads are in the file that is named.
    """
    try:
        wanted = text.read_bytes() if text else None
        reader = sources.source(place)
        trusted = policy_for(reader, policy, trust_on_first_use)
        offline = isinstance(reader, sources.Folder)
        others = verify_gossip.Others(
            not offline if gossip is None else gossip, witness_url or (), seen or ()
        )
        heard = verify_gossip.listen(reader, trusted, others)
        verify_gossip.judge(heard, evidence, offline=offline)
        question = Question(statement, wanted, pins.recall(trusted), allow_missing)
        began, read = time.monotonic(), verify_consents.kept(reader.read)
        with _progress() as progress:
            report = verification.verify_record(read, trusted, question, progress)
        whole = not statement and wanted is None
        consents = verify_consents.check(report, read, trusted, whole=whole)
        pins.remember(trusted, report.seen)
        for line in consents:
            typer.echo(line)
        _tell(report, trusted, time.monotonic() - began)
        verify_gossip.tell(heard, offline=offline)
    except Refused as refusal:
        end("REFUSED", str(refusal), REFUSED)
    except (Unreadable, OSError) as error:
        end("COULD NOT READ", str(error), UNREADABLE)


def policy_for(reader: sources.Folder | sources.Site, given: Path | None, first_use: bool) -> Policy:
    """Whom to trust: the given file, the one pinned or shipped here, or once the one that is served."""
    if given is not None:
        return read_policy(given.read_bytes(), str(given))
    name = next(sources.pin_names(reader))
    pinned = pins.known_policy(name)
    if pinned is not None:
        return read_policy(pinned.read_bytes(), str(pinned))
    if not first_use:
        raise Refused(
            f"There is no policy for {name} on this machine, so there is no one to trust. Get the policy "
            "file from the ministry by another way than this record (in print, from an embassy, from someone "
            "who has verified it before) and pass it with --policy FILE. Or take the one that is served "
            "here, once and for the future, with --trust-on-first-use."
        )
    try:
        data = reader.read("policy")
    except FileNotFoundError:
        raise Unreadable("the record serves no file `policy`") from None
    read = read_policy(data, f"the policy that {name} serves")
    kept = pins.pin(name, data.decode("utf-8"))
    typer.echo(f"Trusted on first use and kept in {kept}. Compare these keys with another source:", err=True)
    for log in read.logs:
        typer.echo(f"  {log.key}", err=True)
    return read


def read_policy(data: bytes, name: str) -> Policy:
    """A policy file, or Unreadable naming it."""
    try:
        return parse_policy(data.decode("utf-8"))
    except (TlogError, UnicodeDecodeError) as error:
        raise Unreadable(f"{name}: {error}") from error


def _tell(report: Report, policy: Policy, seconds: float) -> None:
    head = report.head
    for found in report.statements:
        typer.echo(_line(found))
        _tell_later(found)
    for found in report.matches:
        words = " (after bringing line ends and letters to the sealed form)" if report.normalised else ""
        what = f"the {found.part.lang} text" if found.part and found.part.lang else "a picture or file"
        typer.echo(f"This is {what} of {_line(found)}{words}")
        _tell_later(found)
    for path in report.missing:
        typer.echo(f"Taken down: {path}")
    typer.echo(
        f"VERIFIED  {head.checkpoint.origin}: {report.entries:,} entries, root {head.checkpoint.root.hex()}"
    )
    typer.echo(f"  {report.blobs:,} texts and media, {report.proofs:,} proofs, {seconds:.1f} s")
    for name, moment in sorted(head.witnesses.items()):
        at = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        typer.echo(f"  witness {name} saw this head at {at}")
    if not policy.needs_witnesses:
        typer.echo(
            "  The policy asks for no witness: the record's own signature is all there is. It shows that "
            "nothing was changed since you last looked, not that everyone is shown the same."
        )


def _line(found: Found) -> str:
    leaf = found.leaf
    languages = ", ".join(one.lang for one in leaf.texts) or "no text"
    said = f"{leaf.kind}, released {leaf.released}, {languages}, entry {found.index}"
    return f"{leaf.id}, revision {leaf.rev}: {said}"


def _tell_later(found: Found) -> None:
    for one in found.later:
        deed = DEEDS.get(one.kind, one.kind)
        typer.echo(f"  later {deed} by revision {one.rev}, released {one.released}")


def end(word: str, why: str, code: int) -> None:
    """The last line, and the exit code."""
    typer.echo(f"{word}  {why}", err=True)
    raise typer.Exit(code)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar for whoever watches, if it takes longer than a second; rich is loaded only then."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _Bar()
    try:
        yield bar.show
    finally:
        bar.stop()


class _Bar:
    def __init__(self) -> None:
        self._began = time.monotonic()
        self._rich: object = None
        self._tasks: dict[str, TaskID] = {}

    def show(self, what: str, done: int, total: int) -> None:
        if self._rich is None and time.monotonic() - self._began < 1:
            return
        # Loading rich takes longer than most verifications.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress as RichProgress  # noqa: PLC0415

        if not isinstance(self._rich, RichProgress):
            self._rich = RichProgress(console=Console(stderr=True), transient=True)
            self._rich.start()
        if what not in self._tasks:
            self._tasks[what] = self._rich.add_task(what, total=total)
        if done == total or done % 256 == 0:
            self._rich.update(self._tasks[what], completed=done, total=total)

    def stop(self) -> None:
        stop = getattr(self._rich, "stop", None)
        if stop is not None:
            stop()
