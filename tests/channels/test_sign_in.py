"""Signing channels in at their networks, and keeping them so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from tests.cast import Cast
from tests.channels import toy
from tests.fakes.oauth import OAuthServer

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels import actions, oauth, queries, registry, sign_in
from dragoman.channels.actions import Returned
from dragoman.channels.actions.common import WORKER
from dragoman.channels.connector import Account
from dragoman.channels.models import BegunSignIn, Channel, Standing
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, Problem
from dragoman.staff.models import Officer

pytestmark = pytest.mark.django_db
TROUBLES = ("html-200-before", "500-before", "garbage-before", "reset-before")
BACK = "http://localhost:8001/channels/oauth/callback/"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OAuthServer]:
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    monkeypatch.setitem(registry.KINDS, "toy", "tests.channels.toy")
    monkeypatch.setattr(toy, "KIND", toy.kind())
    with OAuthServer().running() as running:
        yield running


def make(cast: Cast, server: OAuthServer, **more: str) -> Channel:
    return actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="toy",
        slug=more.pop("slug", "toy"),
        label="Toy",
        values={**toy.values(server), **more},
    )


def go(cast: Cast, server: OAuthServer, channel: Channel) -> dict[str, str]:
    """As far as the network's page and back again; gives what the redirect carries."""
    url = actions.begin_sign_in(by=cast.admin, channel=channel, redirect_uri=BACK)
    return server.consent(dict(parse_qsl(urlsplit(url).query)))


def come_back(by: Officer, found: dict[str, str], **more: str) -> Channel:
    found = {**found, **more}
    returned = Returned(
        state=found.get("state", ""),
        code=found.get("code", ""),
        error=found.get("error", ""),
        description=found.get("error_description", ""),
        iss=found.get("iss", ""),
    )
    return actions.finish_sign_in(by=by, returned=returned)


def signed_in(cast: Cast, server: OAuthServer, **more: str) -> Channel:
    channel = make(cast, server, **more)
    return come_back(cast.admin, go(cast, server, channel))


def session(channel: Channel) -> dict[str, str]:
    return queries.vault().open(Channel.objects.get(pk=channel.pk).session)


# --- the walk ---


@pytest.mark.parametrize("basic", [False, True])
def test_an_account_is_signed_in_and_checked(
    cast: Cast, server: OAuthServer, monkeypatch: pytest.MonkeyPatch, basic: bool
) -> None:
    monkeypatch.setattr(toy, "KIND", toy.kind(basic=basic))
    server.basic = basic
    channel = signed_in(cast, server)
    assert (channel.healthy, channel.who) == (True, "@ministry")
    kept = session(channel)
    assert set(kept) == {"access", "refresh", "access_since", "access_until", "scope"}
    standing = queries.standing_of(channel)
    assert standing.may == ["post", "read answers"]
    assert [(each.left, each.limit) for each in queries.headroom_of(standing)] == [(40, 100)]
    assert standing.renew_at is not None
    assert standing.access_until is not None
    assert standing.renew_at < standing.access_until


def test_what_the_network_is_told_is_unguessable_and_differs_each_time(
    cast: Cast, server: OAuthServer
) -> None:
    channel = make(cast, server)
    urls = [actions.begin_sign_in(by=cast.admin, channel=channel, redirect_uri=BACK) for _ in range(2)]
    asked = [dict(parse_qsl(urlsplit(url).query)) for url in urls]
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]
    assert len(asked[0]["state"]) >= 43
    assert asked[0]["scope"] == "read write"
    assert asked[0]["redirect_uri"] == BACK


def test_no_token_state_or_verifier_is_readable_in_the_database(cast: Cast, server: OAuthServer) -> None:
    channel = make(cast, server)
    found = go(cast, server, channel)
    stored = _everything()
    assert found["state"] not in stored
    come_back(cast.admin, found)
    sign_in.renew_now(by=WORKER, channel=channel)
    stored = _everything()
    for secret in (*server.tokens, found["state"], server.secret):
        assert secret not in stored


def _everything() -> str:
    tables = ["channels_channel", "channels_channelevent", "channels_standing", "channels_begunsignin"]
    found = []
    with connection.cursor() as cursor:
        for table in [*tables, "audit_event", "procrastinate_jobs"]:
            cursor.execute(sql.SQL("select * from {}").format(sql.Identifier(table)).as_string())
            found.append(str(cursor.fetchall()))
    return "\n".join(found)


# --- what comes back wrong ---


