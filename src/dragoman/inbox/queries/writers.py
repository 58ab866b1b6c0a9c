"""The address of one writer, opened for one letter and kept nowhere else."""

from __future__ import annotations

from dragoman.inbox import sealing
from dragoman.inbox.models import Author, Message


def mail_address(message: Message) -> str:
    """Where a letter to the writer of this message goes; empty when it is not kept (any more)."""
    row = Author.objects.filter(message=message).first()
    return sealing.opened(row.sealed).handle if row is not None and row.sealed else ""
