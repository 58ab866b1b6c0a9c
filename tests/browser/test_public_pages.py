"""Every public page in a real browser: accessible, small, quiet, whole without script; live and search."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, Page, Request
from psycopg.conninfo import make_conninfo
from tests.browser.conftest import overflow, violations
from tests.public import world
from tests.public.live import Process, free_port

from dragoman.public import actions
from dragoman.public.reception import takes
from dragoman.public.values import Elsewhere
from dragoman.record import healing

pytestmark = pytest.mark.django_db(transaction=True)
SLUG = "five-days-2017-4f7kq2"
LOOKS = ((1180, False), (1180, True), (320, False), (320, True))
PAGES = (
    "",
    "{lang}/",
    f"{{lang}}/statements/{SLUG}/",
    f"{{lang}}/statements/{SLUG}/1/",
    "{lang}/statements/gone/",
    "{lang}/archive/",
    "{lang}/archive/2017-01/",
    "{lang}/facts/",
    "{lang}/facts/visa-free/",
    "{lang}/live/",
    "{lang}/search/",
    "{lang}/said/",
    "{lang}/record/",
    "{lang}/accessibility/",
    "{lang}/no-such-page/",
    "facts/visa-free/",
    "record/",
    "accessibility/",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setattr(settings.DRAGOMAN, "live_url", f"http://localhost:{free_port()}")
    healing.forget()
    return tmp_path


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def fill() -> None:
    """A corrected statement with copies elsewhere, a withdrawn one, and a fact sheet."""
    actions.publish_edition(by=world.BY, edition=world.edition())
    actions.publish_edition(by=world.BY, edition=world.corrected())
    links = [Elsewhere("Bluesky", "https://bsky.example/1", "sent", 38), Elsewhere("Telegram", "", "unsure")]
    actions.set_elsewhere(by=world.BY, ref="2017-4f7kq2", rev=2, links=links)
    actions.publish_sheet(by=world.BY, sheet=world.sheet())
    actions.publish_edition(by=world.BY, edition=world.edition("2017-gone", slug="gone"))
    at = datetime(2017, 2, 1, 9, 0, tzinfo=UTC)
    record = world.withdrawal("2017-gone", 2)
    reasons = {"en": "Wrong date."}
    actions.publish_withdrawal(by=world.BY, ref="2017-gone", rev=2, at=at, reasons=reasons, record=record)


@pytest.mark.timeout(400)
def test_every_page_is_accessible_and_fits_in_every_look(public: str, browser: Browser) -> None:
    fill()
    found: list[str] = []
    for width, dark in LOOKS:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
        )
        page = context.new_page()
        lang = "ar" if dark else "en"
        for path in PAGES:
            address = f"{public}/{path.format(lang=lang)}"
            page.goto(address)
            page.wait_for_load_state("networkidle")
            found += [f"{address} {width} {'dark' if dark else 'light'}: {line}" for line in violations(page)]
            if overflow(page) > 0:
                found.append(f"{address} {width}: scrolls sideways")
        context.close()
    assert not found, "\n".join(found)


def test_empty_site_is_accessible(public: str, page: Page) -> None:
    for path in ("/", "/en/"):
        page.goto(public + path)
        assert not violations(page)
    actions.rebuild(by=world.BY)
    for path in ("/?1", "/en/", "/en/live/", "/en/facts/", "/en/record/", "/en/archive/", "/en/search/"):
        page.goto(public + path)
        assert not violations(page), path


def test_statement_page_asks_only_its_own_origin_and_weighs_little(public: str, page: Page) -> None:
    fill()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108  a bound method will not do
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(f"{public}/en/statements/{SLUG}/")
    page.wait_for_load_state("networkidle")
    assert {request.url.split("/")[2] for request in asked} == {public.split("/")[2]}
    weight = sum(request.sizes()["responseBodySize"] for request in asked)
    assert weight <= 60_000
    assert page.context.cookies() == []
    assert complaints == []


def test_every_link_of_every_page_leads_somewhere(public: str, page: Page) -> None:
    fill()
    dead: list[str] = []
    seen: set[str] = set()
    waiting = [f"{public}/"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = page.request.get(address)
        if answer.status != 200:
            dead.append(f"{address}: {answer.status}")
        elif "text/html" in answer.headers["content-type"]:
            page.set_content(answer.text().replace("<head>", f'<head><base href="{address}">'))
            links = page.evaluate(
                "[...document.querySelectorAll('a[href], link[href]')].map(one => one.href)"
            )
            ours = [link.replace(settings.DRAGOMAN.public_url, public).partition("#")[0] for link in links]
            # what the reception answers is no file, and has tests of its own
            waiting += [
                link for link in ours if link.startswith(public) and not takes(link.removeprefix(public))
            ]
    assert not dead, dead
    assert len(seen) > 40


def test_search_finds_words_of_the_text_and_says_when_nothing_is_found(public: str, page: Page) -> None:
    fill()
    page.goto(f"{public}/en/search/")
    page.fill("#q", "PASSPORT visa")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found li")
    assert page.locator("#said").inner_text() == "1 found"
    assert page.locator("#found a").get_attribute("href") == f"/en/statements/{SLUG}/"
    page.fill("#q", "nonsense")
    page.keyboard.press("Enter")
    page.locator("#said", has_text="No statement in this language has all these words.").wait_for()
    page.goto(f"{public}/ar/search/#جواز")
    page.wait_for_selector("#found li")


def test_live_page_shows_each_event_once_and_says_where_its_connection_was_lost(
    public: str, page: Page
) -> None:
    found = connection.settings_dict
    given = {
        "dbname": found["NAME"],
        "user": found["USER"],
        "password": found["PASSWORD"],
        "host": found["HOST"],
    }
    database = make_conninfo(
        **{key: value for key, value in given.items() if value}, port=found["PORT"] or None
    )
    port = settings.DRAGOMAN.live_url.rpartition(":")[2]
    live = Process(database, DRAGOMAN_PUBLIC_URL=public, DRAGOMAN_LIVE_PORT=port)
    try:
        fill()
        page.goto(f"{public}/en/live/")
        page.wait_for_selector("#live[data-state=on]")
        before = page.locator(".entry").count()
        actions.publish_edition(by=world.BY, edition=world.edition("2017-next", slug="next"))
        page.wait_for_selector(".entry:nth-child(1) h2 a[href='/en/statements/next/']")
        assert page.locator(".entry").count() == before + 1
        assert "Connected, entry 5" in page.locator("#state").inner_text()
        assert not violations(page)
        live.stop()
        page.wait_for_selector("#live[data-state=lost]")
        actions.publish_edition(by=world.BY, edition=world.edition("2017-late", slug="late"))
        live = Process(database, DRAGOMAN_PUBLIC_URL=public, DRAGOMAN_LIVE_PORT=port)
        page.wait_for_selector(".gap", timeout=40_000)
        page.wait_for_selector(".entry h2 a[href='/en/statements/late/']")
        numbers = [text.removeprefix("Entry ") for text in page.locator(".entry .no").all_inner_texts()]
        assert [int(number.split()[-1]) for number in numbers] == list(range(6, 0, -1))
    finally:
        live.stop()


def test_pages_are_whole_without_script(public: str, browser: Browser) -> None:
    fill()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{public}/en/live/")
    assert page.locator(".entry").count() == 4
    page.goto(f"{public}/en/search/")
    assert page.get_by_text("Searching needs a script").is_visible()
    assert page.locator("form").is_hidden()
    page.get_by_role("link", name="All statements by month").click()
    assert page.locator(".months a").count() == 1
    context.close()
