"""Talks live in a real browser: readers with and without script, gaps found and filled, a frame elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser.conftest import overflow, violations
from tests.public import live, world
from tests.public.live import Process, free_port
from tests.public.talks_world import REF, Talks

from dragoman.public import actions
from dragoman.record import healing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PAGES = (
    "{lang}/talks/",
    f"{{lang}}/talks/{REF}/",
    f"{{lang}}/talks/{REF}/1/",
    f"{{lang}}/talks/{REF}/protocol/",
    f"{{lang}}/talks/{REF}/evenness/",
    f"{{lang}}/talks/{REF}/embed/",
    "{lang}/statements/2026-opening/",
    f"talks/{REF}/",
)
LOOKS = ((1180, False, "en"), (1180, True, "ar"), (320, False, "ar"), (320, True, "en"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setattr(settings.DRAGOMAN, "live_url", f"http://localhost:{free_port()}")
    healing.forget()
    return tmp_path


@pytest.fixture
def talks() -> Talks:
    made = Talks()
    made.publish()
    actions.publish_talks_entry(by=world.BY, entry=made.notice())
    return made


class Streams:
    """The stream of the site under test; it can be killed and started again at the same address."""

    def __init__(self, origin: str) -> None:
        self.given = {
            "DRAGOMAN_PUBLIC_URL": origin,
            "DRAGOMAN_LIVE_PORT": settings.DRAGOMAN.live_url.rpartition(":")[2],
        }
        self.process: Process | None = Process(live.database(), **self.given)

    def kill(self) -> None:
        if self.process:
            self.process.close()
        self.process = None

    def start(self) -> None:
        self.process = Process(live.database(), **self.given)


@pytest.fixture
def stream(public: str) -> Iterator[Streams]:
    made = Streams(public)
    yield made
    made.kill()


@pytest.fixture
def reader(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A reader of their own, with or without script. What the console complains of fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(**given: object) -> Page:
        context = browser.new_context(reduced_motion="reduce", **given)  # type: ignore[arg-type]  # its own names
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not errors, errors


def numbers(page: Page) -> list[int]:
    return [int(one.get_attribute("data-number") or 0) for one in page.locator(".entry").all()]


def at_desk(deed: Callable[[], object]) -> None:
    """In a thread of its own, as at the desk: the browser's loop holds this one."""

    def run() -> None:
        try:
            deed()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_every_page_of_talks_is_accessible_and_fits_in_every_look(
    public: str, talks: Talks, browser: Browser
) -> None:
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    actions.publish_ledger(by=world.BY, ledger=talks.ledger(edition))
    actions.publish_talks_entry(by=world.BY, entry=talks.fallback())
    found: list[str] = []
    for width, dark, lang in LOOKS:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
        )
        page = context.new_page()
        for path in PAGES:
            address = f"{public}/{path.format(lang=lang)}"
            assert (page.goto(address) or page).url
            page.wait_for_selector("h1")
            found += [f"{address} {width} {lang}: {line}" for line in violations(page)]
            if overflow(page) > 0:
                found.append(f"{address} {width}: scrolls sideways")
        context.close()
    assert not found, "\n".join(found)


def test_all_readers_get_an_entry_and_only_once(
    public: str, talks: Talks, stream: Streams, reader: Callable[..., Page]
) -> None:
    first, second, plain = reader(), reader(locale="ar"), reader(java_script_enabled=False)
    first.goto(f"{public}/en/talks/{REF}/")
    second.goto(f"{public}/ar/talks/{REF}/")
    plain.goto(f"{public}/en/talks/{REF}/")
    for page in (first, second):
        page.wait_for_selector("#live[data-state=on]")
    assert plain.locator("meta[http-equiv=refresh]").get_attribute("content") == "30"
    assert "renews itself every 30 seconds" in plain.locator("#alone").inner_text()
    edition = talks.joint("opening")
    at_desk(lambda: actions.publish_edition(by=world.BY, edition=edition))
    for page in (first, second):
        page.wait_for_selector("#e3.new")
        assert numbers(page) == [3, 2, 1]
    assert edition.texts[0].title in first.locator("#e3 h2").inner_text()
    assert "signed by Northland and Eastmark" in first.locator("#e3 .when").inner_text()
    assert first.locator("#e3 .joint p").count() > 2
    arabic = edition.text("ar")
    assert arabic is not None
    assert second.locator("#e3 h2").inner_text() == arabic.title
    assert second.locator("html").get_attribute("dir") == "rtl"
    assert first.locator("#spoken").inner_text() == f"Entry 3: {edition.texts[0].title}"
    assert first.locator("#spoken").get_attribute("aria-live") == "polite"
    plain.reload()
    assert numbers(plain) == [3, 2, 1]
    assert not violations(first)
    at_desk(lambda: actions.publish_talks_entry(by=world.BY, entry=talks.pulse()))
    first.wait_for_selector("#e4.pulse.new")
    assert "The talks continue." in first.locator("#e4 h2").inner_text()
    assert "Connected, entry 4 is the newest" in first.locator("#state").inner_text()


