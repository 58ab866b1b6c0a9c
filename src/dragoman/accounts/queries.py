"""What pages, the API and the deeds of other apps ask of the register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q, QuerySet

from dragoman.accounts import register, rules, states
from dragoman.accounts.models import Check, Notice, OfficialAccount, Version
from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.channels import queries as channels
from dragoman.channels import registry
from dragoman.channels.connector import TRAINING
from dragoman.channels.models import Channel
from dragoman.lib.problems import NotFound
from dragoman.public import queries as public
from dragoman.record import keys

if TYPE_CHECKING:
    from dragoman.staff.models import Officer

FILTERS = {
    "": "All",
    "proposed": "Proposed",
    "confirmed": "Confirmed",
    "compromised": "Compromised",
    "review": "Review due",
    "failed": "Check failed",
    "retired": "Retired",
}


def speaks_officially(channel: Channel, at: datetime | None = None) -> str | None:
    """Why nothing may be released on this channel at this moment; None when it may.

    The words go on after the channel's name. Training kinds are exempt: nobody outside sees them.
    """
    return why_not([channel], at).get(channel.pk)


def why_not(wanted: Iterable[Channel], at: datetime | None = None) -> dict[int, str]:
    """The same for many channels in one query: channel id -> why not. Those that may speak are left out."""
    day = (at or clock.now()).date()
    asked = [one for one in wanted if not channels.able(one, TRAINING)]
    found: dict[int, list[rules.Standing]] = {one.pk: [] for one in asked}
    if asked:
        for row in (
            OfficialAccount.objects.filter(channel__in=asked).exclude(state="discarded").order_by("id")
        ):
            standing = rules.Standing(row.state, row.valid_from, row.valid_to)
            found[row.channel_id or 0].append(standing)
    reasons = {pk: rules.why_not(standings, day) for pk, standings in found.items()}
    return {pk: why for pk, why in reasons.items() if why}


def official_refs(channel_ids: Iterable[int]) -> dict[int, str]:
    """Channel id -> the ref of its listed account, the newest where there are several."""
    rows = OfficialAccount.objects.listed().filter(channel__in=list(channel_ids)).order_by("id")
    return {row.channel_id: row.ref for row in rows if row.channel_id}


# --- pages of the desk ---


@dataclass(frozen=True, slots=True)
class Row:
    """One account as the list shows it."""

    account: OfficialAccount
    review_due: bool
    method: str


def rows(officer: Officer, wanted: str = "") -> list[Row]:
    """The accounts that an officer sees; `wanted` is one of FILTERS."""
    day = clock.now().date()
    found = OfficialAccount.objects.visible_to(officer).select_related("mission", "channel", "successor")
    if wanted == "review":
        found = found.filter(state__in=states.LIVE, review_due__lte=day)
    elif wanted == "failed":
        found = found.filter(state__in=states.LIVE, checked_ok=False)
    elif wanted in states.ACCOUNT.states:
        found = found.filter(state=wanted)
    else:
        found = found.exclude(state="discarded")
    return [Row(one, one.review_is_due(day), rules.WORDS.get(one.method, "")) for one in found]


def account(ref: str, officer: Officer) -> OfficialAccount:
    """One account that the officer sees; NotFound otherwise."""
    found = OfficialAccount.objects.visible_to(officer).select_related("mission", "channel", "successor")
    one = found.filter(ref=ref).first()
    if one is None:
        raise NotFound(
            f"There is no official account {ref!r} that you can see.", mend="Look at the list of accounts."
        )
    return one


def checks(account: OfficialAccount, count: int = 12) -> list[Check]:
    """The latest checks, newest first."""
    return list(account.checks.all()[:count])


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of an account's history."""

    at: datetime
    did: str
    actor: str
    why: str


def history(account: OfficialAccount, count: int = 30) -> list[Deed]:
    """What was done to it, newest first."""
    events = Event.objects.filter(target=account.target).order_by("-id")[:count]
    return [
        Deed(one.at, one.verb.removeprefix("accounts.").replace("_", " ").capitalize(), one.actor, one.why)
        for one in events
    ]


def notice_of(account: OfficialAccount) -> Notice | None:
    """The notice that stands, or is about to."""
    return account.notices.filter(state__in=("planned", "standing", "lifting")).first()


def unregistered(officer: Officer) -> list[Channel]:
    """Channels that are seen and have no account yet, which is proposed within a minute."""
    seen = Channel.objects.visible_to(officer).select_related("mission")
    return [one for one in seen.exclude(official_accounts__state__in=_ALIVE) if _outward(one)]


