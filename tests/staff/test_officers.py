"""Accounts and access tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from tests.cast import Cast

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff import actions, queries
from dragoman.staff.models import Officer

SYSTEM = System("tests")


def test_a_new_officer_gets_a_password_that_is_told_once(cast: Cast) -> None:
    officer, password = actions.create_officer(by=cast.admin, username=" New.One ", name="New One")
    assert officer.username == "new.one"
    assert officer.one_time
    assert officer.check_password(password)
    assert password not in str(Event.objects.get(verb="staff.create_officer").says())


def test_a_password_that_is_given_is_not_told_back(db: None) -> None:
    made = actions.create_officer(by=SYSTEM, username="one", password="three plain words")
    assert made.password == ""
    assert not made.officer.one_time


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "two words"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "ok", "email": "nonsense"}, "email"),
        ({"username": "ok", "password": "short"}, "password"),
    ],
)
def test_an_account_that_cannot_be_opened_says_where(db: None, given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.create_officer(by=SYSTEM, **given)
    assert refused.value.where[0]["field"] == field
    assert not Officer.objects.exists()


def test_a_user_name_is_there_once(cast: Cast) -> None:
    with pytest.raises(Conflict):
        actions.create_officer(by=SYSTEM, username="EDITOR")


def test_only_administrators_open_accounts(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.create_officer(by=cast.editor, username="friend")


def test_closing_an_account_ends_its_sessions_and_tokens(cast: Cast, client: Client) -> None:
    client.force_login(cast.editor)
    assert client.get("/staff/account/").status_code == 200
    made = actions.make_token(by=cast.editor, officer=cast.editor, name="screen")
    actions.deactivate_officer(by=cast.admin, officer=cast.editor, why="has left")
    assert client.get("/staff/account/").status_code == 302
    assert queries.officer_for_token(made.raw) is None
    assert Event.objects.get(verb="staff.deactivate_officer").why == "has left"
    with pytest.raises(Conflict):
        actions.deactivate_officer(by=cast.admin, officer=cast.editor)


def test_nobody_closes_their_own_account(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.deactivate_officer(by=cast.admin, officer=cast.admin)


def test_lost_factors_are_removed_with_a_reason(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.approver, type=Authenticator.Type.TOTP, data={"secret": "x"})
    with pytest.raises(Invalid):
        actions.remove_factors(by=cast.admin, officer=cast.approver, why=" ")
    actions.remove_factors(by=cast.admin, officer=cast.approver, why="phone lost")
    assert not queries.has_second_factor(cast.approver)


def test_a_token_acts_for_its_officer_until_it_ends(cast: Cast) -> None:
    made = actions.make_token(by=SYSTEM, officer=cast.director, name="ci", days=3, on_server=True)
    found = queries.officer_for_token(made.raw)
    assert found == (cast.director, made.token)
    assert made.token.allows("release")
    with time_machine.travel(clock.now() + timedelta(days=3, seconds=1), tick=False):
        assert queries.officer_for_token(made.raw) is None


def test_a_revoked_token_acts_for_nobody(cast: Cast) -> None:
    made = actions.make_token(by=cast.editor, officer=cast.editor, name="screen")
    actions.revoke_token(by=cast.admin, token=made.token)
    assert queries.officer_for_token(made.raw) is None
    with pytest.raises(Conflict):
        actions.revoke_token(by=cast.editor, token=made.token)


@pytest.mark.parametrize("raw", ["", "drg_", "drg_wrong", "x" * 10_000, "drg_\ud800"])
def test_nonsense_is_no_token(db: None, raw: str) -> None:
    assert queries.officer_for_token(raw) is None


def test_a_token_itself_is_kept_nowhere(cast: Cast) -> None:
    made = actions.make_token(by=cast.editor, officer=cast.editor, name="screen")
    assert made.raw not in str(made.token.__dict__)
    assert made.raw not in str(Event.objects.get(verb="staff.make_token").says())


def test_a_token_made_in_the_browser_can_not_approve(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="approve"):
        actions.make_token(by=cast.approver, officer=cast.approver, name="x", scopes=["read", "approve"])
    with pytest.raises(NotAllowed, match="themself"):
        actions.make_token(by=cast.admin, officer=cast.approver, name="x")


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x", "days": 0}, {"name": "x", "days": 999}, {"name": "x", "scopes": ["all"]}],
)
def test_a_token_that_cannot_be_made_is_refused(cast: Cast, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        actions.make_token(by=cast.editor, officer=cast.editor, **wrong)  # type: ignore[arg-type]  # bad input


def test_the_use_of_a_token_is_kept_to_the_minute(cast: Cast) -> None:
    made = actions.make_token(by=cast.editor, officer=cast.editor, name="screen")
    actions.mark_token_used(token=made.token)
    made.token.refresh_from_db()
    first = made.token.used
    actions.mark_token_used(token=made.token)
    made.token.refresh_from_db()
    assert first is not None
    assert made.token.used == first


def test_the_directory_finds_an_officer_by_name_or_verified_address(cast: Cast) -> None:
    Officer.objects.filter(pk=cast.editor.pk).update(email="e@example.int")
    found = queries.officer_in_directory
    assert found({"userinfo": {"preferred_username": "Editor@corp"}}) == cast.editor
    assert found({"id_token": {"email": "E@example.int", "email_verified": True}}) == cast.editor
    assert found({"userinfo": {"email": "e@example.int"}}) is None
    assert found({"userinfo": {"preferred_username": "nobody"}}) is None
    Officer.objects.filter(pk=cast.approver.pk).update(email="e@example.int")
    assert found({"userinfo": {"email": "e@example.int", "email_verified": True}}) is None
