"""The whole walk of talks, from founding to public files that a stranger verifies and finds even."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.negotiations import help as table
from tests.negotiations.help import Own, Side, World
from typer import Typer
from typer.testing import CliRunner

from dragoman.cli.ledger import audit
from dragoman.cli.verify import verify
from dragoman.negotiations.actions import answers, asks, keys, processes, rounds
from dragoman.negotiations.models import Round
from dragoman.public.models import TalksEntry
from dragoman.record import keys as record_keys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stranger keeps what it saw before."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def ran(command: object, *words: str) -> tuple[int, str]:
    app = Typer(pretty_exceptions_enable=False)
    app.command()(command)  # type: ignore[type-var]  # a function of our own
    result = CliRunner().invoke(app, [*words, "--policy", str(record_keys.policy_path())])
    return result.exit_code, result.output


def walk(world: World) -> tuple[Round, Round]:
    """A text that is declined, agreed in another form, released, corrected; and in between a party that
    freezes itself and comes back by a new keyring."""
    north, east = world["northland"], world["eastmark"]
    first = table.text_put(world)
    answers.decline(by=north.person, round=first, words="The hour is wrong.", counter=table.OTHER)
    for side in (east, world["southport"]):
        side.consents(first)
    out = table.released(world, table.OTHER, previous=first)
    asks.grant_ask(
        by=world.cast.director,
        ask=asks.ask_correction(by=east.person, statement=out.statement, rev=1, words="The hour."),
    )
    keys.freeze_party(order=north.order("freeze"))
    _, code = processes.invite(by=world.cast.director, party=north.party, name="A new speaker")
    key = Own("northland.stonebridge")
    keys.enrol(code=code, vkey=key.vkey)
    world.all_consent(table.put(world))
    table.clockwork()
    world.sides["northland"] = Side("northland", north.party, north.person, key)
    world.fresh()
    corrected = table.released(
        world,
        table.TEXTS,
        statement=out.statement,
        correction={"en": "The hour of opening.", "ru": "Час открытия."},
    )
    return first, corrected


def said(world: World) -> None:
    facts = [("place", {"place": {"en": "Riverton", "ru": "Ривертон"}})]
    good, bad = (
        rounds.open_round(
            by=world.cast.director,
            round=rounds.draft_notice(by=world.cast.editor, process=world.process, facts=facts),
        )
        for _ in range(2)
    )
    answers.object_to(by=world["eastmark"].person, round=bad)
    with table.later(minutes=16):
        table.clockwork()
    with table.later(hours=3):
        table.clockwork()
    good.refresh_from_db()
    assert good.state == "released"


def test_talks_go_from_founding_to_files_that_a_stranger_verifies(home: Path, machine: Path) -> None:
    del machine
    world = table.opened()
    declined, corrected = walk(world)
    said(world)
    told = list(TalksEntry.objects.order_by("number").values_list("what", flat=True))
    assert told == ["protocol", "joint", "protocol", "joint", "notice", "fallback", "pulse"]
    code, output = ran(verify, str(home / "public"))
    assert code == 0, output
    assert output.count("joint text agreed by northland") == 2
    assert output.count("protocol and keyring agreed by") == 2
    assert "notice line as agreed (place)" in output
    code, output = ran(audit, str(home / "public"), "--talks", "stonebridge")
    assert code == 0, output
    entries = json.loads((home / "public" / "talks" / "stonebridge" / "entries.json").read_text())
    assert len(entries["entries"]) == len(told)
    everything = b"".join(path.read_bytes() for path in (home / "public").rglob("*") if path.is_file())
    assert declined.digest.encode() not in everything
    assert b"The hour is wrong" not in everything
    assert corrected.statement.encode() in everything


def test_one_byte_of_a_consent_changed_in_the_record_is_found(home: Path, machine: Path) -> None:
    del machine
    table.released(table.opened())
    for path in (home / "public" / "record" / "text").iterdir():
        data = path.read_bytes()
        if b"The crossing is open" in data:
            path.write_bytes(data.replace(b"18:00", b"19:00"))
    code, output = ran(verify, str(home / "public"))
    assert code == 1, output
