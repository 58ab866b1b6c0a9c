"""What the offline tool writes is what the pages take: each order by the command that a page names."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.negotiations.table.browsing import browser
from tests.negotiations.table.world import World, sign

from dragoman.cli import main
from dragoman.negotiations.models import Answer, Party, PartyKey, Round
from dragoman.record import keys as record_keys

Sit = Callable[..., Client]
TALKS = "/table/talks/stonebridge/"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: World) -> Path:
    """The party's own machine, with its key."""
    folder = tmp_path / "machine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder / name))
    Path("own.key").write_text(world.north.own.secret)
    Path("own.key").chmod(0o600)
    return folder


def command(page: str, verb: str) -> list[str]:
    """The command as the page says it, with this machine's key file."""
    found = re.search(rf"<code>dragoman consent ({verb} [^<]*)</code>", page)
    assert found, verb
    words = unescape(found[1]).replace("KEYFILE", "own.key").replace('"…"', "Not-so.").split()
    return [*words, "--out", "written.txt"]


def tool(words: list[str], *more: str) -> str:
    """Run it; gives what it wrote."""
    assert main.run(["consent", *words, *more]) == 0
    return Path("written.txt").read_text("utf-8")


def keep(answer: Any) -> None:
    """Save a download under the name that the page gave it."""
    name = re.search(r'filename="([^"]+)"', answer.headers["Content-Disposition"])
    assert name
    Path(name[1]).write_bytes(answer.content)


def test_a_round_is_signed_taken_back_and_declined_by_the_commands_on_the_page(
    world: World, sit: Sit
) -> None:
    about = world.put()
    client, here = sit(world.north), f"{TALKS}rounds/{about.number}/"
    keep(client.get(f"{here}round.json"))
    note = tool(command(client.get(here).content.decode(), "sign"), "--yes")
    assert client.post(f"{here}consent", {"read_all": "1", "line": note}).status_code == 303
    order = tool(command(client.get(here).content.decode(), "withdraw"))
    assert client.post(f"{here}withdraw", {"way": "order", "order": order}).status_code == 303
    assert Answer.objects.get(kind="consent").withdrawal == order
    order = tool(command(client.get(f"{here}decline/").content.decode(), "decline"))
    assert client.post(f"{here}decline/", {"way": "order", "order": order}).status_code == 303
    assert Answer.objects.get(kind="decline").words == "Not-so."


def test_the_door_is_opened_by_the_command_on_the_page(world: World) -> None:
    client = browser()
    keep(client.get("/table/sign-in/challenge", {"process": "stonebridge", "party": "northland"}))
    note = tool(command(client.get("/table/").content.decode(), "sign-in"))
    assert client.post("/table/sign-in/key", {"note": note}).headers["Location"] == TALKS


def test_a_party_is_frozen_by_the_command_on_the_page(world: World) -> None:
    world.put()
    page = browser().get("/table/freeze/").content.decode()
    words = [word.replace("NAME", "stonebridge") for word in command(page, "freeze")]
    answer = browser().post("/table/freeze/", {"order": tool(words)})
    assert answer.status_code == 200
    assert Party.objects.get(name="northland").state == "frozen"


def test_a_party_leaves_by_the_command_on_the_page(world: World, sit: Sit) -> None:
    client = sit(world.north)
    page = client.get(f"{TALKS}leave/").content.decode()
    order = tool(command(page, "leave"), "--yes")
    form = {"way": "order", "order": order, "sure": "1"}
    assert client.post(f"{TALKS}leave/", form).status_code == 303
    assert Party.objects.get(name="northland").state == "left"


def test_a_key_is_made_and_added_by_the_command_on_the_page(
    world: World, sit: Sit, capsys: pytest.CaptureFixture[str]
) -> None:
    client = sit(world.north)
    page = client.get(f"{TALKS}keys/").content.decode()
    words = command(page, "key")[:-2]
    capsys.readouterr()
    assert main.run(["consent", *words]) == 0
    vkey = capsys.readouterr().out.strip()
    assert client.post(f"{TALKS}keys/", {"way": "key", "key": vkey}).status_code == 303
    assert PartyKey.objects.filter(vkey=vkey).exists()


def test_receipts_are_checked_by_the_command_on_the_page(
    world: World, sit: Sit, capsys: pytest.CaptureFixture[str]
) -> None:
    about: Round = world.put()
    sign(world.north, about)
    client = sit(world.north)
    keep(client.get(f"{TALKS}receipts/all.txt"))
    key = record_keys.signing()[0].verifier
    Path("policy.txt").write_text(f"log {key}\nquorum none\n")
    page = client.get(f"{TALKS}receipts/").content.decode()
    assert str(key) in unescape(page)
    words = command(page, "receipts")[:-2]
    capsys.readouterr()
    assert main.run(["consent", *words]) == 0
    assert "2" in capsys.readouterr().out
    Path("stonebridge-receipts.txt").write_text(
        Path("stonebridge-receipts.txt").read_text().replace("enrol", "enroll")
    )
    assert main.run(["consent", *words]) == 1
