"""What the public pages of statements say of copies on an account that was lost for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from tests.accounts.help import confirmed, put_out
from tests.cast import Cast
from tests.public import world

from dragoman.accounts import actions
from dragoman.base import clock
from dragoman.public import actions as public
from dragoman.public.values import Elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def test_copies_that_came_after_the_loss_are_marked_and_lead_nowhere(cast: Cast) -> None:
    account = confirmed(cast)
    since = clock.now() - timedelta(hours=1)
    edition = world.edition()
    public.publish_edition(by=world.BY, edition=edition)
    links = [
        Elsewhere("Before", "https://social.example/1", "sent", 5, account.ref, _iso(since, -60)),
        Elsewhere("After", "https://social.example/2", "sent", 9, account.ref, _iso(since, 60)),
        Elsewhere("Other", "https://other.example/3", "sent", 7, "", _iso(since, 60)),
    ]
    public.set_elsewhere(by=world.BY, ref=edition.ref, rev=edition.rev, links=links)
    actions.report_compromised(by=cast.admin, account=account, since=since, why="Stolen")
    put_out()
    public.rebuild(by=world.BY)
    place = settings.DRAGOMAN.public_dir / "en" / "statements" / edition.slug / "index.html"
    page = place.read_text("utf-8")
    assert "https://social.example/1" in page
    assert "https://social.example/2" not in page
    assert "https://other.example/3" in page
    assert page.count("after the account was compromised: not ours") == 1
    assert page.count('<aside class="alert" id="notices"') == 1


def _iso(since: datetime, minutes: int) -> str:
    return (since + timedelta(minutes=minutes)).isoformat()
