"""The page "Did you say this?": the first look is the browser's own, the second the server's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import overflow, violations
from tests.public import world
from tests.public.test_did_you_say_this import a_picture, drawn
from tests.public.test_reception import Quiet

from dragoman.base import limits
from dragoman.config import reception_settings
from dragoman.public import actions
from dragoman.public.reception import Reception
from dragoman.public.serve import Site
from dragoman.record import healing

pytestmark = pytest.mark.django_db(transaction=True)


def serve(app: Any) -> WSGIServer:
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    healing.forget()
    limits.forget()
    actions.publish_edition(by=world.BY, edition=world.edition(pictures=(a_picture(),)))
    actions.index_said(by=world.BY)
    names = ("ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "ALLOWED_HOSTS")
    with override_settings(**{name: getattr(reception_settings, name) for name in names}):
        handler = WSGIHandler()

        def inner(environ: dict[str, Any], start: Any) -> Any:
            try:
                return list(handler(environ, start))
            finally:
                connections.close_all()

        behind = serve(inner)
        front = serve(
            Site(
                settings.DRAGOMAN.public_dir,
                live_url="http://localhost:8002",
                reception=Reception("127.0.0.1", behind.server_port),
            )
        )
        yield f"http://127.0.0.1:{front.server_port}"
        for server in (front, behind):
            server.shutdown()
            server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.click("button[type=submit]")


def test_a_text_word_for_word_never_leaves_the_browser(site: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.goto(f"{site}/en/said/")
    ask(page, "“An identity card is not enough.”")
    expect(page.locator("#answer")).to_have_attribute("data-verdict", "official")
    expect(page.locator("#answer a")).to_have_attribute("href", "/en/statements/five-days-2017-4f7kq2/1/")
    assert not [one for one in asked if one.startswith("POST")]
    shards = [one for one in asked if "/said/index/" in one]
    assert len(shards) == 1
    assert len(shards[0].rpartition("/")[2]) == len("abc.json")


def test_an_altered_copy_is_shown_with_its_difference(site: str, page: Page) -> None:
    page.goto(f"{site}/en/said/")
    ask(page, "From 12 February 2017, citizens of 80 countries may enter without a visa for up to ten days.")
    expect(page.locator("#answer")).to_have_attribute("data-verdict", "altered")
    expect(page.locator("#answer del")).to_have_text("five")
    expect(page.locator("#answer ins")).to_have_text("ten")
    assert not violations(page)


def test_another_text_is_not_called_fake(site: str, page: Page) -> None:
    page.goto(f"{site}/en/said/")
    ask(page, "The parliament has discussed the budget of the railways for next year.")
    expect(page.locator("#answer .says")).to_have_text("Not in our record.")
    assert "fake" not in page.content().lower()


def test_pictures_are_known_by_bytes_and_by_looks(site: str, page: Page) -> None:
    page.goto(f"{site}/en/said/")
    page.set_input_files("#file", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_picture()[1]})
    page.click("button[type=submit]")
    expect(page.locator("#answer")).to_have_attribute("data-verdict", "official")
    packed = drawn(quality=35, size=(480, 300))
    page.set_input_files("#file", {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": packed})
    page.click("button[type=submit]")
    expect(page.locator("#answer")).to_have_attribute("data-verdict", "altered")


def test_a_reader_without_scripts_is_answered(site: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/ar/said/")
    page.fill("#text", world.AR["summary"])
    page.click("button[type=submit]")
    assert page.locator("[data-verdict=official]").count() == 1
    assert page.locator("html").get_attribute("dir") == "rtl"
    context.close()


@pytest.mark.parametrize("width", [320, 1180])
def test_the_page_fits_and_is_accessible(site: str, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    for lang in ("en", "ar"):
        page.goto(f"{site}/{lang}/said/")
        assert not violations(page)
        assert overflow(page) <= 0, page.evaluate(
            "[...document.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > innerWidth)"
            ".map((e) => e.outerHTML.slice(0, 80))"
        )
    context.close()
