"""Signing in, the first password, step-up, and who is turned away."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.adapter import get_adapter as factor_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client
from tests.cast import Cast, officer

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.staff import actions
from dragoman.staff.models import Officer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.staff.desk")]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "three plain words"


@pytest.fixture(autouse=True)
def no_tries_yet(db: None) -> None:
    cache.clear()


def code() -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(SECRET, counter))


def with_password(who: Officer, **about: Any) -> Officer:
    who.set_password(PASSWORD)
    for name, value in about.items():
        setattr(who, name, value)
    who.save()
    return who


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/account/login/", {"login": username, "password": password, **more})


def verbs() -> list[str]:
    return list(Event.objects.filter(verb__startswith="staff.").order_by("id").values_list("verb", flat=True))


def test_a_password_opens_the_desk_and_both_ways_are_noted(client: Client, cast: Cast) -> None:
    with_password(cast.editor)
    assert sign_in(client, "Editor").headers["Location"] == "/"
    client.post("/account/logout/")
    assert client.get("/staff/account/").status_code == 302
    assert verbs() == ["staff.sign_in", "staff.sign_out"]
    event = Event.objects.get(verb="staff.sign_in")
    assert event.data == {"ways": ["password"]}
    assert (event.face, event.address) == ("page", "127.0.0.0/24")


def test_a_wrong_password_is_noted_and_a_wrong_name_is_not_kept(client: Client, cast: Cast) -> None:
    with_password(cast.editor)
    assert sign_in(client, "editor", "wrong").status_code == 200
    sign_in(client, "my-password-in-the-wrong-field", "x")
    first, second = Event.objects.filter(verb="staff.sign_in_failed").order_by("id")
    assert first.target == "officer:editor"
    assert second.target == "officer:unknown"
    assert "wrong-field" not in str(second.says())


def test_guessing_is_stopped_even_for_the_right_password(client: Client, cast: Cast) -> None:
    with_password(cast.editor)
    for _ in range(5):
        sign_in(client, "editor", "wrong")
    answer = sign_in(client, "editor")
    assert "Too many wrong tries" in answer.content.decode()
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert sign_in(client, "editor").status_code == 302


def test_a_closed_account_stays_outside(client: Client, cast: Cast) -> None:
    with_password(cast.editor, is_active=False)
    assert sign_in(client, "editor").headers["Location"] == "/account/inactive/"
    assert client.get("/staff/account/").status_code == 302


@pytest.mark.parametrize("address", ["/account/signup/", "/account/email/", "/account/password/reset/"])
def test_nobody_opens_an_account_for_themself(client: Client, db: None, address: str) -> None:
    assert client.get(address).status_code == 404


def test_the_second_factor_is_asked_for_and_noted(client: Client, cast: Cast) -> None:
    TOTP.activate(with_password(cast.approver), SECRET)
    assert sign_in(client, "approver").headers["Location"] == "/account/factor/"
    assert client.get("/staff/account/").status_code == 302
    wrong = client.post("/account/factor/", {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    assert client.post("/account/factor/", {"code": code()}).status_code == 302
    assert client.get("/staff/account/").status_code == 200
    assert verbs() == ["staff.sign_in_failed", "staff.sign_in"]
    assert Event.objects.get(verb="staff.sign_in").data == {"ways": ["password", "totp"]}


def test_a_recovery_code_works_once(client: Client, cast: Cast) -> None:
    TOTP.activate(with_password(cast.approver), SECRET)
    spare = RecoveryCodes.activate(cast.approver).get_unused_codes()[0]
    for expected in (302, 200):
        sign_in(client, "approver")
        assert client.post("/account/factor/", {"code": spare}).status_code == expected
        client.post("/account/logout/")


def test_secrets_of_factors_are_sealed_in_the_database(cast: Cast) -> None:
    TOTP.activate(cast.approver, SECRET)
    kept = Authenticator.objects.get(user=cast.approver).data["secret"]
    assert SECRET not in kept
    assert factor_adapter().decrypt(kept) == SECRET


def test_a_handed_out_password_leads_to_choosing_an_own(client: Client, cast: Cast) -> None:
    made = actions.create_officer(by=System("tests"), username="fresh")
    assert sign_in(client, "fresh", made.password).headers["Location"] == "/staff/account/first/?next=%2F"
    assert client.get("/staff/account/").headers["Location"].startswith("/staff/account/first/")
    same = {"password": made.password, "again": made.password}
    assert "you were given" in client.post("/staff/account/first/", same).content.decode()
    own = {"password": PASSWORD, "again": PASSWORD, "next": "/staff/account/"}
    assert client.post("/staff/account/first/", own).headers["Location"] == "/staff/account/"
    assert client.get("/staff/account/").status_code == 200
    assert "staff.choose_password" in verbs()


def test_only_an_officer_of_the_sample_may_keep_the_password(client: Client, cast: Cast) -> None:
    for username, sample, expected in (("shown", True, 302), ("fresh", False, 403)):
        made = actions.create_officer(by=System("tests"), username=username, sample=sample)
        sign_in(client, username, made.password)
        assert client.post("/staff/account/first/", {"keep": "1", "next": "/"}).status_code == expected
        client.post("/account/logout/")


def test_an_officer_of_the_sample_is_asked_but_not_held(client: Client, cast: Cast) -> None:
    made = actions.create_officer(by=System("tests"), username="shown", sample=True)
    assert "/staff/account/first/" in sign_in(client, "shown", made.password).headers["Location"]
    assert client.get("/staff/account/").status_code == 200


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_no_address_leads_out_of_the_desk(client: Client, cast: Cast, evil: str) -> None:
    made = actions.create_officer(by=System("tests"), username="shown", sample=True)
    assert "evil" not in sign_in(client, "shown", made.password, next=evil).headers["Location"]
    kept = client.post("/staff/account/first/", {"keep": "1", "next": evil})
    assert kept.headers["Location"] == "/"


# step-up


def send(client: Client, **more: Any) -> Any:
    return client.post(
        "/tests/approve/", {"digest": ["7c4e", "91aa"], "button_label": "Approve 7c4e"}, **more
    )


def test_a_recent_password_is_enough_in_the_sample(client: Client, cast: Cast) -> None:
    with_password(cast.approver)
    sign_in(client, "approver")
    assert send(client).content == b"done ['7c4e', '91aa']"


def test_what_was_sent_waits_for_the_factor_and_goes_on_with_one_press(client: Client, cast: Cast) -> None:
    with_password(cast.approver)
    sign_in(client, "approver")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        asked = send(client)
        assert asked.headers["Location"].startswith(
            "/account/again/password/?next=%2Fstaff%2Faccount%2Fgo-on%2F"
        )
        wrong = client.post(asked.headers["Location"], {"password": "wrong"})
        assert "not your password" in wrong.content.decode()
        next_url = re.search(r'name="next" value="([^"]+)"', wrong.content.decode())
        assert next_url
        shown = client.post("/account/again/password/", {"password": PASSWORD, "next": next_url[1]})
        assert shown.headers["Location"] == next_url[1]
        page = client.get(next_url[1]).content.decode()
        assert "Approve 7c4e" in page
        assert page.count('name="digest"') == 2
        assert send(client).status_code == 200


def test_outside_the_sample_a_password_alone_never_approves(client: Client, cast: Cast) -> None:
    real = with_password(officer("real", (cast.capital, "approver")), sample=False)
    sign_in(client, "real")
    asked = send(client)
    assert asked.headers["Location"].startswith("/staff/account/factor/?next=")
    page = client.get(asked.headers["Location"]).content.decode()
    assert "First a second factor" in page
    TOTP.activate(real, SECRET)
    assert send(client).headers["Location"].startswith("/account/again/code/")
    client.post("/account/again/code/", {"code": code()})
    assert send(client).status_code == 200


def test_with_a_factor_the_password_is_not_taken_again(client: Client, cast: Cast) -> None:
    TOTP.activate(with_password(cast.approver), SECRET)
    client.force_login(cast.approver)
    assert client.get("/account/again/password/").headers["Location"].startswith("/account/again/code/")


def test_a_fragment_sends_the_whole_page_to_the_factor(client: Client, cast: Cast) -> None:
    client.force_login(with_password(cast.approver))
    answer = send(client, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/account/again/password/")


def test_only_the_latest_few_forms_wait(client: Client, cast: Cast) -> None:
    client.force_login(with_password(cast.approver))
    for _ in range(5):
        send(client)
    assert len(client.session["staff_step_up_waiting"]) == 3
    assert client.get("/staff/account/go-on/none/").status_code == 404


# access


def test_a_view_without_a_rule_opens_for_nobody(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    assert client.get("/tests/forgotten/").status_code == 403


def test_a_role_elsewhere_is_told_what_is_needed(client: Client, cast: Cast) -> None:
    client.force_login(cast.editor)
    answer = client.get("/tests/approve/")
    assert answer.status_code == 403
    assert "This page is for: approver" in answer.content.decode()


def test_a_signed_out_form_leads_back_to_its_page(client: Client, db: None) -> None:
    answer = client.post("/tests/approve/", headers={"referer": "http://testserver/statements/x/?tab=1"})
    assert answer.headers["Location"] == "/account/login/?next=/statements/x/%3Ftab%3D1"
    fragment = client.get(
        "/tests/approve/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/a/"}
    )
    assert fragment.headers["HX-Redirect"] == "/account/login/?next=/a/"


def test_the_desk_sets_only_cookies_of_its_own_name(client: Client, cast: Cast) -> None:
    with_password(cast.editor)
    client.get("/account/login/")
    sign_in(client, "editor")
    client.get("/staff/account/")
    assert set(client.cookies) == {"dragoman_desk_session", "dragoman_desk_csrf"}
    session = client.cookies["dragoman_desk_session"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"


def test_every_page_carries_the_policy(client: Client, db: None) -> None:
    headers = client.get("/account/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
