"""Every way in, in a real browser: password, authenticator app, passkey, and step-up on the way to a deed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from playwright.sync_api import Page, expect
from tests.browser.conftest import PASSWORD, Desk, overflow, violations
from tests.cast import Cast, officer

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.staff import actions, queries

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def no_tries_yet(cast: Cast) -> None:
    cache.clear()


def code(secret: str, *, steps: int = 0) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter + steps))


def fill_in(desk: Desk, page: Page, who: str, password: str = PASSWORD) -> None:
    page.goto(f"{desk.origin}/account/login/?next=/staff/account/")
    page.get_by_label("User name").fill(who)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def with_a_key(page: Page) -> None:
    """The browser's own pretended key, which always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_password_opens_the_desk(desk: Desk) -> None:
    page = desk.page()
    fill_in(desk, page, "editor", "wrong")
    expect(page.get_by_text("This user name and password do not go together.")).to_be_visible()
    assert not violations(page)
    fill_in(desk, page, "editor")
    page.wait_for_url("**/staff/account/")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_an_app_is_set_up_and_asked_for(desk: Desk, cast: Cast) -> None:
    page = desk.page()
    fill_in(desk, page, "approver")
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert not violations(page)
    desk.picture(page, "app")
    secret = page.locator("#totp-secret").get_attribute("data-secret") or ""
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Set up the app").click()
    expect(page.locator(".codes li")).to_have_count(10)
    assert not violations(page)
    page.get_by_role("link", name="I have kept them").click()

    other = desk.page()
    fill_in(desk, other, "approver")
    expect(other.get_by_role("heading", name="Your second factor")).to_be_visible()
    assert not violations(other)
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_text("This code is not right")).to_be_visible()
    # A code is good once, and the set-up used this half minute's: go on with the next one.
    with time_machine.travel(clock.now() + timedelta(seconds=31)):
        other.get_by_label("Code").fill(code(secret))
        other.get_by_role("button", name="Sign in").click()
        other.wait_for_url("**/staff/account/")
    verbs = set(Event.objects.filter(actor="approver").values_list("verb", flat=True))
    assert {"staff.add_app", "staff.sign_in"} <= verbs


def test_a_passkey_is_set_up_and_opens_the_desk_alone(desk: Desk, cast: Cast) -> None:
    page = desk.page()
    with_a_key(page)
    fill_in(desk, page, "director")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Set up a passkey")).to_be_visible()
    assert not violations(page)
    page.get_by_label("Name").fill("Blue key")
    page.get_by_role("button", name="Set up the passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Blue key").first).to_be_visible()
    assert queries.has_second_factor(cast.director)

    page.goto(f"{desk.origin}/account/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{desk.origin}/")
    signed_in = Event.objects.filter(actor="director", verb="staff.sign_in").latest("id")
    assert signed_in.data == {"ways": ["webauthn"]}


def test_a_key_that_does_not_fit_is_said_on_the_page(desk: Desk) -> None:
    page = desk.page()
    with_a_key(page)
    page.goto(f"{desk.origin}/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not given")


def test_the_first_sign_in_asks_for_an_own_password(desk: Desk) -> None:
    made = actions.create_officer(by=System("tests"), username="shown", name="Shown", sample=True)
    page = desk.page(width=320)
    fill_in(desk, page, "shown", made.password)
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    assert not violations(page)
    assert overflow(page) == 0
    page.get_by_role("button", name="Keep the one I was given").click()
    page.wait_for_url("**/staff/account/")


def test_step_up_by_passkey_comes_back_to_where_one_was(desk: Desk, cast: Cast) -> None:
    page = desk.page()
    with_a_key(page)
    fill_in(desk, page, "director")
    page.goto(f"{desk.origin}/account/passkeys/add/")
    page.get_by_role("button", name="Set up the passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    page.goto(f"{desk.origin}/account/again/passkey/?next=/staff/missions/")
    assert not violations(page)
    page.get_by_role("button", name="Use the passkey").click()
    page.wait_for_url("**/staff/missions/")


def test_an_approver_without_a_factor_is_led_to_one(desk: Desk, cast: Cast) -> None:
    real = officer("real", (cast.capital, "approver"))
    real.sample = False
    real.set_password(PASSWORD)
    real.save()
    page = desk.page()
    fill_in(desk, page, "real")
    expect(page.get_by_text("Until one is, you can neither approve nor release.")).to_be_visible()
    page.goto(f"{desk.origin}/staff/account/factor/?next=/staff/missions/")
    assert not violations(page)
    with_a_key(page)
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_role("button", name="Set up the passkey").click()
    page.get_by_role("link", name="I have kept them, go on where I was").click()
    page.wait_for_url("**/staff/missions/")


@pytest.mark.parametrize(
    "path",
    [
        "/staff/officers/new/",
        "/staff/officers/embassy/",
        "/staff/missions/berlin/",
        "/staff/missions/new/",
        "/staff/tokens/",
        "/account/password/",
        "/audit/?verb=staff",
    ],
)
def test_pages_of_administration_are_open_to_everyone_who_reads_them(desk: Desk, path: str) -> None:
    for width, dark in ((1280, False), (320, True)):
        page = desk.sign_in("admin", width=width, dark=dark)
        desk.open(page, path)
        assert not violations(page)
        assert overflow(page) == 0


def test_a_wrong_code_leaves_the_officer_outside(desk: Desk, cast: Cast) -> None:
    TOTP.activate(cast.editor, SECRET)
    page = desk.page()
    fill_in(desk, page, "editor")
    page.get_by_label("Code").fill(code(SECRET, steps=-9))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.goto(f"{desk.origin}/staff/account/")
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
