"""`dragoman triage --jsonl`: what triage says of messages, without a desk: no database, no network."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from dragoman.inbox.triage.engine import load_engine
from dragoman.inbox.triage.stream import serve
from dragoman.inbox.triage.values import ModelMissing


def triage(
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines in, JSON lines out.")] = False,
    encoder: Annotated[str, typer.Option(help="Which encoder; the best one here when not given.")] = "",
) -> None:
    """Read JSON lines on standard input and write one for each, in order, until the input ends.

    {"op":"library","id","question","answer","lang"} gives an approved answer (question may be absent);
    {"op":"message","id","text"} is read; {"op":"groups"} names the groups of all messages so far;
    {"op":"reset"} forgets everything. A line that cannot be read gets {"ok":false,"error":...}.
    """
    if not jsonl:
        print("Say --jsonl: there is no other way to use this command.", file=sys.stderr)
        raise typer.Exit(2)
    try:
        engine = load_engine(encoder)
    except ModelMissing as trouble:
        print(str(trouble), file=sys.stderr)
        raise typer.Exit(1) from None
    try:
        serve(sys.stdin.fileno(), sys.stdout.write, sys.stdout.flush, engine)
    except BrokenPipeError:
        # whoever read the answers has gone; nothing may be written at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
