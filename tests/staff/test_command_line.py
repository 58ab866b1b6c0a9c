"""`dragoman officer` and `dragoman token`."""

from __future__ import annotations

import typer
from tests.cast import Cast
from typer.testing import CliRunner

from dragoman.audit.models import Event
from dragoman.cli import staff
from dragoman.staff import queries

app = typer.Typer()
staff.register(app)
run = CliRunner()


def test_a_token_is_all_that_is_printed(cast: Cast) -> None:
    answer = run.invoke(app, ["token", "ci", "--officer", "director"])
    assert answer.exit_code == 0
    assert answer.stdout.count("\n") == 1
    found = queries.officer_for_token(answer.stdout.strip())
    assert found
    assert found[0] == cast.director
    assert set(found[1].scopes) == {"read", "write", "approve", "release"}
    event = Event.objects.get(verb="staff.make_token")
    assert (event.actor, event.face) == ("command line", "cli")


def test_a_token_is_listed_and_revoked_by_name(cast: Cast) -> None:
    raw = run.invoke(
        app, ["token", "ci", "--officer", "director", "--scope", "read", "--days", "2"]
    ).stdout.strip()
    assert "ci" in run.invoke(app, ["token", "list"]).stdout
    assert run.invoke(app, ["token", "revoke", "ci"]).exit_code == 0
    assert queries.officer_for_token(raw) is None
    again = run.invoke(app, ["token", "revoke", "ci"])
    assert again.exit_code == 1


def test_a_token_for_nobody_says_who_there_is(cast: Cast) -> None:
    answer = run.invoke(app, ["token", "ci", "--officer", "ghost"])
    assert answer.exit_code == 1
    assert "There is no officer “ghost”" in answer.stderr
    assert answer.stdout == ""


def test_an_officer_is_made_with_roles(cast: Cast) -> None:
    answer = run.invoke(
        app, ["officer", "create", "lena", "--name", "Lena", "--role", "record-keeper@capital"]
    )
    lena = queries.officer_named("lena")
    assert lena.check_password(answer.stdout.strip())
    assert lena.may("record_keeper", cast.berlin)
    roles = run.invoke(
        app, ["officer", "roles", "lena", "--add", "auditor@berlin", "--remove", "record_keeper@capital"]
    )
    assert roles.stdout == "auditor@berlin\n"
    assert "lena" in run.invoke(app, ["officer", "list"]).stdout


def test_a_role_that_is_no_role_is_a_usage_error(cast: Cast) -> None:
    assert run.invoke(app, ["officer", "create", "lena", "--role", "author"]).exit_code == 2
