"""From a proposal to files that an outsider verifies; from a report to a banner, and back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.conf import settings
from tests.accounts.help import WORKER, confirmed, proposed, put_out
from tests.cast import Cast

from dragoman.accounts import actions
from dragoman.accounts.models import Version
from dragoman.base import clock
from dragoman.channels.models import Channel, Delivery
from dragoman.public import actions as public
from dragoman.public.models import Pulse
from dragoman.record import keys, vouched
from dragoman.record.models import Entry
from dragoman.record.verification import Question, Report, verify_record
from dragoman.staff.models import Officer

pytestmark = pytest.mark.django_db(transaction=True)


def file(path: str) -> str:
    place = settings.DRAGOMAN.public_dir / path.lstrip("/")
    place = place / "index.html" if path.endswith("/") else place
    return place.read_text("utf-8") if place.exists() else ""


def verified() -> Report:
    def read(path: str) -> bytes:
        return (settings.DRAGOMAN.public_dir / "record" / path).read_bytes()

    return verify_record(read, keys.trust(), Question())


def test_a_proposal_becomes_a_page_and_files_that_an_outsider_verifies(cast: Cast) -> None:
    account = proposed(cast)
    put_out()
    assert file("/accounts.json") == ""
    assert not Version.objects.exists()
    actions.verify_by_hand(by=cast.admin, account=account, why="We opened it.", document="Note 17")
    actions.confirm_account(by=cast.admin, account=account)
    put_out()
    register = json.loads(file("/accounts.json"))
    assert [one["handle"] for one in register["accounts"]] == ["@ministry@social.example"]
    assert register["accounts"][0]["verified"]["how"] == "by-hand"
    page = file("/en/accounts/")
    assert '<a href="https://social.example/@ministry" rel="me noopener">' in page
    assert file("/accounts/") == page
    assert "social=https://social.example/@ministry\n" in file("/trust.txt")
    assert file("/trust.txt") == file("/.well-known/trust.txt")
    assert "Added: @ministry@social.example (Mastodon)." in file("/accounts.atom")
    data = file("/accounts.json").encode()
    said = vouched.check(file("/accounts.note").encode(), data, keys.trust())
    assert (said.leaf.kind, said.leaf.id, said.leaf.rev) == ("accounts", "official-accounts", 1)
    assert verified().entries == 1


def test_a_compromise_is_told_everywhere_and_its_lifting_takes_the_banner_away(
    cast: Cast, channel: Channel, sandbox: Channel, second: Officer
) -> None:
    account = confirmed(cast, kind="bluesky", network="Bluesky", handle="ministry.example", channel=channel)
    put_out()
    since = clock.now() - timedelta(hours=2)
    actions.report_compromised(by=cast.director, account=account, since=since, why="Posts that are not ours")
    channel.refresh_from_db()
    assert channel.state == "off"
    put_out()
    [notice] = account.notices.all()
    assert notice.state == "standing"
    board = json.loads(file("/notices.json"))["notices"]
    assert [one["ref"] for one in board] == [notice.ref]
    assert "Do not rely on our account ministry.example" in file("/en/") + file("/")
    assert "Do not rely on" in file(f"/en/notices/{notice.ref}/")
    assert "Do not rely on" in file("/feeds/en.atom")
    [entry] = json.loads(file("/accounts.json"))["accounts"]
    assert entry["state"] == "compromised"
    assert entry["compromised_from"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")
    sent = Delivery.objects.filter(source=notice.ref)
    assert [(one.channel_id, one.rev, one.urgent) for one in sent] == [(sandbox.pk, 1, True)]
    assert Pulse.objects.get(kind="notice").data["texts"]["en"]["url"] == f"/en/notices/{notice.ref}/"

    actions.lift_compromise(by=second, account=account, why="We have it back")
    put_out()
    assert json.loads(file("/notices.json"))["notices"] == []
    assert "Do not rely on" not in file("/en/")
    assert "is ours again" in file(f"/en/notices/{notice.ref}/")
    [entry] = json.loads(file("/accounts.json"))["accounts"]
    assert (entry["state"], entry["compromised_from"]) == ("confirmed", None)
    assert entry["not_official"][0]["from"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")
    kinds = [(row.kind, row.ref.partition("-")[0], row.rev) for row in Entry.objects.all()]
    assert kinds == [
        ("accounts", "official", 1),
        ("notice", "notice", 1),
        ("accounts", "official", 2),
        ("notice", "notice", 2),
        ("accounts", "official", 3),
    ]
    assert verified().entries == 5


def test_everything_survives_a_rebuild_of_the_public_folder(cast: Cast) -> None:
    account = confirmed(cast)
    actions.report_compromised(by=cast.admin, account=account, since=clock.now(), why="Stolen")
    put_out()
    names = ("accounts.json", "accounts.note", "accounts.atom", "trust.txt", "notices.json", "en/accounts/")
    before = {name: file(name) for name in names}
    assert all(before.values())
    for name in names:
        place = settings.DRAGOMAN.public_dir / name
        (place / "index.html" if place.is_dir() else place).unlink()
    public.rebuild(by=WORKER)
    assert {name: file(name) for name in names} == before


def test_what_was_carried_twice_changes_nothing(cast: Cast, sandbox: Channel) -> None:
    account = confirmed(cast)
    notice = actions.report_compromised(by=cast.admin, account=account, since=clock.now(), why="Stolen")
    put_out()
    before = (Entry.objects.count(), Delivery.objects.count(), Pulse.objects.count())
    type(notice).objects.filter(pk=notice.pk).update(state="planned")
    Version.objects.update(state="planned")
    put_out()
    assert (Entry.objects.count(), Delivery.objects.count(), Pulse.objects.count()) == before
