"""The pages, as officers meet them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import Cast
from tests.channels.fake_bluesky import PASSWORD, FakeBluesky
from tests.channels.help import SOURCE, bluesky, plan, sandbox, walk

from dragoman.base import context
from dragoman.channels import actions, queries
from dragoman.channels.models import Channel, Delivery
from dragoman.staff.models import Officer

pytestmark = pytest.mark.django_db


def page(officer: Officer, path: str, **data: str) -> tuple[int, str]:
    client = Client()
    client.force_login(officer)
    answer = client.post(path, data, follow=True) if data else client.get(path)
    return answer.status_code, answer.content.decode()


def test_the_list_says_who_and_how_each_channel_is(cast: Cast, fake: FakeBluesky) -> None:
    actions.check_channel(by=cast.admin, channel=bluesky(cast, fake))
    walk(plan(cast, sandbox(cast, "blind")))
    status, text = page(cast.embassy, "/channels/")
    assert status == 200
    assert "@ministry.test" in text
    assert "One delivery waits for a person" in text
    assert "Add a channel" not in text
    assert "Add a channel" in page(cast.admin, "/channels/")[1]


def test_a_stranger_sees_nothing_of_it(cast: Cast) -> None:
    channel = sandbox(cast)
    delivery = walk(plan(cast, channel))
    for path in (f"/channels/at/{channel.slug}/", f"/channels/deliveries/{delivery.pk}/"):
        assert page(cast.stranger, path)[0] == 404
    assert channel.label not in page(cast.stranger, "/channels/")[1]


def test_a_channel_is_set_up_and_checked_in_one_go(cast: Cast, fake: FakeBluesky) -> None:
    given = {
        **fake.settings(),
        "mission": str(cast.capital.pk),
        "label": "@mfa",
        "slug": "mfa",
        "languages": "en ar",
    }
    status, text = page(cast.admin, "/channels/new/bluesky/", **given, useful_hours="12")
    assert status == 200
    channel = Channel.objects.get(slug="mfa")
    assert (channel.languages, channel.useful_hours, channel.healthy) == (["en", "ar"], 12, True)
    assert PASSWORD not in text
    assert "stored, never shown" in text


def test_what_is_wrong_in_the_form_is_named_beside_its_field(cast: Cast) -> None:
    given = {"mission": str(cast.capital.pk), "label": "@mfa", "slug": "mfa", "useful_hours": "12"}
    more = {"handle": "nodots", "app_password": PASSWORD, "form": "whole", "service": "ftp://x"}
    status, text = page(cast.admin, "/channels/new/bluesky/", **given, **more)
    assert status == 422
    assert "Write the whole handle" in text
    assert "https://bsky.social" in text
    assert PASSWORD not in text


def test_credentials_are_never_shown(cast: Cast, fake: FakeBluesky) -> None:
    channel = bluesky(cast, fake)
    for path in ("", "change/", "credentials/"):
        status, text = page(cast.admin, f"/channels/at/{channel.slug}/{path}")
        assert status == 200
        assert PASSWORD not in text
    fake.password = "new-secret"
    page(cast.admin, f"/channels/at/{channel.slug}/credentials/", app_password="new-secret")
    channel.refresh_from_db()
    assert channel.healthy


@pytest.mark.parametrize("who", ["editor", "director", "auditor"])
def test_setting_up_is_for_administrators(cast: Cast, who: str) -> None:
    channel = sandbox(cast)
    officer = getattr(cast, who)
    for path in ("new/", "new/sandbox/", f"at/{channel.slug}/change/", f"at/{channel.slug}/credentials/"):
        assert page(officer, f"/channels/{path}")[0] == 403


def test_a_channel_is_switched_off_and_on(cast: Cast) -> None:
    channel = sandbox(cast)
    assert "is off" in page(cast.admin, f"/channels/at/{channel.slug}/switch/", why="Moving")[1]
    channel.refresh_from_db()
    assert not channel.on
    page(cast.admin, f"/channels/at/{channel.slug}/switch/", why="")
    channel.refresh_from_db()
    assert channel.on


def test_a_person_decides_with_what_to_look_for_before_them(cast: Cast) -> None:
    delivery = walk(plan(cast, sandbox(cast, "blind")))
    path = f"/channels/deliveries/{delivery.pk}/decision/"
    assert page(cast.editor, path)[0] == 403
    status, text = page(cast.director, path)
    assert status == 200
    assert "in the sandbox’s timeline" in text
    assert page(cast.director, path, answer="out", why="", remote_url="")[0] == 422
    status, text = page(cast.director, path, answer="out", why="I see it", remote_url="javascript:alert(1)")
    assert status == 422
    assert "must begin with https://" in text
    page(cast.director, path, answer="out", why="I see it", remote_url="https://x.example/1")
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_a_delivery_shows_every_attempt_and_a_refused_one_can_be_sent_again(
    cast: Cast, fake: FakeBluesky
) -> None:
    channel = bluesky(cast, fake)
    fake.password = "another"
    delivery = walk(plan(cast, channel))
    path = f"/channels/deliveries/{delivery.pk}/"
    text = page(cast.director, path)[1]
    assert "com.atproto.server.createSession" in text
    assert "Send again" in text
    assert "Send again" not in page(cast.editor, path)[1]
    fake.password = PASSWORD
    page(cast.director, path + "retry/", go="1")
    assert walk(delivery).state == "sent"


def test_a_copy_that_cannot_be_withdrawn_is_listed_until_a_person_has_done_it(cast: Cast) -> None:
    delivery = walk(plan(cast, sandbox(cast)))
    Channel.objects.filter(pk=delivery.channel_id).update(kind="telegraph")
    actions.withdraw_deliveries(by=cast.director, source=SOURCE, why="Wrong figure")
    assert walk(delivery).state == "sent"
    path = f"/channels/deliveries/{delivery.pk}/"
    assert "Cannot be withdrawn there" in page(cast.director, path)[1]
    assert "cannot be withdrawn there" in page(cast.director, "/channels/deliveries/")[1]
    page(cast.director, path + "taken-down/", why="Deleted it in the app")
    delivery.refresh_from_db()
    assert delivery.state == "withdrawn"


def test_the_sandbox_shows_what_it_holds(cast: Cast) -> None:
    channel = sandbox(cast)
    path = f"/channels/at/{channel.slug}/timeline/"
    assert "Nothing stands here" in page(cast.editor, path)[1]
    walk(plan(cast, channel))
    assert "The days of arrival and departure both count." in page(cast.editor, path)[1]


def test_the_list_of_deliveries_is_narrowed(cast: Cast) -> None:
    walk(plan(cast, sandbox(cast, "refuse")))
    assert "Refused" in page(cast.director, "/channels/deliveries/?state=person")[1]
    assert "No delivery fits" in page(cast.director, "/channels/deliveries/?state=sent")[1]
    assert page(cast.director, "/channels/deliveries/?state=nonsense&page=x")[0] == 200


def test_the_lists_ask_the_database_as_often_for_many_as_for_few(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the health word in the top bar is read anew now and then: not in the middle of counting
    monkeypatch.setattr(context, "KEPT", timedelta(hours=1))
    client = Client()
    client.force_login(cast.director)

    def asked() -> list[int]:
        counts = []
        for path in ("/channels/", "/channels/deliveries/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        return counts

    walk(plan(cast, sandbox(cast)))
    client.get("/channels/")
    few = asked()
    for _ in range(12):
        walk(plan(cast, sandbox(cast)))
    assert asked() == few


def test_text_from_a_network_is_never_markup(cast: Cast) -> None:
    delivery = walk(plan(cast, sandbox(cast)))
    type(delivery).objects.filter(pk=delivery.pk).update(
        why="<script>alert(1)</script>", state="refused", remote_url="javascript:alert(1)"
    )
    text = page(cast.director, f"/channels/deliveries/{delivery.pk}/")[1]
    assert "<script>alert" not in text
    assert "javascript:alert" not in text


def test_the_sheet_of_every_kind_says_what_it_can_do(cast: Cast) -> None:
    for kind in queries.kinds():
        status, text = page(cast.editor, f"/channels/kinds/{kind.name}/")
        assert status == 200
        assert "What it can do" in text
        for limit in kind.limits:
            assert limit.checked or "not yet" in text


def test_who_decides_sees_where_to_look_and_what_others_said(cast: Cast) -> None:
    channel = sandbox(cast, "blind")
    delivery = walk(plan(cast, channel))
    Delivery.objects.create(
        channel=channel,
        source="2026-old",
        rev=1,
        lang="en",
        key="2026-old:1",
        rendition=delivery.rendition,
        post=delivery.post,
        due=delivery.due,
        last_useful=delivery.last_useful,
        state="sent",
        sent_at=delivery.due,
        remote_url="https://network.example/posts/1",
    )
    path = f"/channels/deliveries/{delivery.pk}/decision/"
    text = page(cast.director, path)[1]
    assert "https://network.example/posts/1" in text
    assert "Look at its posts between" in text
    text = page(cast.director, path, answer="leave", why="I looked at noon: nothing.")[1]
    assert "I looked at noon: nothing." in text
    assert "Not out: left" in text
