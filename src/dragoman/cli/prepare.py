"""Before the desk opens: tables, static files, checks of the apps, and sample data on the first run."""

from __future__ import annotations

import importlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dragoman.base.actor import System
from dragoman.lib.problems import Problem
from dragoman.public import actions as public
from dragoman.record import actions as record
from dragoman.staff.models import Officer

# One at a time across all hosts; any number will do, as long as it is always this one.
TURN = 7_022_019
BY = System("start")
Tell = Callable[[str], None]


def prepare() -> None:
    """Bring database and files up to this release; load the sample on a first run. May be repeated.

    What a program may want to know goes to standard output as JSON: the sample's one-time passwords.
    """
    with _progress() as tell, _turn():
        tell("tables")
        call_command("migrate", interactive=False, verbosity=0)
        tell("pages' files")
        call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())
        tell("record")
        lines = [*_record(), *_public(tell)]
        passwords, told = _sample(tell)
    print(json.dumps({"passwords": passwords, "lines": [*lines, *told]}))


def _record() -> list[str]:
    """Compare what is signed with files and database, heal what can be healed, and say it when it cannot.

    The desk opens all the same: nothing can be released until it is mended, but everything can be read.
    """
    try:
        record.catch_up(by=BY)
    except Problem as problem:
        return [f"THE RECORD REFUSES TO GROW: {problem.detail} {problem.mend}"]
    return []


def _public(tell: Tell) -> list[str]:
    """A public folder that is empty or was lost is written from the rows; another gets the new looks."""
    if (settings.DRAGOMAN.public_dir / "index.html").exists():
        public.renew_assets(by=BY)
        return []
    tell("public files")
    count = public.rebuild(by=BY)
    return [f"The public files were written anew, {count} statements."] if count else []


def _sample(tell: Tell) -> tuple[dict[str, str], list[str]]:
    """The sample, if it is wanted and nobody but the sample's own officers has been here yet. Gives what is
    shown once: the officers' passwords, and how to take part in the sample's talks."""
    done = settings.DRAGOMAN.home / "sample-loaded"
    if not settings.DRAGOMAN.sample or done.exists() or Officer.objects.filter(sample=False).exists():
        return {}, []
    tell("sample data")
    # Loaded late: only a first run needs it.
    made = importlib.import_module("dragoman.cli.sample").load_sample(progress=tell)
    talks = importlib.import_module("dragoman.cli.sample_talks").load_talks(progress=tell)
    # Not before: a first run that was stopped half-way goes on where it stood.
    done.touch()
    return dict(made.passwords), talks.lines


@contextmanager
def _turn() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [TURN])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN])


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar on a terminal, plain lines elsewhere; on standard error, for standard output is for programs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: print(f"prepare: {text}", file=sys.stderr, flush=True)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        job = bar.add_task("Preparing", total=None)
        yield lambda text: bar.update(job, description=f"Preparing: {text}")
