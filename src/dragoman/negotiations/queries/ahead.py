"""Whether the record knows more of these talks than the rows do: then the rows are from an older backup."""

from __future__ import annotations

from django.db.models import Max

from dragoman.lib.problems import Conflict
from dragoman.negotiations.models import Process, Round
from dragoman.negotiations.queries.shown import line_ref
from dragoman.record.models import Entry


def must_know_the_record(process: Process, about: Round | None = None) -> None:
    """Raises Conflict (code "rows-behind") when the record holds a keyring, a line or a text that the rows do
    not know of. The entries themselves are healed from the files; consents that came or went are not."""
    latest = Entry.objects.filter(ref=process.ref, kind="parties").aggregate(at=Max("index"))["at"]
    in_force = -1 if process.keyring_index is None else process.keyring_index
    if latest is not None and latest > in_force and not _being_enacted(process):
        raise _behind(f"a keyring (entry {latest}) that is later than the one in force here")
    said = Entry.objects.filter(ref=line_ref(process), kind="line").aggregate(rev=Max("rev"))["rev"] or 0
    known = process.lines.aggregate(number=Max("number"))["number"] or 0
    if said > known:
        raise _behind(f"line {said}, and here {known} are known")
    if (
        about is not None
        and about.kind == "joint"
        and Entry.objects.filter(ref=about.statement, rev=about.rev)
    ):
        raise _behind(f"{about.statement}, revision {about.rev}, already")
    unknown = _unknown_joint(process)
    if unknown:
        raise _behind(f"{unknown}, which no round here released")


def _being_enacted(process: Process) -> bool:
    return process.protocols.filter(state="agreed", rounds__state="releasing").exists()


def _unknown_joint(process: Process) -> str:
    """A joint text in the record under the keyring in force that no round here stands behind."""
    if process.keyring_index is None:
        return ""
    mine = set(process.rounds.filter(kind="joint").values_list("statement", "rev"))
    later = Entry.objects.filter(index__gt=process.keyring_index, kind__in=("statement", "correction"))
    for entry in later.iterator():
        if (entry.ref, entry.rev) not in mine and entry.read().parties == process.keyring_index:
            return f"{entry.ref}, revision {entry.rev}"
    return ""


def _behind(what: str) -> Conflict:
    return Conflict(
        f"The record holds {what}: the database is an older backup, and its consents may be old too. Nothing "
        "is released from it.",
        mend="Restore the latest backup. If there is none, put every text to the parties again.",
        code="rows-behind",
    )