def test_stream_that_was_killed_leaves_no_gap(
    public: str, talks: Talks, stream: Streams, reader: Callable[..., Page]
) -> None:
    page = reader()
    page.goto(f"{public}/en/talks/{REF}/")
    page.wait_for_selector("#live[data-state=on]")
    stream.kill()
    page.wait_for_selector("#live[data-state=lost]")
    for entry in (talks.pulse(), talks.fallback()):
        at_desk(lambda entry=entry: actions.publish_talks_entry(by=world.BY, entry=entry))  # type: ignore[misc]  # a default binds it
    page.wait_for_selector("#e4")  # from the files, while there is no stream
    assert numbers(page) == [4, 3, 2, 1]
    stream.start()
    page.wait_for_selector(".gap")
    said = page.locator(".gap").first.inner_text()
    assert "These entries were asked for again: 3, 4. Nothing is missing." in said
    assert numbers(page) == [4, 3, 2, 1], "what the stream says again is not shown again"


def test_number_that_is_missing_is_asked_for(
    public: str, talks: Talks, stream: Streams, reader: Callable[..., Page]
) -> None:
    page = reader()
    page.add_init_script(DROPPING)  # the event of entry 3 gets lost on its way to this one reader
    page.goto(f"{public}/en/talks/{REF}/")
    page.wait_for_selector("#live[data-state=on]")
    at_desk(lambda: actions.publish_talks_entry(by=world.BY, entry=talks.pulse()))
    at_desk(lambda: actions.publish_talks_entry(by=world.BY, entry=talks.fallback()))
    page.wait_for_selector(".gap")
    assert "had not reached you and were asked for again: 3." in page.locator(".gap").inner_text()
    assert numbers(page) == [4, 3, 2, 1]


DROPPING = """
const Real = globalThis.EventSource;
globalThis.EventSource = class extends Real {
  set onmessage(hear) {
    super.onmessage = (message) => { if (JSON.parse(message.data).talks.number !== 3) hear(message); };
  }
};
"""


class Elsewhere(BaseHTTPRequestHandler):
    """A newspaper that shows the talks in a frame."""

    frame = ""

    def do_GET(self) -> None:
        body = f"<!doctype html><title>News</title><iframe title=t src='{self.frame}'></iframe>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """A test's output is for failures."""


def test_embedded_page_lives_in_a_frame_elsewhere_and_no_other_page_does(
    public: str, talks: Talks, stream: Streams, reader: Callable[..., Page]
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = reader()
        Elsewhere.frame = f"{public}/fr/talks/{REF}/embed/"
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        inside = page.frame_locator("iframe")
        inside.locator("#live[data-state=on]").wait_for()
        at_desk(lambda: actions.publish_talks_entry(by=world.BY, entry=talks.fallback()))
        inside.locator("#e3.new").wait_for()
        assert "Les consultations se poursuivent" in inside.locator("#e3").inner_text()
        Elsewhere.frame = f"{public}/fr/talks/{REF}/"
        page.reload()
        page.wait_for_load_state("networkidle")
        assert inside.locator("#live").count() == 0, "only the small page may stand in a frame"
    finally:
        server.shutdown()
        server.server_close()
