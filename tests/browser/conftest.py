"""A real browser at the desk and the public pages, people who sign in, a worker that is told to work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from scripts import chromium
from tests import cast as people
from tests import make
from tests.cast import Cast

from dragoman.base.beats import beat
from dragoman.channels import actions as channels
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Channel, Delivery, Takedown
from dragoman.public.serve import Site
from dragoman.staff.models import Officer
from dragoman.statements.actions import upkeep

# Playwright keeps an event loop in this thread, in which Django would refuse to ask the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PASSWORD = "a long pass phrase for tests 7"
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.MEND)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=str(path), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield found
        found.close()


@pytest.fixture(autouse=True)
def quick_passwords() -> Iterator[None]:
    """A test's password needs no slow hash."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """The people, able to sign in, with a sheet to cite and a training channel."""
    assembled = people.assemble()
    make.make_sheet(assembled)
    for name in ("editor", "approver", "director", "embassy", "auditor", "admin"):
        officer = getattr(assembled, name)
        officer.set_password(PASSWORD)
        officer.save()
    beat("worker")
    return assembled


@pytest.fixture
def wall(cast: Cast) -> Channel:
    return channels.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="sandbox",
        slug="wall",
        label="Training wall",
        values={"address": "ok"},
    )


class Threaded(ThreadingMixIn, WSGIServer):
    """A browser opens connections in advance; one that stays silent must not hold up the others."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """A test's output is for failures."""


@pytest.fixture
def public(tmp_path: Path) -> Iterator[str]:
    """The public files as the product serves them; gives their origin."""
    site = Site(Path(settings.DRAGOMAN.public_dir), live_url=settings.DRAGOMAN.live_url)
    server: WSGIServer = make_server("127.0.0.1", 0, site, server_class=Threaded, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def work(cast: Cast) -> Callable[[], None]:
    """What the worker would do by now: in a thread of its own, for the browser's loop holds this one."""

    def run() -> None:
        thread = threading.Thread(target=_work)
        thread.start()
        thread.join()

    return run


def _work() -> None:
    try:
        beat("worker")
        upkeep.sweep(by=WORKER)
        for pk in (
            Delivery.objects.exclude(started=None)
            .filter(state__in=("queued", "armed"))
            .values_list("pk", flat=True)
        ):
            channels.deliver(by=WORKER, delivery_id=pk)
        for pk in Takedown.objects.filter(state="asked").values_list("pk", flat=True):
            channels.take_down(by=WORKER, takedown_id=pk)
    finally:
        connections.close_all()


class Desk:
    """One officer at the desk."""

    def __init__(self, browser: Browser, origin: str, pictures: Path | None) -> None:
        self.browser, self.origin, self.pictures = browser, origin, pictures
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def page(self, *, width: int = 1440, dark: bool = False, script: bool = True) -> Page:
        """A page of its own, of a person who has not signed in. What its console complains of is an error."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self._heard(line.type, line.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        # The network's own line for an answer of 4xx is no mistake of the page.
        if kind == "error" and "Failed to load resource" not in text:
            self.errors.append(text)

    def sign_in(self, who: str, **kwargs: bool | int) -> Page:
        """Signed in through the page that officers use."""
        page = self.page(**kwargs)  # type: ignore[arg-type]  # page() names what it takes
        page.goto(f"{self.origin}/account/login/")
        page.fill("input[name=login]", who)
        page.fill("input[name=password]", PASSWORD)
        page.locator("form:has(input[name=password]) button[type=submit]").first.click()
        page.wait_for_url(f"{self.origin}/")
        return page

    def seat(self, who: Officer, **kwargs: bool | int) -> Page:
        """Signed in already, for tests that are about another page."""
        client = Client()
        client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
        page = self.page(**kwargs)  # type: ignore[arg-type]  # page() names what it takes
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.origin}])
        return page

    def open(self, page: Page, path: str) -> int:
        """Gives the status of the answer."""
        response = page.goto(f"{self.origin}{path}")
        return response.status if response else 0

    def picture(self, page: Page, name: str, *, whole: bool = True) -> None:
        """Keeps what is seen, when pictures are asked for."""
        if self.pictures:
            page.screenshot(path=self.pictures / f"{name}.png", full_page=whole)


@pytest.fixture
def desk(
    browser: Browser, live_server: LiveServer, cast: Cast, pytestconfig: pytest.Config
) -> Iterator[Desk]:
    folder = os.environ.get("BROWSER_PICTURES")
    pictures = Path(folder) if folder else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    made = Desk(browser, live_server.url.replace("127.0.0.1", "localhost"), pictures)
    yield made
    for context in made.contexts:
        context.close()
    assert not made.errors, made.errors


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA and its own best practice."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(seen => seen.violations.map(one =>"
        " `${one.id}: ${one.nodes.map(node => node.html.slice(0, 140)).slice(0, 3).join(' | ')}`))",
        TAGS,
    )
    return [str(line) for line in found]


def overflow(page: Page) -> int:
    """By how many pixels the page scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
