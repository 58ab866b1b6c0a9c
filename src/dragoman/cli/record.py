"""`dragoman record audit` and `dragoman record keys`: the record looked at from inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from dragoman.accounts import actions as accounts
from dragoman.audit import context
from dragoman.base.actor import System
from dragoman.inbox.actions import answers_publishing
from dragoman.lib.problems import Problem
from dragoman.public import actions as public
from dragoman.record import actions, keys, queries
from dragoman.statements.actions import upkeep

SHELL = System("command line")

record = typer.Typer(no_args_is_help=True, help="The public record: audit it, see and change its keys.")
app = record


@contextmanager
def at_the_shell() -> Iterator[None]:
    """Deeds are noted as done here; a refusal is two lines on stderr and exit code 1."""
    try:
        with context.entered(face="cli"):
            yield
    except Problem as problem:
        typer.echo(problem.detail, err=True)
        if problem.mend:
            typer.echo(problem.mend, err=True)
        raise typer.Exit(1) from None


@record.command("audit")
def audit() -> None:
    """Compare every entry in the database and every file with what was signed; mend what can be mended."""
    with at_the_shell():
        found = actions.audit_record(by=SHELL)
        if found.lost and _restored(found.lost):
            typer.echo(f"written anew from the desk's own rows: {len(found.lost)} files were gone or wrong")
            found = actions.audit_record(by=SHELL)
        head = queries.head()
        typer.echo(f"{head.origin}: {found.entries:,} entries; database, files and signer agree")
        typer.echo(f"root    {head.root}")
        _tell_witnesses()
        for name in found.lost:
            typer.echo(f"gone or wrong: {name}", err=True)
        if found.lost:
            typer.echo(
                "Put these files back from a mirror or a backup, or seal their release again.", err=True
            )
            raise typer.Exit(1)


def _restored(lost: Sequence[str]) -> int:
    """How many releases, registers and notices were written anew."""
    restored = upkeep.restore_sealed(by=SHELL, lost=lost) + accounts.restore_sealed(by=SHELL, lost=lost)
    return restored + answers_publishing.restore_sealed(by=SHELL, lost=lost)


@record.command("keys")
def show_keys(
    new: Annotated[
        bool, typer.Option("--new", help="Make one more key, which signs beside the others.")
    ] = False,
    retire: Annotated[str, typer.Option(help="Take the key with this id out of use.", metavar="ID")] = "",
) -> None:
    """Show the keys that sign, and whom readers are asked to trust. Rotation: docs/record-keys.md."""
    with at_the_shell():
        if new:
            actions.add_key(by=SHELL)
        if retire:
            actions.retire_key(by=SHELL, key_id=retire)
        if new or retire:
            public.rebuild(by=SHELL)  # every page pins the keys that its own check believes
        typer.echo(f"record  {keys.origin()}")
        for key in queries.verifier_keys():
            typer.echo(f"key     {key}")
        typer.echo(f"policy  {keys.policy_path()}")
        _tell_witnesses()


def _tell_witnesses() -> None:
    rows = queries.witness_rows()
    if not rows:
        typer.echo("No witness is named: the record's own signature is all that readers have.")
    for row in rows:
        state = "has signed the head" if row.signed_head else "has not signed the head"
        trouble = f"; {row.contact.trouble}" if row.contact and row.contact.trouble else ""
        typer.echo(f"witness {row.witness.name} {state}{trouble}")
    waiting = queries.awaiting_witnesses()
    if waiting:
        typer.echo(f"{waiting:,} proofs await witnesses.")


witnesses = typer.Typer(
    no_args_is_help=True, help="Whom readers are asked to trust beside the record itself."
)
record.add_typer(witnesses, name="witnesses")


@witnesses.command("add")
def add_witness(
    vkey: Annotated[str, typer.Argument(help="Its public key, as `dragoman witness export` prints it.")],
    url: Annotated[str, typer.Argument(help="Where it runs, or where it publishes what it signed.")],
    *,
    group: Annotated[str, typer.Option(help="The group that it joins.")] = "",
    needed: Annotated[str, typer.Option(help="How many of that group must sign: a number, any or all.")] = "",
) -> None:
    """Name a witness. Those that you run yourself are one witness, however many there are."""
    with at_the_shell():
        actions.add_witness(by=SHELL, vkey=vkey, url=url, group=group, needed=needed)
        public.rebuild(by=SHELL)  # every page says how many witnesses there are
        _tell_policy()


@witnesses.command("remove")
def remove_witness(
    name: Annotated[str, typer.Argument(help="Its name in the policy.")],
    *,
    needed: Annotated[str, typer.Option(help="How many of its group must sign from now on.")] = "",
) -> None:
    """Take a witness out of the policy; what it signed stays in the files."""
    with at_the_shell():
        actions.remove_witness(by=SHELL, name=name, needed=needed)
        public.rebuild(by=SHELL)
        _tell_policy()


@witnesses.command("list")
def list_witnesses() -> None:
    """The policy as a tree, who signed the last head, and how long after it."""
    with at_the_shell():
        _tell_policy()
        _tell_witnesses()


def _tell_policy() -> None:
    nodes = queries.policy_shown()
    for node in nodes:
        _tell_node(node, 0)
    if not any(node.counted for node in nodes):
        typer.echo("The quorum asks for no witness.")
    typer.echo(f"policy  {keys.policy_path()}")


def _tell_node(node: queries.PolicyNode, depth: int) -> None:
    branch = node.branch
    if branch.witness is None:
        rule = f"all {branch.of}" if branch.every else f"any {branch.needed} of {branch.of}"
        words = f"{rule} must sign; {branch.held} {'has' if branch.held == 1 else 'have'}"
    else:
        words = "has not signed the head" if node.late is None else f"signed {node.late} s after the head"
        words += "" if node.counted else " (named, but not counted)"
    typer.echo(f"{'  ' * depth}{branch.name}: {words}")
    for one in node.members:
        _tell_node(one, depth + 1)
