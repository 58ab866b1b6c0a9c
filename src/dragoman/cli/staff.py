"""`dragoman officer …` and `dragoman token …`: what whoever holds the server's shell may do to accounts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dragoman.audit import context
from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.lib.problems import NotFound, Problem
from dragoman.staff import actions, queries, rules
from dragoman.staff.models import Officer, Token

SHELL = System("command line")

officer = typer.Typer(no_args_is_help=True, add_completion=False, help="Accounts of officers.")
out = Console()


def register(app: typer.Typer) -> None:
    """Hang `officer` and `token` below the command `dragoman`."""
    app.add_typer(officer, name="officer")
    app.command("token", no_args_is_help=True)(token)


@contextmanager
def at_the_shell() -> Iterator[None]:
    """Deeds are noted as done here; a refusal is two lines on stderr and exit code 1."""
    # What these commands print is read by programs; the audit has the deed, the log need not say it here too.
    deeds = logging.getLogger("dragoman.deeds")
    level = deeds.level
    deeds.setLevel(logging.WARNING)
    try:
        with context.entered(face="cli"):
            yield
    except Problem as problem:
        typer.echo(problem.detail, err=True)
        if problem.mend:
            typer.echo(problem.mend, err=True)
        raise typer.Exit(1) from None
    finally:
        deeds.setLevel(level)


@officer.command("create")
def create(
    username: str,
    name: Annotated[str, typer.Option(help="As colleagues and the audit show it.")] = "",
    email: str = "",
    role: Annotated[list[str] | None, typer.Option(help="ROLE@MISSION, as often as wanted.")] = None,
) -> None:
    """Open an account and print its one-time password."""
    with at_the_shell():
        wanted = [_role(text) for text in role or []]
        made = actions.create_officer(by=SHELL, username=username, name=name, email=email)
        for one, slug in wanted:
            mission = queries.mission_named(slug)
            actions.set_membership(by=SHELL, officer=made.officer, mission=mission, role=one)
        typer.echo(made.password)


@officer.command("list")
def list_officers() -> None:
    """Who there is, with their roles."""
    table = Table("User name", "Name", "Roles", "Second factor", "State", box=None)
    for one in queries.with_factors(Officer.objects.prefetch_related("memberships__mission")):
        roles = ", ".join(f"{m.role}@{m.mission.slug}" for m in one.memberships.all())
        factor = "yes" if getattr(one, "factor", False) else "no"
        table.add_row(one.username, one.name, roles, factor, "open" if one.is_active else "closed")
    out.print(table)


@officer.command("password")
def password(username: str, why: str = "") -> None:
    """Print a new one-time password. Sessions end; second factors stay."""
    with at_the_shell():
        typer.echo(actions.reset_password(by=SHELL, officer=queries.officer_named(username), why=why))


@officer.command("factors")
def factors(username: str, why: Annotated[str, typer.Option(help="Kept in the audit.")]) -> None:
    """Remove every second factor of an officer who lost them."""
    with at_the_shell():
        actions.remove_factors(by=SHELL, officer=queries.officer_named(username), why=why)


@officer.command("roles")
def roles(
    username: str,
    add: Annotated[list[str] | None, typer.Option(help="ROLE@MISSION")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="ROLE@MISSION")] = None,
) -> None:
    """Show, give or take roles."""
    with at_the_shell():
        one = queries.officer_named(username)
        for text in add or []:
            role, slug = _role(text)
            actions.set_membership(by=SHELL, officer=one, mission=queries.mission_named(slug), role=role)
        for text in remove or []:
            role, slug = _role(text)
            actions.remove_membership(by=SHELL, officer=one, mission=queries.mission_named(slug), role=role)
        for membership in one.memberships.select_related("mission").order_by("mission__path", "role"):
            typer.echo(f"{membership.role}@{membership.mission.slug}")


@officer.command("deactivate")
def deactivate(username: str, why: str = "") -> None:
    """Close an account: sessions end, tokens are revoked."""
    with at_the_shell():
        actions.deactivate_officer(by=SHELL, officer=queries.officer_named(username), why=why)


@officer.command("activate")
def activate(username: str, why: str = "") -> None:
    """Open a closed account again."""
    with at_the_shell():
        actions.activate_officer(by=SHELL, officer=queries.officer_named(username), why=why)


def token(
    words: Annotated[list[str], typer.Argument(metavar="NAME | list | revoke NAME")],
    whom: Annotated[
        str, typer.Option("--officer", help="Whom it acts for; for list and revoke: whose only.")
    ] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="read, write, approve, release; all if none.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it lives.")] = rules.TOKEN_DAYS,
) -> None:
    """Access tokens of the API: make one and print it, and nothing else; or list them; or revoke one."""
    with at_the_shell():
        match words:
            case ["list"]:
                _list_tokens(whom)
            case ["revoke", name]:
                _revoke(name, whom)
            case [name]:
                _make(name, whom, scope or [], days)
            case _:
                raise typer.BadParameter("Give one name, or: list, or: revoke NAME.")


def _make(name: str, username: str, scopes: list[str], days: int) -> None:
    if not username:
        raise typer.BadParameter("Say whom the token acts for: --officer USERNAME.")
    one = queries.officer_named(username)
    made = actions.make_token(by=SHELL, officer=one, name=name, scopes=scopes, days=days, on_server=True)
    typer.echo(made.raw)


def _list_tokens(username: str) -> None:
    table = Table("Number", "Name", "Acts for", "May", "State", "Ends", "Last used", box=None)
    found = Token.objects.select_related("officer")
    if username:
        found = found.filter(officer=queries.officer_named(username))
    for one in found:
        used = f"{one.used:%Y-%m-%d %H:%M} UTC" if one.used else "never"
        state, ends = one.state(clock.now()), f"{one.expires:%Y-%m-%d}"
        table.add_row(str(one.pk), one.name, one.officer.username, " ".join(one.scopes), state, ends, used)
    out.print(table)


def _revoke(name: str, username: str) -> None:
    found = Token.objects.live(clock.now()).select_related("officer").filter(name=name)
    if username:
        found = found.filter(officer=queries.officer_named(username))
    tokens = list(found)
    if not tokens:
        raise NotFound(f"No token “{name}” is in use.", mend="`dragoman token list` shows them all.")
    for one in tokens:
        actions.revoke_token(by=SHELL, token=one, why="revoked on the server")
        typer.echo(f"revoked: {one.name}, which acted for {one.officer.username}")


def _role(text: str) -> tuple[str, str]:
    role, at, mission = text.partition("@")
    if not at or not mission:
        raise typer.BadParameter(f"“{text}” is not of the form ROLE@MISSION, for example approver@capital.")
    return role.replace("-", "_"), mission
