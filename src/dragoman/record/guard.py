"""A quick look whether the database knows everything that was signed, for deeds that lean on old rows."""

from __future__ import annotations

from django.db.models import Max

from dragoman.lib.problems import Conflict
from dragoman.record.models import Entry
from dragoman.record.signer import Signer


def must_not_be_behind() -> None:
    """Raises Conflict (code "record-behind") when the signer has signed more entries than the database holds:
    then it is an older backup, and what it says of consents may be old as well."""
    last = Signer().last
    highest = Entry.objects.aggregate(highest=Max("index"))["highest"]
    have = 0 if highest is None else highest + 1
    if last is not None and last.size > have:
        raise Conflict(
            f"The record was signed with {last.size} entries, and the database knows {have}: it is an older "
            "backup, and what it says of consents may be old too. Nothing is released from it.",
            mend="Restore the latest backup. If there is none, put every text to the parties again.",
            code="record-behind",
        )