def others(account: OfficialAccount) -> list[Channel]:
    """The channels that a notice about this account goes out on: those that are on and may speak."""
    on = list(Channel.objects.filter(state="on").exclude(pk=account.channel_id or 0).order_by("pk"))
    refused = why_not(on)
    return [one for one in on if one.pk not in refused and one.kind in registry.KINDS]


def later_posts(account: OfficialAccount, since: datetime) -> int:
    """How many of our own deliveries went out on the account after that moment."""
    if account.channel is None:
        return 0
    return account.channel.deliveries.filter(sent_at__gt=since).count()


def kinds() -> dict[str, str]:
    """Every kind of account and its label: those of channels, and three of our own."""
    own = {"domain": "Domain", "sender": "E-mail sender", "other": "Other"}
    return {kind.name: kind.label for kind in channels.kinds() if not kind.able(TRAINING)} | own


def languages() -> tuple[str, ...]:
    """The languages that a notice is written in: those of the site."""
    return public.languages() or ("en",)


def in_order(langs: Iterable[str]) -> list[str]:
    """Languages in the order of the site, others after them: the database keeps none."""
    given = list(langs)
    return [one for one in languages() if one in given] + [one for one in given if one not in languages()]


# --- the register ---


def entries() -> list[register.Entry]:
    """All listed accounts as the public gets them."""
    found = OfficialAccount.objects.listed().select_related("mission", "successor").order_by("ref")
    notices: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for one in Notice.objects.order_by("id"):
        notices.setdefault(one.account_id, []).append((one.since, one.until))
    return [_entry(one, tuple(notices.get(one.pk, ()))) for one in found]


def newest() -> Version | None:
    """The newest version of the register, published or not."""
    return Version.objects.order_by("-number").first()


def planned_versions() -> QuerySet[Version]:
    """Versions that are not out yet, oldest first."""
    return Version.objects.filter(state="planned").order_by("number")


def open_notices() -> QuerySet[Notice]:
    """Notices that are still to be put out or taken back."""
    return Notice.objects.filter(state__in=states.NOTICE.automatic).order_by("id")


def due_checks(now: datetime) -> QuerySet[OfficialAccount]:
    """Accounts that the clock should look at."""
    return OfficialAccount.objects.filter(state__in=states.LIVE, next_check__lte=now).order_by("next_check")


def bare_channels() -> list[Channel]:
    """Channels that no account was ever proposed for."""
    bare = Channel.objects.filter(official_accounts=None).select_related("mission").order_by("pk")
    return [one for one in bare if _outward(one)]


def origin() -> str:
    """The name of the record that the register is sealed in."""
    return keys.origin()


def site() -> str:
    """The ministry's own site."""
    return str(settings.DRAGOMAN.public_url)


# --- what is late ---


def oldest_version() -> datetime | None:
    """When the oldest version that is not out was made."""
    return planned_versions().values_list("at", flat=True).first()


def oldest_notice() -> datetime | None:
    """Since when the oldest notice waits to be put out or taken back."""
    return open_notices().order_by("state_at").values_list("state_at", flat=True).first()


def oldest_check() -> datetime | None:
    """The due time of the oldest check that the clock has not made."""
    return due_checks(clock.now()).values_list("next_check", flat=True).first()


def waiting_for_a_person(officer: Officer) -> int:
    """How many accounts want one: to be confirmed, reviewed, or looked at after a failed check."""
    day = clock.now().date()
    wanting = Q(state="proposed") | Q(state__in=states.LIVE, review_due__lte=day)
    wanting |= Q(state__in=states.LIVE, checked_ok=False)
    return OfficialAccount.objects.visible_to(officer).filter(wanting).count()


def needs(officer: Officer, today: date) -> Sequence[OfficialAccount]:
    """The same accounts, for the front page."""
    wanting = Q(state="proposed") | Q(state="confirmed", review_due__lte=today)
    wanting |= Q(state__in=states.LIVE, checked_ok=False) | Q(state="compromised")
    found = OfficialAccount.objects.visible_to(officer).filter(wanting).select_related("mission")
    return list(found.order_by("state_at")[:20])


_ALIVE = ("proposed", "confirmed", "compromised")


def _outward(channel: Channel) -> bool:
    return channel.kind in registry.KINDS and not channels.able(channel, TRAINING)


def _entry(one: OfficialAccount, stretches: tuple[tuple[datetime, datetime | None], ...]) -> register.Entry:
    return register.Entry(
        ref=one.ref,
        kind=one.kind,
        network=one.network,
        handle=one.handle,
        address=one.address,
        owner=one.mission.name,
        languages=tuple(one.languages),
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        successor=one.successor.ref if one.successor else "",
        state=one.state,
        how=one.method if one.verified_at else "",
        verified=one.verified_at.date() if one.verified_at else None,
        checked=one.checked_at.date() if one.checked_at else None,
        not_official=stretches,
    )
