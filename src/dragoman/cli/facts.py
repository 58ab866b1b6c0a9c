"""`dragoman facts import FILE` and `dragoman facts export SHEET`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.audit import context
from dragoman.base.actor import System
from dragoman.facts import actions, queries, toml
from dragoman.facts.values import ImportPlan
from dragoman.lib.files import write_atomic
from dragoman.lib.problems import Invalid
from dragoman.staff import queries as staff

SHELL = System("command line")
WORDS = {
    "add": "new",
    "revise": "new version, for the old one is cited",
    "amend": "changed in place, for nothing cites it",
    "same": "unchanged",
    "keep": "not in the file; stays as it is",
}

facts = typer.Typer(no_args_is_help=True, help="Import and export fact sheets as TOML.")


@facts.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="A TOML file, or - for what is piped in.")],
    mission: Annotated[str, typer.Option(help="Short name of the mission that owns the sheet.")] = "capital",
    why: Annotated[str, typer.Option(help="Kept with each new version and in the audit.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and stop.")] = False,
) -> None:
    """Bring a sheet to what the file says: all of it or nothing. No fact is ever deleted."""
    source = toml.decode(_read(file))
    with context.entered(face="cli"):
        owner = staff.mission_named(mission)
        plan = queries.plan_import(owner, source)
        _tell(plan)
        if not dry_run:
            actions.import_sheet(by=SHELL, mission=owner, source=source, why=why, expected=plan.digest)
    typer.echo("Nothing was changed: this was a dry run." if dry_run else f"Imported {plan.draft.slug}.")


@facts.command("export")
def export(
    sheet: Annotated[str, typer.Argument(help="Name of the sheet, such as visa-free.")],
    to: Annotated[str, typer.Option(help="A file to write; printed when not given.")] = "",
) -> None:
    """Write a sheet with its current facts as TOML. Importing that changes nothing."""
    text = queries.export_sheet(queries.sheet_named(sheet))
    if not to:
        sys.stdout.write(text)
        return
    write_atomic(Path(to), text.encode())
    typer.echo(f"Written to {to}.")


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(toml.MAX_BYTES + 1)
    path = Path(file)
    try:
        toml.refuse_large(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        mend = "Give the path of a TOML file that you may read."
        raise Invalid(f"{file} cannot be read: {error.strerror or error}.", mend=mend) from None


def _tell(plan: ImportPlan) -> None:
    typer.echo(f"{plan.draft.slug}: {'a new sheet' if plan.new_sheet else 'the sheet is there'}")
    for field in plan.sheet_fields:
        typer.echo(f"  {field} changes")
    for change in plan.changes:
        fields = "" if change.deed == "add" or not change.fields else f": {', '.join(change.fields)}"
        typer.echo(f"  {change.number:<5} {WORDS[change.deed]}{fields}")
    for belief in (change for change in plan.beliefs if change.fields):
        typer.echo(f"  {belief.number:<5} known wrong belief, {'new' if belief.deed == 'add' else 'changed'}")
    if plan.new_table:
        typer.echo("  decision table: a new version, which waits for review")
