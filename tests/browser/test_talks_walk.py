"""Talks walked by everyone at once, each in a browser of their own, on a desk that runs as users run it: the
host, three spokespersons with passkeys, a reader with scripts and one without."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser.test_sign_in import with_a_key
from tests.ground.running import Desk, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]

PARTIES = {
    "northland": {"en": "Northland", "fr": "le Northland"},
    "eastmark": {"en": "Eastmark", "fr": "l’Eastmark"},
    "southport": {"en": "Southport", "fr": "le Southport"},
}
DOCUMENTS = {
    "en": "# Protocol\n\nOnly what this protocol names is published.",
    "fr": "# Protocole\n\nSeul ce que nomme ce protocole est publié.",
}
RULES: dict[str, Any] = {
    "v": 1,
    "languages": ["en", "fr"],
    "joint": True,
    "publishable": {
        "meeting": {"en": "A meeting takes place on {date}.", "fr": "Une réunion a lieu le {date}."}
    },
    "objection_minutes": 15,
    "round_hours": 24,
    "fallback": {"en": "Consultations continue.", "fr": "Les consultations se poursuivent."},
    "pulse": None,
    "quiet_hours": None,
    "confidentiality": "chatham-house",
    "silence": "lapses",
    "leaving": "continues",
}
TERMS: dict[str, Any] = {
    "v": 1,
    "process": "ferry",
    "version": 1,
    "languages": ["en", "fr"],
    "confidentiality": "chatham-house",
    "order": {"rule": "fixed", "parties": list(PARTIES)},
    "parties": {
        name: {lang: {"short": words, "full": words} for lang, words in titles.items()}
        for name, titles in PARTIES.items()
    },
}
TEXT = {
    "en": ("The ferry", "The ferry runs every day from 08:00 to 18:00, beginning on 4 January 2027."),
    "fr": ("Le bac", "Le bac circule tous les jours de 08:00 à 18:00, à partir du 4 janvier 2027."),
}


class Room:
    """Everybody's browser."""

    def __init__(self, browser: Browser, desk: Desk) -> None:
        self.browser, self.desk = browser, desk
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.pictures = os.environ.get("BROWSER_PICTURES")

    def page(self, *, width: int = 1280, script: bool = True) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", java_script_enabled=script
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def url(self, port: int, path: str) -> str:
        return f"http://localhost:{port}{path}"

    def look(self, page: Page, name: str) -> None:
        if self.pictures:
            Path(self.pictures).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{self.pictures}/walk-{name}.png", full_page=True)


@pytest.fixture
def room(browser: Browser) -> Iterator[Room]:
    with Desk(DRAGOMAN_SAMPLE="1") as desk:
        desk.until_well()
        made = Room(browser, desk)
        yield made
        for context in made.contexts:
            context.close()
    assert not made.errors, made.errors


def host_of(room: Room) -> Page:
    """The director at the desk, signed in as one signs in."""
    found = re.search(r"^ +director +(\S+)$", room.desk.said(), re.MULTILINE)
    assert found, "no password was shown"
    page = room.page()
    page.goto(room.url(room.desk.desk, "/account/login/"))
    page.fill("input[name=login]", "director")
    page.fill("input[name=password]", found[1])
    page.locator("form:has(input[name=password]) button[type=submit]").first.click()
    page.get_by_role("button", name="Keep the one I was given").click()
    page.wait_for_url(room.url(room.desk.desk, "/"))
    return page


def found_talks(room: Room, host: Page) -> dict[str, Page]:
    """The host names talks and parties; each spokesperson enrols a passkey from the invitation."""
    host.goto(room.url(room.desk.desk, "/talks/new/"))
    host.fill("#titles", "en: The ferry talks\nfr: Les pourparlers du bac")
    host.fill("#ref", "ferry")
    host.fill("#languages", "en fr")
    host.get_by_role("button", name="Begin the talks").click()
    seats: dict[str, Page] = {}
    for name, titles in PARTIES.items():
        form = host.locator("details:has(#pn)")
        if not form.evaluate("one => one.open"):
            form.locator("summary").click()
        host.fill("#pn", name)
        for lang, words in titles.items():
            host.fill(f"#pt-{lang}", words)
        form.get_by_role("button", name="Name it").click()
        line = host.locator(".party", has_text=name)
        line.get_by_text("Invite somebody who speaks for it").click()
        line.get_by_label("Name", exact=True).fill(f"Speaker of {titles['en']}")
        line.get_by_role("button", name="Make the invitation").click()
        link = host.get_by_label("Invitation link").input_value()
        seat = room.page(width=390)
        with_a_key(seat)
        seat.goto(link)
        seat.get_by_role("button", name="Make a passkey").click()
        seat.wait_for_url("**/table/talks/ferry/")
        seats[name] = seat
        host.goto(room.url(room.desk.desk, "/talks/ferry/"))
    room.look(host, "host-founding")
    return seats


