"""Setting channels up, and keeping their secrets."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from tests.cast import Cast
from tests.channels.fake_bluesky import PASSWORD, FakeBluesky
from tests.channels.help import bluesky, plan, sandbox, walk

from dragoman.audit.models import Event
from dragoman.channels import actions, queries
from dragoman.channels.models import Channel
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound, Unavailable

pytestmark = pytest.mark.django_db


def everything_stored() -> str:
    """Every row of every table that channels write, as text."""
    found = []
    tables = ["channels_channel", "channels_channelevent", "channels_delivery", "channels_attempt"]
    with connection.cursor() as cursor:
        for table in [*tables, "audit_event", "procrastinate_jobs"]:
            cursor.execute(sql.SQL("select * from {}").format(sql.Identifier(table)).as_string())
            found.append(str(cursor.fetchall()))
    return "\n".join(found)


def test_only_an_administrator_of_the_mission_sets_one_up(cast: Cast) -> None:
    for by in (cast.editor, cast.director, cast.stranger):
        with pytest.raises(NotAllowed):
            actions.create_channel(
                by=by, mission=cast.capital, kind="sandbox", slug="x", label="X", values={"address": "ok"}
            )


def test_every_wrong_value_is_named_at_once(cast: Cast) -> None:
    with pytest.raises(Invalid) as caught:
        actions.create_channel(
            by=cast.admin,
            mission=cast.capital,
            kind="bluesky",
            slug="Bad Slug",
            label=" ",
            values={},
            languages=["english please"],
            useful_hours=0,
        )
    assert {place["field"] for place in caught.value.where} == {"slug", "label", "languages", "useful_hours"}
    with pytest.raises(Invalid) as caught:
        actions.create_channel(
            by=cast.admin,
            mission=cast.capital,
            kind="bluesky",
            slug="b",
            label="B",
            values={"handle": "no dots"},
        )
    assert {place["field"] for place in caught.value.where} == {"handle", "app_password"}
    assert not Channel.objects.exists()


def test_an_unknown_kind_and_a_taken_name_are_refused(cast: Cast) -> None:
    with pytest.raises(NotFound):
        actions.create_channel(
            by=cast.admin, mission=cast.capital, kind="telegraph", slug="x", label="X", values={}
        )
    channel = sandbox(cast)
    with pytest.raises(Conflict):
        actions.create_channel(
            by=cast.admin, mission=cast.capital, kind="sandbox", slug=channel.slug, label="X", values={}
        )


def test_no_secret_is_readable_in_the_database(cast: Cast, fake: FakeBluesky) -> None:
    channel = bluesky(cast, fake)
    actions.check_channel(by=cast.admin, channel=channel)
    walk(plan(cast, channel))
    stored = everything_stored()
    for secret in (PASSWORD, fake.access, fake.refresh):
        assert secret
        assert secret not in stored
    assert json.dumps(PASSWORD) not in stored
    key = Path(settings.DRAGOMAN.keys_dir) / "channels.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_check_says_who_we_are_and_until_when(cast: Cast, fake: FakeBluesky) -> None:
    channel = actions.check_channel(by=cast.admin, channel=bluesky(cast, fake))
    assert (channel.healthy, channel.who) == (True, "@ministry.test")
    assert channel.signed_in_until is not None
    assert fake.texts() == []


def test_a_wrong_password_is_told_in_words(cast: Cast, fake: FakeBluesky) -> None:
    fake.password = "another"
    channel = actions.check_channel(by=cast.admin, channel=bluesky(cast, fake))
    assert channel.healthy is False
    assert "app password" in channel.health_says


def test_a_network_that_does_not_answer_says_nothing_of_our_account(cast: Cast, fake: FakeBluesky) -> None:
    channel = actions.check_channel(by=cast.admin, channel=bluesky(cast, fake))
    fake.will("getSession", "500-before")
    channel = actions.check_channel(by=cast.admin, channel=channel)
    assert channel.healthy is None
    assert "500" in channel.health_says


def test_the_session_is_kept_from_one_use_to_the_next(cast: Cast, fake: FakeBluesky) -> None:
    channel = bluesky(cast, fake)
    for _ in range(3):
        channel = actions.check_channel(by=cast.admin, channel=channel)
    assert fake.calls.count("createSession") == 1


def test_new_credentials_forget_the_old_sign_in(cast: Cast, fake: FakeBluesky) -> None:
    channel = actions.check_channel(by=cast.admin, channel=bluesky(cast, fake))
    fake.password = "new-password"
    with pytest.raises(Invalid):
        actions.change_credentials(by=cast.admin, channel=channel, secrets={"app_password": " "})
    actions.change_credentials(by=cast.admin, channel=channel, secrets={"app_password": "new-password"})
    channel.refresh_from_db()
    assert channel.session == ""
    assert actions.check_channel(by=cast.admin, channel=channel).healthy
    event = Event.objects.get(verb="channels.change_credentials")
    assert event.data == {"fields": ["app_password"]}


def test_rotating_the_key_keeps_every_secret(cast: Cast, fake: FakeBluesky) -> None:
    channel = actions.check_channel(by=cast.admin, channel=bluesky(cast, fake))
    before = channel.sealed
    assert actions.rotate_vault_key(by=cast.admin) == 1
    channel.refresh_from_db()
    assert channel.sealed != before
    assert queries.account_of(channel).secrets == {"app_password": PASSWORD}


def test_a_lost_key_is_a_clear_refusal_and_nothing_is_sent(cast: Cast, fake: FakeBluesky) -> None:
    channel = bluesky(cast, fake)
    Channel.objects.filter(pk=channel.pk).update(sealed="gAAAAA-not-ours")
    channel.refresh_from_db()
    with pytest.raises(Unavailable):
        queries.account_of(channel)
    delivery = walk(plan(cast, channel))
    assert delivery.state == "refused"
    assert "Put back the key file" in delivery.why
    assert fake.calls == []


def test_a_kind_that_was_removed_holds_its_deliveries_for_a_person(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = plan(cast, channel)
    Channel.objects.filter(pk=channel.pk).update(kind="telegraph")
    walk(delivery)
    assert delivery.state == "refused"
    assert "telegraph" in delivery.why


def test_languages_decide_what_a_channel_carries(cast: Cast) -> None:
    assert queries.speaks(sandbox(cast), "ar")
    channel = sandbox(cast, languages=["en", "ar"])
    assert queries.speaks(channel, "ar")
    assert not queries.speaks(channel, "ru")
