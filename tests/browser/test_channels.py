"""Channels at the desk: chosen, connected on the network's own page, watched as a release goes out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import expect
from tests import make
from tests.browser.conftest import Desk, overflow, violations
from tests.cast import Cast
from tests.channels import toy
from tests.fakes.oauth import OAuthServer

from dragoman.channels import actions, registry
from dragoman.channels.models import Channel, Delivery
from dragoman.statements.actions import releases

LOOKS = ((1440, False), (380, True))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Iterator[OAuthServer]:
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    monkeypatch.setattr(settings.DRAGOMAN, "desk_url", desk.origin)
    monkeypatch.setitem(registry.KINDS, "toy", "tests.channels.toy")
    with OAuthServer().running() as running:
        running.redirect_uri = f"{desk.origin}/channels/oauth/callback/"
        yield running


def test_a_channel_is_added_and_connected_on_the_networks_own_page(
    desk: Desk, cast: Cast, server: OAuthServer
) -> None:
    page = desk.seat(cast.admin)
    desk.open(page, "/channels/new/")
    page.get_by_role("link", name="Add a channel on Toy network").click()
    expect(page.locator("input[name=service]")).to_be_hidden()  # folded away: it has a good default
    page.fill("input[name=label]", "Toy")
    page.fill("input[name=slug]", "toy")
    for name, value in toy.values(server).items():
        if name == "service":
            page.get_by_text("Seldom needed").click()
        if name != "form":
            page.fill(f"input[name={name}]", value)
    page.get_by_role("button", name="Add, then connect").click()
    expect(page.get_by_role("heading", name="Connect Toy")).to_be_visible()
    expect(page.locator("main")).to_contain_text(server.redirect_uri)
    page.get_by_role("button", name="Go to 127.0.0.1").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Sign in on 127.0.0.1").click()
    page.wait_for_url("**/channels/at/toy/")
    expect(page.locator("main")).to_contain_text("Toy is connected")
    expect(page.locator("main")).to_contain_text("@ministry")
    expect(page.locator("main")).to_contain_text("40 of 100 left")
    desk.picture(page, "channel-connected")
    page.goto(next(url for url in asked if "/oauth/callback/" in url))
    expect(page.get_by_role("heading", name="Not connected")).to_be_visible()
    assert violations(page) == []
    assert server.calls.count("token") == 1


def test_the_pages_of_channels_are_open_to_everyone(desk: Desk, cast: Cast, server: OAuthServer) -> None:
    channel = actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="toy",
        slug="toy",
        label="Toy",
        values=toy.values(server),
    )
    wrong = []
    for width, dark in LOOKS:
        page = desk.seat(cast.admin, width=width, dark=dark)
        for path in ("new/", "kinds/toy/", "new/toy/", f"at/{channel.slug}/", f"at/{channel.slug}/connect/"):
            assert desk.open(page, f"/channels/{path}") == 200
            wrong += [f"{path} {width}: {line}" for line in violations(page)]
            if overflow(page):
                wrong.append(f"{path} {width}: scrolls sideways by {overflow(page)}")
    assert not wrong, "\n".join(wrong)


def test_lengths_follow_the_keys_before_anything_is_saved(desk: Desk, cast: Cast, wall: Channel) -> None:
    revision = make.make_statement(cast, channels=[wall])
    page = desk.seat(cast.editor)
    desk.open(page, f"/statements/{revision.statement.ref}/edit/")
    row = page.locator("#measures tr", has_text="Training wall")
    before = row.inner_text()
    # Saving is held up, so that what is seen can only come from the counts.
    page.route("**/text/en/", lambda route: None)
    page.locator('textarea[aria-label="English, paragraph 1"]').press_sequentially(" And more words.")
    expect(row).not_to_have_text(before)
    expect(page.locator("#preview")).to_contain_text("And more words.")
    assert "And more words" not in revision.texts.get(lang="en").body
    page.unroute_all()


@pytest.mark.timeout(180)
def test_a_release_is_watched_and_its_evidence_taken_home(
    desk: Desk, cast: Cast, wall: Channel, work: Callable[[], None]
) -> None:
    blind = actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="sandbox",
        slug="blind",
        label="Blind wall",
        values={"address": "blind"},
    )
    revision = make.approved(cast, make.make_statement(cast, channels=[wall, blind]))
    page = desk.seat(cast.director)
    releases.release_statement(by=cast.director, revision=revision)
    desk.open(page, f"/statements/{revision.statement.ref}/release/")
    work()
    rows = page.locator("section[aria-labelledby=rc] tbody tr")
    expect(rows.filter(has_text="Sent")).to_have_count(2)  # by itself, with no reload
    expect(rows.filter(has_text="Unsure")).to_have_count(2)
    expect(page.get_by_role("img", name=re.compile("Skew plot"))).to_be_visible()
    assert violations(page) == []
    desk.picture(page, "release-watched")
    with page.expect_download() as taken:
        page.get_by_text("Evidence file").click()
        page.get_by_role("link", name="For programs (JSON)").click()
    found = json.loads(taken.value.path().read_bytes())
    assert {row["state"] for row in found["deliveries"]} == {"sent", "unsure"}
    with page.expect_download() as taken:
        page.get_by_role("link", name="To read and print (HTML)").click()
    reader = desk.page(width=900, script=False)
    reader.set_content(taken.value.path().read_text("utf-8"))
    expect(reader.locator("h1")).to_contain_text("Evidence of")
    desk.picture(reader, "evidence")

    delivery = Delivery.objects.filter(channel=blind).first()
    assert delivery is not None
    desk.open(page, f"/channels/deliveries/{delivery.pk}/decision/")
    expect(page.locator("main")).to_contain_text("Look at its posts between")
    assert violations(page) == []
    page.get_by_label("It is out").check()
    page.fill("textarea[name=why]", "It stands on the wall.")
    page.get_by_role("button", name="Decide").click()
    expect(page.locator("section[aria-labelledby=dn]")).to_contain_text("It stands on the wall.")