def sign(room: Room, seat: Page, number: int, name: str) -> None:
    """Read every language and sign with the passkey."""
    seat.goto(room.url(room.desk.table, f"/table/talks/ferry/rounds/{number}/"))
    for box in seat.locator("input[name=read]").all():
        box.check()
    room.look(seat, f"{name}-round-{number}")
    seat.get_by_role("button", name="Sign with passkey").click()
    expect(seat.get_by_text("Your consent is taken.")).to_be_visible()


def test_host_three_parties_and_readers_walk_talks_at_once(room: Room) -> None:
    host = host_of(room)
    seats = found_talks(room, host)

    host.goto(room.url(room.desk.desk, "/talks/ferry/protocol/"))
    for lang, words in DOCUMENTS.items():
        host.fill(f"#d{lang}", words)
    host.fill("#rules", json.dumps(RULES))
    host.fill("#terms", json.dumps(TERMS))
    host.get_by_role("button", name="Keep the draft").click()
    host.get_by_role("button", name="Put version 1 to the parties").click()
    expect(host.get_by_text("It is round 1.")).to_be_visible()
    for name, seat in seats.items():
        sign(room, seat, 1, name)

    live = room.url(room.desk.public, "/en/talks/ferry/")
    until(lambda: room.desk.get(room.desk.public, "/en/talks/ferry/")[0] == 200, what="the live page")
    reader, plain = room.page(width=390), room.page(script=False)
    reader.goto(live)
    expect(reader.get_by_role("heading", name="Protocol 1 is in force")).to_be_visible(timeout=60_000)

    host.goto(room.url(room.desk.desk, "/talks/ferry/rounds/new/"))
    for lang, (title, body) in TEXT.items():
        host.fill(f"#t{lang}", title)
        host.fill(f"#b{lang}", body)
    host.get_by_role("button", name="Keep and see what is found").click()
    host.get_by_role("button", name="Put it to all parties").click()
    expect(host.get_by_text("With the parties")).to_be_visible()
    for name, seat in seats.items():
        assert TEXT["en"][1].encode() not in room.desk.get(room.desk.public, "/en/talks/ferry/")[1]
        sign(room, seat, 2, name)
    host.reload()
    expect(host.get_by_role("heading", name="All have signed")).to_be_visible()
    room.look(host, "host-agreed")
    host.get_by_role("button", name="Release").click()
    expect(host.get_by_text("It is going out")).to_be_visible()

    # the reader with scripts gets it without doing anything, and in the other language too
    expect(reader.locator(".entry", has_text=TEXT["en"][1])).to_be_visible(timeout=60_000)
    room.look(reader, "reader-live")
    plain.goto(live)
    expect(plain.get_by_text(TEXT["en"][1])).to_be_visible()
    plain.goto(room.url(room.desk.public, "/fr/talks/ferry/"))
    expect(plain.get_by_text(TEXT["fr"][1])).to_be_visible()
    for seat in seats.values():
        seat.goto(room.url(room.desk.table, "/table/talks/ferry/receipts/"))
        room.look(seat, "receipts")

    policy = str(room.desk.home / "policy.txt")
    site = room.url(room.desk.public, "")
    verified = room.desk.cli("verify", site, "--policy", policy)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "passkey" in verified.stdout
    until(lambda: room.desk.get(room.desk.public, "/talks/ferry/ledger.json")[0] == 200, what="the ledger")
    audited = room.desk.cli("ledger", "audit", live, "--policy", policy)
    assert audited.returncode == 0, audited.stdout + audited.stderr
