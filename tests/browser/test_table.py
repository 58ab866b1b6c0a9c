"""The parties' pages in a real browser: enrolled, signed in, read, signed by passkey, receipted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import overflow, violations
from tests.browser.table_site import served
from tests.browser.test_sign_in import with_a_key
from tests.homes import home
from tests.negotiations.table import world as worlds
from tests.negotiations.table.world import World

from dragoman.base import limits
from dragoman.negotiations.actions import processes, rounds, seats
from dragoman.negotiations.models import PartyKey
from dragoman.negotiations.rules import signing
from dragoman.negotiations.table import cookies
from dragoman.record import keys

__all__ = ["home"]
TALKS = "/table/talks/stonebridge/"


@pytest.fixture
def world(cast: object, home: Path) -> World:
    keys.make()
    limits.forget()
    return worlds.assemble(cast)  # type: ignore[arg-type]  # the fixture of this folder gives a Cast


@pytest.fixture
def table(world: World) -> Iterator[str]:
    with served() as origin:
        yield origin


class Room:
    """People with browsers of their own."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.browser, self.origin = browser, origin
        self.contexts: list[object] = []
        self.errors: list[str] = []

    def page(self, *, width: int = 1280, dark: bool = False, script: bool = True, lang: str = "en") -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=script,
            locale=lang,
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self._heard(line.type, line.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.errors.append(text)

    def seat(self, chair: worlds.Chair, **kwargs: object) -> Page:
        page = self.page(**kwargs)  # type: ignore[arg-type]  # page() names what it takes
        token = seats.sit_down(spokesperson=chair.person, key=None)
        page.context.add_cookies([{"name": cookies.name("seat"), "value": token, "url": self.origin}])
        return page

    def look(self, page: Page, name: str) -> None:
        """What every page must be, and a picture when one is wanted."""
        folder = os.environ.get("BROWSER_PICTURES")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/table-{name}.png", full_page=True)
        assert not violations(page)
        assert overflow(page) == 0


@pytest.fixture
def room(browser: Browser, table: str) -> Iterator[Room]:
    made = Room(browser, table)
    yield made
    for context in made.contexts:
        context.close()  # type: ignore[attr-defined]  # a browser's context
    assert not made.errors, made.errors


def test_from_the_invitation_to_the_receipt(room: Room, world: World) -> None:
    person, code = processes.invite(by=world.cast.director, party=world.north.party, name="A. Hill")
    page = room.page(width=390)
    with_a_key(page)
    page.goto(f"{room.origin}/table/enrol/{code}/")
    expect(page.get_by_role("heading", name="Take your seat")).to_be_visible()
    room.look(page, "enrol-390")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(f"**{TALKS}")
    assert PartyKey.objects.get(spokesperson=person).kind == "webauthn"
    room.look(page, "talks-390")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in at the table")).to_be_visible()
    room.look(page, "sign-in-390")
    page.get_by_role("button", name="Sign in with passkey").click()
    page.wait_for_url(f"**{TALKS}")

    about = world.put()
    page.goto(f"{room.origin}{TALKS}")
    page.get_by_role("link", name=f"Round {about.number}").first.click()
    room.look(page, "founding-390")
    for box in page.locator("input[name=read]").all():
        box.check()
    page.get_by_role("button", name="Sign with passkey").click()
    expect(page.get_by_text("Your consent is taken.")).to_be_visible()
    room.look(page, "consented-390")
    page.get_by_role("link", name="Receipts", exact=True).click()
    room.look(page, "receipts-390")


def test_a_second_round_shows_every_word_that_changed(room: Room, world: World) -> None:
    _, code = processes.invite(by=world.cast.director, party=world.north.party, name="A. Hill")
    page = room.page(width=390, lang="en")
    with_a_key(page)
    page.goto(f"{room.origin}/table/enrol/{code}/")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(f"**{TALKS}")
    world.open()
    first = world.joint()
    second = world.joint(
        previous=first,
        one=("Riverton was the host", "Riverton received them"),
        two=("set up two", "created two"),
    )
    page.goto(f"{room.origin}{TALKS}rounds/{second.number}/")
    english, arabic = page.locator("#text-en"), page.locator("#text-ar")
    expect(english.locator("del").filter(has_text="set up")).to_have_count(1)
    expect(english.locator("ins").filter(has_text="created")).to_have_count(1)
    expect(arabic.locator("del, ins")).to_have_count(0)
    room.look(page, "joint-390")
    page.goto(f"{room.origin}{TALKS}rounds/{second.number}/?lang=ar")
    room.look(page, "joint-ar-390")
    wide = room.seat(world.east, width=1280)
    wide.goto(f"{room.origin}{TALKS}rounds/{second.number}/?view=side")
    room.look(wide, "joint-side-1280")
    dark = room.seat(world.east, width=320, dark=True)
    dark.goto(f"{room.origin}{TALKS}rounds/{second.number}/decline/")
    room.look(dark, "decline-dark-320")
    dark.goto(f"{room.origin}{TALKS}keys/")
    room.look(dark, "keys-dark-320")


def test_without_a_script_everything_but_the_passkey_works(room: Room, world: World) -> None:
    about = world.put()
    page = room.seat(world.north, script=False, width=320)
    page.goto(f"{room.origin}{TALKS}rounds/{about.number}/")
    for box in page.locator("input[name=read]").all():
        box.check()
    line = signing.sign_ed25519(about.body.encode(), world.north.own)
    page.get_by_label("What the tool wrote, or the signature of OpenSSH").fill(line)
    page.get_by_role("button", name="Hand in the signature").click()
    expect(page.get_by_text("Your consent is taken.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt 2").first.click()
    assert "consent" in Path(download.value.path()).read_text("utf-8")
    page.get_by_role("button", name="Take my consent back").click()
    expect(page.get_by_text("Your consent is taken back.")).to_be_visible()


def test_a_no_and_what_it_would_sign_is_shown_when_all_have_answered(room: Room, world: World) -> None:
    world.open()
    about = world.joint()
    here = f"{room.origin}{TALKS}rounds/{about.number}/"
    page = room.seat(world.north, width=1280)
    page.goto(here)
    page.get_by_role("link", name="Decline, with or without words").click()
    page.get_by_label("a wording").check()
    page.get_by_label("In words").fill("Two groups are too few.")
    page.locator("summary[lang=en]").click()
    text = page.locator("#body-en")
    text.fill(text.input_value().replace("two working groups", "three working groups"))
    room.look(page, "decline-1280")
    page.get_by_role("button", name="Decline this text").click()
    expect(page.get_by_text("Your no is taken.")).to_be_visible()
    other = room.seat(world.east, width=390, dark=True, lang="ar")
    other.goto(here)
    expect(other.get_by_text("Two groups are too few.")).to_have_count(0)
    worlds.sign(world.east, about)
    other.goto(here)
    expect(other.get_by_text("Two groups are too few.")).to_be_visible()
    room.look(other, "revealed-ar-dark-390")
    page.goto(here)
    page.get_by_text("Would sign").click()
    expect(page.locator("ins").filter(has_text="three")).to_be_visible()
    room.look(page, "revealed-1280")


def test_a_notice_is_read_and_objected_to_by_keyboard(room: Room, world: World) -> None:
    world.open()
    made = rounds.draft_notice(
        by=world.cast.director,
        process=world.process,
        facts=[("meeting", {"date": "2026-12-14"}), ("time", {"time": "10:00"})],
    )
    about = rounds.open_round(by=world.cast.director, round=made)
    page = room.seat(world.north, width=390)
    page.goto(f"{room.origin}{TALKS}rounds/{about.number}/")
    room.look(page, "notice-390")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.get_by_label("Why you object").focus()
    page.keyboard.type("Too early.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Object to this notice")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your objection is taken.")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "dark", "lang"), [(320, True, "en"), (1280, False, "ar"), (768, False, "zh")]
)
def test_every_page_is_open_to_everyone_who_reads(
    room: Room, world: World, width: int, dark: bool, lang: str
) -> None:
    about = world.put()
    page = room.seat(world.north, width=width, dark=dark, lang=lang)
    for rest in ("", "protocol/", "receipts/", "keys/", "corrections/", "leave/", f"rounds/{about.number}/"):
        page.goto(f"{room.origin}{TALKS}{rest}?lang={lang}")
        room.look(page, f"{rest.strip('/').replace('/', '-') or 'talks'}-{lang}-{width}")
    stranger = room.page(width=width, dark=dark, lang=lang)
    for path in ("/table/", "/table/freeze/", "/table/nothing-here/"):
        stranger.goto(f"{room.origin}{path}")
        room.look(stranger, f"{path.strip('/').replace('/', '-')}-{lang}-{width}")
