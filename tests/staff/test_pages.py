"""The pages of administrators and of one's own account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from tests.cast import Cast

from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.staff import actions, queries
from dragoman.staff.models import Officer


def test_an_administrator_opens_an_account_gives_a_role_and_takes_it_away(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    made = client.post("/staff/officers/new/", {"username": "lena", "name": "Lena"})
    password = re.search(r'id="one-time">([^<]+)<', made.content.decode())
    assert password
    lena = Officer.objects.get(username="lena")
    assert lena.check_password(password[1])
    assert "no-store" in made.headers["Cache-Control"]
    client.post("/staff/officers/lena/roles/", {"mission": "berlin", "role": "author"})
    assert lena.may("author", cast.berlin)
    client.post("/staff/officers/lena/roles/remove/", {"mission": "berlin", "role": "author"})
    assert not lena.may("author", cast.berlin)


def test_a_refusal_stands_beside_its_field(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    answer = client.post("/staff/officers/new/", {"username": "Two Words", "name": "X"})
    assert answer.status_code == 422
    assert "small letters, digits, . - _" in answer.content.decode()
    again = client.post("/staff/officers/new/", {"username": "editor", "name": "X"})
    assert "There is already an officer" in again.content.decode()


def test_officers_of_other_missions_are_neither_listed_nor_found(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    page = client.get("/staff/officers/").content.decode()
    assert page.count(">director<") == 1
    assert "stranger" not in page
    assert client.get("/staff/officers/stranger/").status_code == 404


def test_an_auditor_looks_and_does_not_change(client: Client, cast: Cast) -> None:
    client.force_login(cast.auditor)
    assert client.get("/staff/officers/editor/").status_code == 200
    answer = client.post("/staff/officers/editor/", {"name": "Changed", "email": ""})
    assert answer.status_code == 403
    assert client.post("/staff/officers/editor/deeds/", {"deed": "deactivate"}).status_code == 403


@pytest.mark.parametrize(
    "address", ["/staff/officers/", "/staff/tokens/", "/staff/missions/new/", "/staff/officers/new/"]
)
def test_an_author_sees_no_page_of_administration(client: Client, cast: Cast, address: str) -> None:
    client.force_login(cast.editor)
    assert client.get(address).status_code == 403


def test_everybody_sees_their_part_of_the_tree(client: Client, cast: Cast) -> None:
    client.force_login(cast.embassy)
    page = client.get("/staff/missions/").content.decode()
    assert "Embassy in Berlin" in page
    assert "Another ministry" not in page
    assert client.get("/staff/missions/capital/").status_code == 404
    assert client.post(
        "/staff/missions/berlin/", {"name": "Mine", "kind": "embassy", "zone": "UTC"}
    ).status_code in (
        403,
        422,
    )
    cast.berlin.refresh_from_db()
    assert cast.berlin.name == "Embassy in Berlin"


def test_a_mission_is_added_and_moved(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    given = {
        "slug": "munich",
        "name": "Munich",
        "kind": "consulate",
        "parent": "berlin",
        "zone": "Europe/Berlin",
    }
    assert client.post("/staff/missions/new/", given).status_code == 302
    moved = {**given, "parent": "capital", "country": "de"}
    assert client.post("/staff/missions/munich/", moved).status_code == 302
    munich = queries.mission_named("munich")
    assert (munich.path, munich.country) == ("capital/munich/", "DE")
    wrong = client.post("/staff/missions/munich/", {**moved, "zone": "Mars/Olympus"})
    assert wrong.status_code == 422


@pytest.mark.parametrize("deed", ["deactivate", "reset_password", "remove_factors", "end_sessions"])
def test_a_deed_on_an_account_is_one_press(client: Client, cast: Cast, deed: str) -> None:
    client.force_login(cast.admin)
    answer = client.post("/staff/officers/editor/deeds/", {"deed": deed, "why": "phone lost"})
    assert answer.status_code in (200, 302)


def test_a_deed_that_there_is_not_is_refused(client: Client, cast: Cast) -> None:
    client.force_login(cast.admin)
    assert client.post("/staff/officers/editor/deeds/", {"deed": "promote"}).status_code == 422


def test_an_own_token_is_shown_once_and_can_be_revoked(client: Client, cast: Cast) -> None:
    client.force_login(cast.editor)
    made = client.post("/staff/account/tokens/", {"name": "screen", "scopes": ["read"], "days": "30"})
    raw = re.search(r"drg_[\w-]+", made.content.decode())
    assert raw
    found = queries.officer_for_token(raw[0])
    assert found
    assert raw[0] not in client.get("/staff/account/").content.decode()
    client.post(f"/staff/tokens/{found[1].pk}/revoke/")
    assert queries.officer_for_token(raw[0]) is None


def test_a_foreign_token_is_not_revoked(client: Client, cast: Cast) -> None:
    made = actions.make_token(by=cast.approver, officer=cast.approver, name="screen")
    client.force_login(cast.editor)
    assert client.post(f"/staff/tokens/{made.token.pk}/revoke/").status_code == 403


def test_other_sessions_can_be_ended(cast: Cast) -> None:
    here, there = Client(), Client()
    for one in (here, there):
        one.force_login(cast.editor)
        one.get("/staff/account/")
    assert UserSession.objects.filter(user=cast.editor).count() == 2
    other = UserSession.objects.get(session_key=there.session.session_key)
    here.post(f"/staff/account/sessions/{other.pk}/end/")
    assert there.get("/staff/account/").status_code == 302
    assert here.get("/staff/account/").status_code == 200


def test_a_foreign_session_is_not_ended(cast: Cast) -> None:
    mine, theirs = Client(), Client()
    mine.force_login(cast.editor)
    theirs.force_login(cast.approver)
    theirs.get("/staff/account/")
    mine.post(f"/staff/account/sessions/{UserSession.objects.get(user=cast.approver).pk}/end/")
    assert theirs.get("/staff/account/").status_code == 200


def test_sessions_whose_time_is_up_are_forgotten(cast: Cast) -> None:
    here, gone = Client(), Client()
    for one in (here, gone):
        one.force_login(cast.editor)
        one.get("/staff/account/")
    Session.objects.filter(session_key=gone.session.session_key).update(
        expire_date=clock.now() - timedelta(days=1)
    )
    assert actions.forget_sessions(by=System("clock")) == 1
    assert UserSession.objects.get(user=cast.editor).session_key == here.session.session_key
    assert actions.forget_sessions(by=System("clock")) == 0
