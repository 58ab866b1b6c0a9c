"""The eligibility checker as a reader uses it: by keyboard, with and without scripts, in any direction."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import overflow, violations
from tests.browser.test_said import serve
from tests.public.test_checker import CLERK, GERMAN, sheet

from dragoman.base import limits
from dragoman.config import reception_settings
from dragoman.lib.eligibility.values import Standing
from dragoman.public import actions
from dragoman.public.reception import Reception
from dragoman.public.serve import Site

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("BROWSER_PICTURES", "")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    limits.forget()
    actions.publish_sheet(by=CLERK, sheet=sheet())
    names = ("ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "ALLOWED_HOSTS")
    with override_settings(**{name: getattr(reception_settings, name) for name in names}):
        handler = WSGIHandler()

        def inner(environ: dict[str, object], start: object) -> list[bytes]:
            try:
                return list(handler(environ, start))  # type: ignore[arg-type]  # a WSGI server passes them on
            finally:
                connections.close_all()

        behind = serve(inner)
        reception = Reception("127.0.0.1", behind.server_port)
        front = serve(
            Site(settings.DRAGOMAN.public_dir, live_url="http://localhost:8002", reception=reception)
        )
        yield f"http://127.0.0.1:{front.server_port}"
        for server in (front, behind):
            server.shutdown()
            server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def picture(page: Page, name: str) -> None:
    """Keeps what is seen, when pictures are asked for."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def give(page: Page, answers: dict[str, str]) -> None:
    for name, value in answers.items():
        field = page.locator(f"#q-{name} [name={name}]")
        kind = field.first.get_attribute("type")
        if kind == "radio":
            page.check(f"#q-{name} input[value={value}]")
        elif kind in ("date", "number"):
            field.fill(value)
            field.press("Tab")
        else:
            field.select_option(value)


def shown(page: Page) -> list[str]:
    return [str(box.get_attribute("id")) for box in page.locator("fieldset.q:not([hidden])").all()]


def test_questions_come_one_after_another_and_only_those_that_matter(site: str, page: Page) -> None:
    asked: list[str] = []
    page.goto(f"{site}/en/facts/visa-free/check/")
    page.wait_for_load_state("networkidle")
    page.on("request", lambda request: asked.append(request.url))
    assert shown(page) == ["q-nationality"]
    give(page, {"nationality": "UA"})
    assert shown(page) == ["q-nationality"]
    expect(page.locator("#result .says:visible")).to_have_text("A person must decide this.")
    expect(page.locator("#result a[href='/ask/?lang=en']")).to_be_visible()
    give(page, {"nationality": "DE"})
    expect(page.locator("#result")).to_be_hidden()
    give(page, {name: value for name, value in GERMAN.items() if name != "nationality"})
    expect(page.locator("#result .says:visible")).to_have_text("By these answers the rule covers you.")
    assert shown(page) == [f"q-{name}" for name in GERMAN]
    expect(page.locator("#result")).to_contain_text("the border authority decides")
    assert not violations(page)
    picture(page, "checker-yes")
    give(page, {"leave": "no"})
    expect(page.locator("#result .says:visible")).to_have_text(
        "By these answers the rule does not cover you."
    )
    expect(page.locator("#result [data-row]:visible")).to_have_text(
        "You must also leave by Minsk National Airport, not by land."
    )
    expect(page.locator("#result [data-fact]:visible")).to_have_count(1)
    expect(page.locator("#result a[href$='#F3']")).to_be_visible()
    assert shown(page)[-1] == "q-leave"
    assert not asked
    assert not violations(page)


def test_indian_passport_with_an_unused_visa_is_told_why_not(site: str, page: Page) -> None:
    page.goto(f"{site}/en/facts/visa-free/check/")
    give(page, {**GERMAN, "nationality": "IN", "visa": "unused"})
    expect(page.locator("#result .says:visible")).to_have_text(
        "By these answers the rule does not cover you."
    )
    expect(page.locator("#result [data-fact]:visible")).to_have_attribute("data-fact", "F6")


def test_checker_is_answered_by_keyboard_alone(site: str, page: Page) -> None:
    page.goto(f"{site}/en/facts/visa-free/check/")
    page.focus("#q-nationality select")
    page.keyboard.type("Germ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#q-arrival input")).to_be_focused()
    expect(page.locator("#next")).to_have_text("Next question: On which day do you arrive?")
    page.locator("#q-arrival input").fill("2017-03-03")
    page.keyboard.press("Enter")
    expect(page.locator("#q-passport input").first).to_be_focused()
    page.keyboard.press("ArrowUp")  # from the first answer round to the last: an identity card
    expect(page.locator("#result .says:visible")).to_have_text(
        "By these answers the rule does not cover you."
    )
    page.click("#again")
    assert shown(page) == ["q-nationality"]
    expect(page.locator("#q-nationality select")).to_be_focused()


def test_impossible_number_is_told_and_not_counted(site: str, page: Page) -> None:
    page.goto(f"{site}/en/facts/visa-free/check/")
    give(page, {**{name: GERMAN[name] for name in list(GERMAN)[:7]}, "days": "0"})
    expect(page.locator("#q-days .wrong")).to_be_visible()
    expect(page.locator("#result")).to_be_hidden()
    give(page, {"days": "6"})
    expect(page.locator("#q-days .wrong")).to_be_hidden()
    expect(page.locator("#result .says:visible")).to_have_text(
        "By these answers the rule does not cover you."
    )


@pytest.mark.parametrize("lang", ["ar", "zh", "be"])
def test_checker_fits_a_telephone_in_every_direction(site: str, browser: Browser, lang: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto(f"{site}/{lang}/facts/visa-free/check/")
    give(page, GERMAN)
    expect(page.locator("#result")).to_be_visible()
    assert overflow(page) <= 0
    assert not violations(page)
    picture(page, f"checker-{lang}")
    context.close()


def test_plain_form_is_answered_by_the_server_where_no_script_runs(site: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/en/facts/visa-free/check/")
    expect(page.locator("fieldset.q")).to_have_count(12)
    picture(page, "checker-plain")
    page.select_option("#q-nationality select", "DE")
    page.click("button[type=submit]")
    expect(page.locator(".note[role=status]")).to_contain_text("On which day do you arrive?")
    page.fill("#q-arrival input", GERMAN["arrival"])
    for name, value in GERMAN.items():
        if page.locator(f"#q-{name} input[type=radio]").count():
            page.check(f"#q-{name} input[value={value}]")
    page.fill("#q-days input", "6")
    page.click("button[type=submit]")
    expect(page.locator(".verdict .says")).to_have_text("By these answers the rule does not cover you.")
    picture(page, "checker-plain-answer")
    context.close()


def test_stale_fact_is_said_instead_of_a_yes(site: str, page: Page) -> None:
    actions.publish_sheet(by=CLERK, sheet=sheet(Standing(changed=frozenset({"F9"}))))
    page.goto(f"{site}/en/facts/visa-free/check/")
    give(page, GERMAN)
    expect(page.locator("#result")).to_have_attribute("data-outcome", "revised")
    expect(page.locator("#result [data-row]:visible")).to_have_count(0)
    picture(page, "checker-revised")