def test_a_foreign_state_changes_nothing_and_is_noted(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    before = session(channel)
    found = go(cast, server, channel)
    with pytest.raises(Invalid, match="not begun at this desk"):
        come_back(cast.admin, found, state="made-up")
    assert session(channel) == before
    assert Event.objects.get(verb="channels.refuse_sign_in").data["code"] == "foreign-state"


def test_an_answer_is_good_once(cast: Cast, server: OAuthServer) -> None:
    channel = make(cast, server)
    found = go(cast, server, channel)
    come_back(cast.admin, found)
    before = session(channel)
    with pytest.raises(Conflict, match="used already"):
        come_back(cast.admin, found)
    assert session(channel) == before
    assert server.calls.count("token") == 1


def test_an_answer_is_good_for_ten_minutes(cast: Cast, server: OAuthServer) -> None:
    channel = make(cast, server)
    found = go(cast, server, channel)
    with (
        time_machine.travel(clock.now() + timedelta(minutes=11)),
        pytest.raises(Conflict, match="longer than 10 minutes"),
    ):
        come_back(cast.admin, found)
    assert "token" not in server.calls


def test_another_officer_cannot_finish_it(cast: Cast, server: OAuthServer) -> None:
    found = go(cast, server, make(cast, server))
    with pytest.raises(NotAllowed, match="Another officer"):
        come_back(cast.director, found)
    assert "token" not in server.calls
    assert come_back(cast.admin, found).healthy


def test_another_issuer_is_refused(cast: Cast, server: OAuthServer) -> None:
    found = go(cast, server, make(cast, server))
    with pytest.raises(Invalid, match="another network"):
        come_back(cast.admin, found, iss="https://evil.example")
    assert "token" not in server.calls


def test_a_no_is_told_in_words_and_quoted_as_text(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    before = session(channel)
    found = {"state": go(cast, server, channel)["state"], "error": "access_denied"}
    with pytest.raises(Invalid, match="leave was not given"):
        come_back(cast.admin, found, error_description="<b>no</b> " * 100)
    assert session(channel) == before


def test_a_wrong_secret_is_told_with_what_to_do(cast: Cast, server: OAuthServer) -> None:
    server.secret = "another"
    channel = make(cast, server)
    with pytest.raises(Problem, match="does not accept the app's own credentials"):
        come_back(cast.admin, go(cast, server, channel))
    assert session(channel) == {}


def test_a_code_of_another_sign_in_does_not_fit_our_proof(cast: Cast, server: OAuthServer) -> None:
    channel = make(cast, server)
    one, other = go(cast, server, channel), go(cast, server, channel)
    with pytest.raises(Problem, match="PKCE does not fit"):
        come_back(cast.admin, one, code=other["code"])
    assert session(channel) == {}


@pytest.mark.parametrize("trouble", [*TROUBLES, "redirect", "empty-200-after"])
def test_an_answer_that_is_no_token_never_replaces_a_good_one(
    cast: Cast, server: OAuthServer, trouble: str
) -> None:
    channel = signed_in(cast, server)
    before = session(channel)
    found = go(cast, server, channel)
    server.will("token", trouble)
    with pytest.raises(Problem):
        come_back(cast.admin, found)
    assert session(channel) == before


def test_only_an_administrator_of_the_mission_connects(cast: Cast, server: OAuthServer) -> None:
    channel = make(cast, server)
    for by in (cast.editor, cast.director, cast.stranger):
        with pytest.raises(NotAllowed):
            actions.begin_sign_in(by=by, channel=channel, redirect_uri=BACK)
    assert not BegunSignIn.objects.exists()


def test_a_channel_that_was_changed_meanwhile_is_not_signed_in(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    actions.change_credentials(by=cast.admin, channel=channel, secrets={"client_secret": "other"})
    assert session(channel) == {}
    assert queries.standing_of(channel).renew_at is None


def test_a_choice_of_form_keeps_the_sign_in_and_another_server_does_not(
    cast: Cast, server: OAuthServer
) -> None:
    channel = signed_in(cast, server)
    more: Any = {"label": "Toy", "languages": [], "useful_hours": 24}
    kept = {name: value for name, value in toy.values(server).items() if name != "client_secret"}
    actions.change_channel(by=cast.admin, channel=channel, values={**kept, "form": "long"}, **more)
    assert session(channel)["access"]
    actions.change_channel(
        by=cast.admin, channel=channel, values={**kept, "service": "https://other.example"}, **more
    )
    assert session(channel) == {}


# --- renewal ---


def test_a_sign_in_is_renewed_ahead_of_its_end(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    before = session(channel)
    assert sign_in.ensure_fresh(by=WORKER, channel=channel).session == channel.session
    with time_machine.travel(clock.now() + timedelta(minutes=110), tick=True):
        assert actions.sweep_sign_ins(by=WORKER) == 1
        fresh = sign_in.ensure_fresh(by=WORKER, channel=channel)
    after = session(channel)
    assert after["access"] != before["access"]
    assert after["refresh"] != before["refresh"]
    assert fresh.session != channel.session


def test_an_empty_refresh_token_never_replaces_a_good_one(cast: Cast, server: OAuthServer) -> None:
    server.rotates, server.forgetful = False, True
    channel = signed_in(cast, server)
    before = session(channel)
    assert sign_in.renew_now(by=WORKER, channel=channel)
    after = session(channel)
    assert after["refresh"] == before["refresh"]
    assert after["access"] != before["access"]


def test_who_holds_an_old_sign_in_is_told_that_there_is_a_newer(cast: Cast, server: OAuthServer) -> None:
    old = signed_in(cast, server)
    assert sign_in.renew_now(by=WORKER, channel=old)
    assert sign_in.renew_now(by=WORKER, channel=old)
    assert server.calls.count("token") == 2  # the code, and one renewal


def test_a_revoked_sign_in_says_who_must_act_and_is_not_asked_again(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    server.revoke()
    assert not sign_in.renew_now(by=WORKER, channel=channel)
    channel.refresh_from_db()
    assert channel.healthy is False
    assert "An administrator of the channel's mission must connect it again" in channel.health_says
    asked = len(server.calls)
    assert not sign_in.renew_now(by=WORKER, channel=channel)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert actions.sweep_sign_ins(by=WORKER) == 0
        sign_in.ensure_fresh(by=WORKER, channel=channel)
    assert len(server.calls) == asked
    assert come_back(cast.admin, go(cast, server, channel)).healthy


@pytest.mark.parametrize("trouble", [*TROUBLES, "429"])
def test_trouble_on_the_way_keeps_the_token_and_tries_later(
    cast: Cast, server: OAuthServer, trouble: str
) -> None:
    channel = signed_in(cast, server)
    before = session(channel)
    server.will("token", trouble)
    assert not sign_in.renew_now(by=WORKER, channel=channel)
    assert session(channel) == before
    standing = queries.standing_of(channel)
    assert not standing.person
    assert standing.renew_at is not None
    assert Channel.objects.get(pk=channel.pk).healthy is True
    with time_machine.travel(standing.renew_at + timedelta(seconds=1), tick=True):
        assert actions.renew_sign_in(by=WORKER, channel=channel)
    assert queries.standing_of(channel).tries == 0


def test_a_network_that_cannot_renew_asks_for_a_person_at_the_end(
    cast: Cast, server: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toy, "KIND", toy.kind(renews=False))
    channel = signed_in(cast, server)
    assert channel.signed_in_until == queries.standing_of(channel).access_until
    with time_machine.travel(clock.now() + timedelta(hours=3)):
        assert actions.sweep_sign_ins(by=WORKER) == 1
        assert not actions.renew_sign_in(by=WORKER, channel=channel)
    channel.refresh_from_db()
    assert channel.healthy is False


def test_a_sign_in_that_nothing_renews_holds_until_its_end(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    kept = {name: value for name, value in session(channel).items() if name != "refresh"}
    Channel.objects.filter(pk=channel.pk).update(session=queries.vault().seal(kept))
    until = queries.standing_of(channel).access_until
    with time_machine.travel(clock.now() + timedelta(minutes=110), tick=True):
        actions.renew_sign_in(by=WORKER, channel=channel)
    channel.refresh_from_db()
    assert (channel.healthy, channel.signed_in_until) == (True, until)
    assert queries.standing_of(channel).renew_at == until
    assert not sign_in.renew_now(by=WORKER, channel=channel)  # the network itself says that it is over
    channel.refresh_from_db()
    assert channel.healthy is False


def test_less_leave_than_was_asked_for_is_told(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    assert queries.missing_scopes(channel) == ()
    kept = {**session(channel), "scope": "read"}
    Channel.objects.filter(pk=channel.pk).update(session=queries.vault().seal(kept))
    channel.refresh_from_db()
    assert queries.missing_scopes(channel) == ("write",)


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_renew_at_once_make_one_call(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    before = session(channel)
    server.will("token", "slow")
    found: list[bool] = []

    def renew() -> None:
        try:
            found.append(sign_in.renew_now(by=WORKER, channel=channel))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=renew) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
    assert server.calls.count("token") == 2
    assert not any(grant.revoked for grant in server.grants)
    assert session(channel)["refresh"] != before["refresh"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_died_while_renewing_holds_nobody_up(cast: Cast, server: OAuthServer) -> None:
    channel = signed_in(cast, server)
    Standing.objects.filter(channel=channel).update(
        claim="dead", claimed_until=clock.now() - timedelta(seconds=1), renew_at=clock.now()
    )
    assert actions.sweep_sign_ins(by=WORKER) == 1
    assert actions.renew_sign_in(by=WORKER, channel=channel)


# --- pure ---


@given(life=st.integers(1, 400 * 86_400))
def test_a_sign_in_is_renewed_before_its_end_and_never_in_its_first_half(life: int) -> None:
    now = clock.now()
    kept = oauth.read({"access_token": "a", "expires_in": life}, now)
    at, until = oauth.renew_at(kept), oauth.moment(kept, "access_until")
    assert at is not None
    assert until is not None
    assert now + timedelta(seconds=life) / 2 <= at < until
    assert until - at <= timedelta(days=7)


def test_the_challenge_is_that_of_rfc_7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_settings_of_the_account_stand_in_its_addresses(tmp_path) -> None:  # type: ignore[no-untyped-def]  # fixture
    account = Account("a", {"service": "https://social.example/"}, {}, tmp_path)
    assert oauth.filled("{service}/oauth/token", account) == "https://social.example/oauth/token"


@pytest.mark.parametrize("junk", [{}, {"access_token": ""}, {"access_token": None}, {"access_token": 7}])
def test_an_answer_without_a_token_is_no_sign_in(junk: dict[str, object]) -> None:
    with pytest.raises(Exception, match="gave no token"):
        oauth.read(junk, clock.now())
