"""Before a release nothing public changes, byte for byte; after it anybody can work out that all was even."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from django.conf import settings
from tests.negotiations import help as table
from tests.public.talks_world import everything
from typer.testing import CliRunner

from dragoman.cli import ledger as face
from dragoman.negotiations.actions import answers, asks, releasing, rounds
from dragoman.public import actions as public
from dragoman.public.models import Pulse
from dragoman.public.serve import Site

pytestmark = pytest.mark.django_db(transaction=True)


def folder() -> Path:
    return Path(settings.DRAGOMAN.public_dir)


def tags(root: Path) -> dict[str, str]:
    """What a reader who asks for every file is told of it: its ETag."""
    site = Site(root, live_url="http://live.example")
    found = (site.look("/" + str(path.relative_to(root))) for path in root.rglob("*") if path.is_file())
    return {one.path: one.tag for one in found if one}


def test_open_and_agreed_rounds_leave_no_trace_in_public() -> None:
    world = table.opened()
    before, told, heard = everything(folder()), tags(folder()), Pulse.objects.count()

    def unchanged() -> bool:
        same = (everything(folder()), tags(folder()), Pulse.objects.count())
        return same == (before, told, heard)

    draft = rounds.draft_round(by=world.cast.editor, process=world.process, texts=table.TEXTS)
    assert unchanged(), "a draft"
    about = rounds.open_round(by=world.cast.director, round=draft)
    table.clockwork()
    assert unchanged(), "a round before the parties"
    answers.decline(by=world["northland"].person, round=about, words="Not yet.")
    table.clockwork()
    assert unchanged(), "a party's no"
    again = table.agreed(world, table.OTHER)
    table.clockwork()
    assert unchanged(), "a text that all have signed"
    planned = releasing.plan_release(by=world.cast.director, round=again)
    assert unchanged(), "a release that is planned"
    table.put_out(planned)
    assert everything(folder()) != before
    assert Pulse.objects.count() == heard + 1, "one frame for everybody"


def test_notice_in_its_window_leaves_no_trace_in_public() -> None:
    world = table.opened()
    before = everything(folder())
    facts: list[Any] = [("place", {"place": "Stonebridge"})]
    rounds.open_round(
        by=world.cast.director,
        round=rounds.draft_notice(by=world.cast.editor, process=world.process, facts=facts),
    )
    table.clockwork()
    assert everything(folder()) == before
    with table.later(minutes=16):
        table.clockwork()
    assert everything(folder()) != before


def test_anybody_can_work_out_a_real_walk_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    world = table.opened()
    about = table.released(world)
    asks.ask_correction(by=world["eastmark"].person, statement=about.statement, rev=1, words="Shorter.")
    with table.later(minutes=61):
        table.clockwork()
    public.rebuild(by=table.WORKER)
    app = typer.Typer()
    app.command()(face.audit)
    done = CliRunner().invoke(app, [str(folder()), "--talks", "stonebridge"])
    assert done.exit_code == 0, done.output
    for words in (
        "signed by eastmark (ssh), northland (ed25519), southport (webauthn)",
        "ledger 1",
        "a pulse line, as agreed",
    ):
        assert words in done.output, done.output
