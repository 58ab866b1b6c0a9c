"""`dragoman mail bounce`: what a relay pipes into the desk when a mail came back."""

from __future__ import annotations

import sys

import typer

from dragoman.audit import context
from dragoman.base.actor import System
from dragoman.channels.actions import recipients
from dragoman.lib.dsn import MOST_BYTES

RELAY = System("mail relay")

mail = typer.Typer(no_args_is_help=True, help="Mail that came back.")


@mail.callback()
def group() -> None:
    """Mail that came back."""


@mail.command("bounce")
def bounce() -> None:
    """Read one returned mail from the standard input. Ends well whatever it was: a relay that hears of an
    error would return the return."""
    raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    with context.entered(face="cli"):
        typer.echo(recipients.take_returned_mail(by=RELAY, raw=raw))
