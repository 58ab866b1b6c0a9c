"""Two persons, one register: what may be done to an official account, and by whom."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from tests import make
from tests.accounts.help import MASTODON, WORKER, confirmed, proposed, put_out
from tests.accounts.outside import world
from tests.cast import Cast

from dragoman.accounts import actions, queries
from dragoman.accounts.actions import upkeep
from dragoman.accounts.models import Notice, OfficialAccount, Version
from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.base.overdue import oldest_of
from dragoman.channels.models import Channel
from dragoman.lib.http import Door
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.record.models import Entry
from dragoman.staff.models import Officer
from dragoman.statements.actions import releases
from dragoman.statements.queries import drafting

pytestmark = pytest.mark.django_db(transaction=True)


def by_hand(cast: Cast, account: OfficialAccount) -> None:
    actions.verify_by_hand(by=cast.admin, account=account, why="We opened it.", document="Note 17")


# --- proposing and confirming ---


def test_nobody_confirms_what_they_proposed(cast: Cast) -> None:
    account = actions.propose_account(by=cast.admin, mission=cast.capital, values=MASTODON)
    by_hand(cast, account)
    with pytest.raises(NotAllowed, match="second person"):
        actions.confirm_account(by=cast.admin, account=account)
    actions.confirm_account(by=cast.director, account=account)
    account.refresh_from_db()
    assert (account.state, account.confirmed_by, account.proposed_by) == ("confirmed", "director", "admin")


def test_one_of_the_two_is_an_administrator(cast: Cast) -> None:
    account = proposed(cast)
    by_hand(cast, account)
    with pytest.raises(NotAllowed, match="administrator"):
        actions.confirm_account(by=cast.director, account=account)
    actions.confirm_account(by=cast.admin, account=account)


def test_an_account_that_nothing_shows_to_be_ours_is_not_confirmed(cast: Cast) -> None:
    with pytest.raises(Conflict, match="not verified"):
        actions.confirm_account(by=cast.admin, account=proposed(cast))


@pytest.mark.parametrize("who", ["stranger", "auditor"])
def test_those_without_a_role_at_the_owner_propose_nothing(cast: Cast, who: str) -> None:
    with pytest.raises(NotAllowed):
        actions.propose_account(by=getattr(cast, who), mission=cast.capital, values=MASTODON)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "rumour"}, "kind"),
        ({"ref": "Not A Slug"}, "ref"),
        ({"network": " "}, "network"),
        ({"handle": ""}, "handle"),
        ({"address": "ftp://social.example/"}, "address"),
        ({"address": "https://user:word@social.example/"}, "address"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"languages": ["en", "english!"]}, "languages"),
        ({"valid_from": datetime(2026, 2, 1).date(), "valid_to": datetime(2026, 1, 1).date()}, "valid_to"),  # noqa: DTZ001 - days
        ({"kind": "domain", "handle": "https://mfa.example/"}, "handle"),
        ({"kind": "sender", "handle": "press"}, "handle"),
        ({"kind": "sender", "handle": "press@mfa.example", "selector": "a b"}, "selector"),
    ],
)
def test_wrong_input_is_refused_by_field(cast: Cast, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        proposed(cast, **changes)
    assert field in [place["field"] for place in caught.value.where]
    assert not OfficialAccount.objects.exists()


def test_one_account_stands_in_the_register_once(cast: Cast) -> None:
    proposed(cast)
    with pytest.raises(Conflict, match="in the register already"):
        proposed(cast, ref="another", handle="@Ministry@social.example")
    with pytest.raises(Conflict, match="already"):
        proposed(cast, handle="@other@social.example")


def test_a_refused_proposal_leaves_room_for_another(cast: Cast) -> None:
    actions.discard_account(by=cast.admin, account=proposed(cast), why="Not ours")
    proposed(cast, ref="second-try")


def test_each_deed_is_in_the_audit(cast: Cast) -> None:
    account = confirmed(cast)
    verbs = Event.objects.filter(target=account.target).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["accounts.propose_account", "accounts.verify_by_hand", "accounts.confirm_account"]


# --- changing, reviewing, retiring ---


def test_a_new_name_must_be_confirmed_anew_and_stops_the_channel(cast: Cast, channel: Channel) -> None:
    account = confirmed(cast, kind="bluesky", network="Bluesky", handle="ministry.example", channel=channel)
    assert queries.speaks_officially(channel) is None
    actions.change_account(by=cast.admin, account=account, values={"handle": "mfa.example"})
    account.refresh_from_db()
    channel.refresh_from_db()
    assert (account.state, account.verified_at, channel.state) == ("proposed", None, "off")
    assert "nobody has confirmed" in str(queries.speaks_officially(channel))
    by_hand(cast, account)
    with pytest.raises(NotAllowed, match="second person"):
        actions.confirm_account(by=cast.admin, account=account)


def test_a_change_of_languages_needs_no_second_person(cast: Cast) -> None:
    account = actions.change_account(
        by=cast.admin, account=confirmed(cast), values={"languages": ["en", "fr"]}
    )
    assert account.state == "confirmed"
    assert Version.objects.count() == 2


def test_a_change_of_nothing_makes_no_version(cast: Cast) -> None:
    account = confirmed(cast)
    actions.change_account(by=cast.admin, account=account, values={"network": "Mastodon"})
    assert Version.objects.count() == 1


def test_a_year_later_a_person_is_asked_and_answers(cast: Cast) -> None:
    account = confirmed(cast)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=366)):
        account.refresh_from_db()
        assert account.review_is_due(clock.now().date())
        assert queries.waiting_for_a_person(cast.admin) == 1
        assert [row.account.pk for row in queries.rows(cast.admin, "review")] == [account.pk]
        actions.review_account(by=cast.director, account=account)
        assert queries.waiting_for_a_person(cast.admin) == 0


def test_a_retired_account_stays_listed_with_its_successor(cast: Cast, channel: Channel) -> None:
    old = confirmed(cast, channel=channel)
    new = confirmed(cast, ref="mastodon-new", handle="@mfa@social.example")
    actions.retire_account(by=cast.admin, account=old, why="Moved", successor=new)
    channel.refresh_from_db()
    assert channel.state == "off"
    assert "retired" in str(queries.speaks_officially(channel))
    entry = next(one for one in queries.entries() if one.ref == old.ref)
    assert (entry.state, entry.successor) == ("retired", "mastodon-new")
    with pytest.raises(Conflict):
        actions.check_account(by=cast.admin, account=old)


# --- checking ---


def test_a_failed_check_takes_nothing_away_and_shows(cast: Cast) -> None:
    account = confirmed(cast, kind="domain", network="Web", handle="embassy.example", address="")
    OfficialAccount.objects.update(method="dns", next_check=clock.now())
    with world() as out:

        async def run() -> Any:
            async with Door(allow_loopback=True) as door:
                return out.outside(door)

        outside = asyncio.run(run())
        assert actions.check_account(by=WORKER, account=account, outside=outside).ok is False
    account.refresh_from_db()
    assert (account.state, account.checked_ok) == ("confirmed", False)
    assert account.next_check is not None
    assert account.next_check < clock.now() + timedelta(days=2)
    assert queries.waiting_for_a_person(cast.admin) == 1
    assert [row.account.pk for row in queries.rows(cast.admin, "failed")] == [account.pk]


def test_what_is_due_is_looked_at_by_the_clock(cast: Cast) -> None:
    account = confirmed(cast)
    assert oldest_of("account checks") is None
    OfficialAccount.objects.update(next_check=clock.now() - timedelta(days=400))
    assert oldest_of("account checks") is not None
    assert upkeep.check_due(by=WORKER) == 1
    assert oldest_of("account checks") is None
    assert account.checks.count() == 2


def test_a_hand_s_word_stands_when_the_network_cannot_be_asked(cast: Cast) -> None:
    account = confirmed(cast)
    assert actions.check_account(by=WORKER, account=account).ok is None
    account.refresh_from_db()
    assert (account.method, account.checked_ok) == ("by-hand", True)


# --- the clock ---


def test_the_sweep_puts_out_what_lost_its_job_and_proposes_for_bare_channels(
    cast: Cast, channel: Channel, sandbox: Channel
) -> None:
    account = confirmed(cast)
    notice = actions.report_compromised(by=cast.admin, account=account, since=clock.now(), why="Stolen")
    assert oldest_of("account register") is not None
    assert oldest_of("account notices") is not None
    actions.sweep(by=WORKER)
    notice.refresh_from_db()
    assert notice.state == "standing"
    assert oldest_of("account register") is None
    assert oldest_of("account notices") is None
    [made] = OfficialAccount.objects.filter(channel=channel)
    assert (made.ref, made.handle, made.state) == ("bluesky-en", "ministry.example", "proposed")
    assert not OfficialAccount.objects.filter(channel=sandbox).exists()
    actions.sweep(by=WORKER)
    assert OfficialAccount.objects.filter(channel=channel).count() == 1


def test_a_later_day_of_a_check_makes_a_version_once_a_week(cast: Cast) -> None:
    confirmed(cast)
    put_out()
    now = datetime.now(UTC)
    with time_machine.travel(now + timedelta(days=3)):
        OfficialAccount.objects.update(checked_at=clock.now())
        actions.sweep(by=WORKER)
        assert Version.objects.count() == 1
    with time_machine.travel(now + timedelta(days=8)):
        actions.sweep(by=WORKER)
        actions.sweep(by=WORKER)
        assert Version.objects.filter(number=2).exists()
        assert Version.objects.count() == 2
        assert Entry.objects.filter(kind="accounts").count() in (1, 2)


# --- compromise ---


def test_one_releaser_reports_and_somebody_else_lifts(cast: Cast, second: Officer) -> None:
    account = confirmed(cast)
    actions.report_compromised(by=cast.director, account=account, since=clock.now(), why="Stolen")
    put_out()
    with pytest.raises(NotAllowed, match="second person"):
        actions.lift_compromise(by=cast.director, account=account, why="Back")
    actions.lift_compromise(by=cast.admin, account=account, why="Back")
    account.refresh_from_db()
    assert account.state == "confirmed"


@pytest.mark.parametrize("who", ["editor", "approver", "embassy", "stranger", "auditor"])
def test_others_report_nothing(cast: Cast, who: str) -> None:
    account = confirmed(cast)
    with pytest.raises(NotAllowed):
        actions.report_compromised(by=getattr(cast, who), account=account, since=clock.now(), why="Stolen")
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("since", "why", "texts"),
    [
        (timedelta(days=1), "Stolen", None),
        (timedelta(), " ", None),
        (timedelta(), "Stolen", {"en": {"title": ""}}),
        (timedelta(), "Stolen", {"en": {"title": "x" * 300}}),
        (timedelta(), "Stolen", {"no language": {"title": "x", "body": "y"}}),
    ],
)
def test_a_wrong_report_is_refused_and_changes_nothing(
    cast: Cast, since: timedelta, why: str, texts: Any
) -> None:
    account = confirmed(cast)
    with pytest.raises(Invalid):
        actions.report_compromised(
            by=cast.admin, account=account, since=clock.now() + since, why=why, texts=texts
        )
    account.refresh_from_db()
    assert account.state == "confirmed"


def test_a_second_report_of_the_same_account_is_refused(cast: Cast) -> None:
    account = confirmed(cast)
    actions.report_compromised(by=cast.admin, account=account, since=clock.now(), why="Stolen")
    with pytest.raises(Conflict):
        actions.report_compromised(by=cast.director, account=account, since=clock.now(), why="Stolen")


def test_the_officers_own_words_are_sealed(cast: Cast) -> None:
    account = confirmed(cast)
    words = {"en": {"title": "Our account was stolen", "body": "Do not click **anything** there."}}
    notice = actions.report_compromised(
        by=cast.admin, account=account, since=clock.now(), why="Stolen", texts=words
    )
    assert notice.texts["en"]["title"] == "Our account was stolen"
    put_out()
    assert Entry.objects.get(kind="notice").ref == notice.ref


# --- posts go out only on official accounts ---


def test_nothing_is_released_on_a_channel_without_an_official_account(cast: Cast, channel: Channel) -> None:
    make.make_sheet(cast)
    revision = make.approved(cast, make.make_statement(cast, channels=[channel]))
    told = [item.finding for item in drafting.findings(revision) if item.finding.rule == "ACC-1"]
    assert [one.severity for one in told] == ["warns"]
    with pytest.raises(Invalid, match=r"The channel @ministry\.example is not registered") as caught:
        releases.release_statement(by=cast.director, revision=revision)
    assert "Official accounts" in caught.value.mend
    confirmed(cast, kind="bluesky", network="Bluesky", handle="ministry.example", channel=channel)
    releases.release_statement(by=cast.director, revision=revision)


@pytest.mark.parametrize(
    ("days", "why"), [((10, None), "only from"), ((-20, -10), "until")], ids=["not yet", "no longer"]
)
def test_an_account_speaks_within_its_days(
    cast: Cast, channel: Channel, days: tuple[int, int | None], why: str
) -> None:
    today = clock.now().date()
    first, last = (today + timedelta(days=day) if day is not None else None for day in days)
    confirmed(cast, channel=channel, valid_from=first, valid_to=last)
    assert why in str(queries.speaks_officially(channel))


def test_training_channels_need_no_account(cast: Cast, sandbox: Channel) -> None:
    assert queries.speaks_officially(sandbox) is None
