"""Reads of recipients, mailings and copies; opening their addresses; the marks that find them again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncDate

from dragoman.base import clock
from dragoman.channels import registry
from dragoman.channels.connector import MANY
from dragoman.channels.connector import Recipient as RecipientValue
from dragoman.channels.models import Channel, Copy, Delivery, Mailing, Recipient
from dragoman.lib.pepper import Pepper, ref_of
from dragoman.lib.problems import NotFound, Unavailable
from dragoman.lib.vault import Vault, VaultError

# What a token is for. One made for one purpose is good for no other.
LEAVE, CONFIRM, BOUNCE = "leave", "confirm", "bounce"


@cache
def _vault(path: Path) -> Vault:
    return Vault(path)


@cache
def _pepper(path: Path) -> Pepper:
    return Pepper(path)


def address_vault() -> Vault:
    """The vault of the recipients' addresses: a key of its own, so that one may be given away without the
    other."""
    return _vault(Path(settings.DRAGOMAN.keys_dir) / "recipients.key")


def pepper() -> Pepper:
    """What marks and tokens of recipients are made with."""
    return _pepper(Path(settings.DRAGOMAN.keys_dir) / "recipients.pepper")


def address_mark(channel: Channel, identity: str) -> str:
    """By what a recipient is found again. The same address on two channels has two marks."""
    return pepper().mark("address", str(channel.pk), identity)


def by_identity(channel: Channel, identity: str) -> Recipient | None:
    """The recipient of this channel with exactly this address."""
    return Recipient.objects.filter(channel=channel, address_hash=address_mark(channel, identity)).first()


def address_of(recipient: Recipient) -> dict[str, str]:
    """The opened address. Empty for those who have left."""
    try:
        return {name: str(value) for name, value in address_vault().open(recipient.sealed).items()}
    except VaultError as error:
        raise Unavailable(str(error), code="vault") from None


def value_of(recipient: Recipient) -> RecipientValue:
    """The recipient as a connector gets it: the address, and with it what leads out again."""
    return values_of([(recipient.ref, recipient.sealed, recipient.lang)])[0]


def values_of(rows: Sequence[tuple[uuid.UUID, str, str]]) -> list[RecipientValue]:
    """The same for many, each given by its ref, its sealed address and its language."""
    marks, site = pepper(), f"{settings.DRAGOMAN.public_url}/subscribe"
    try:
        opened = address_vault().open_many(sealed for _, sealed, _ in rows)
    except VaultError as error:
        raise Unavailable(str(error), code="vault") from None
    made = []
    for (ref, _, lang), address in zip(rows, opened, strict=True):
        token = marks.token(LEAVE, ref)
        tokens = {
            "leave": f"{site}/mine/{token}/",
            "one_click": f"{site}/out/{token}/",
            "bounce": marks.tag(BOUNCE, ref),
        }
        plain = {name: str(value) for name, value in address.items()}
        made.append(RecipientValue(str(ref), plain | tokens, lang))
    return made


def leave_url(recipient: Recipient) -> str:
    """Where a recipient leaves or changes their wishes: good for as long as they are one."""
    return f"{settings.DRAGOMAN.public_url}/subscribe/mine/{pepper().token(LEAVE, recipient.ref)}/"


def confirm_token(recipient: Recipient) -> str:
    """Good for the newest asking only, and nowhere stored."""
    return pepper().token(CONFIRM, recipient.ref, _asked(recipient))


def confirm_url(recipient: Recipient) -> str:
    """Where the owner of an address says yes."""
    return f"{settings.DRAGOMAN.public_url}/subscribe/yes/{confirm_token(recipient)}/"


def of_leave_token(token: str) -> Recipient:
    """The recipient that the token was made for; NotFound for any other text."""
    if not pepper().fits(token, LEAVE):
        raise _no_such_link()
    return _at(ref_of(token))


def of_confirm_token(token: str) -> Recipient:
    """As `of_leave_token`, for the link in the newest letter."""
    recipient = _at(ref_of(token))
    if not pepper().fits(token, CONFIRM, _asked(recipient)):
        raise _no_such_link()
    return recipient


def of_bounce_tag(tag: str) -> Recipient | None:
    """The recipient whose returned mail this is; None when the tag is not of our making or they are gone."""
    ref = pepper().ref_of_tag(tag, BOUNCE)
    return Recipient.objects.select_related("channel").filter(ref=ref).first() if ref else None


def _asked(recipient: Recipient) -> str:
    return recipient.asked_at.isoformat() if recipient.asked_at else ""


def _at(ref: uuid.UUID | None) -> Recipient:
    found = Recipient.objects.select_related("channel").filter(ref=ref).first() if ref else None
    if found is None:
        raise _no_such_link()
    return found


def _no_such_link() -> NotFound:
    return NotFound(
        "This link is not one of ours, or what it led to has been deleted.",
        mend="Use the whole link of the newest letter, or subscribe again.",
        code="no-such-link",
    )


# --- figures ---


@dataclass(frozen=True, slots=True)
class Progress:
    """How the copies of one delivery stand: how many came to what."""

    state: str
    total: int
    counts: Mapping[str, int]
    why: str = ""
    shown: str = ""

    @property
    def settled(self) -> int:
        """Those that will not move by themselves any more."""
        return self.total - self.left

    @property
    def left(self) -> int:
        return self.counts.get("waiting", 0) + self.counts.get("sending", 0)


def progress(delivery: Delivery) -> Progress | None:
    """None when the delivery makes no copies, or has not begun to."""
    mailing = Mailing.objects.filter(delivery=delivery).first()
    return progress_of(mailing) if mailing else None


def progress_of(mailing: Mailing) -> Progress:
    """The counts of the rows, or what was kept of them."""
    counts = mailing.tally or copy_counts(mailing.delivery_id)
    return Progress(mailing.state, mailing.total, counts, mailing.why, mailing.shown)


def copy_counts(delivery_id: int) -> dict[str, int]:
    """State -> how many copies of a delivery are in it."""
    rows = Copy.objects.filter(delivery_id=delivery_id).order_by()
    return dict(rows.values_list("state").annotate(count=Count("id")))


def recipient_counts(channel: Channel) -> list[dict[str, Any]]:
    """State, language and how many, for the page of a channel."""
    rows = Recipient.objects.filter(channel=channel).order_by("state", "lang")
    return [dict(row) for row in rows.values("state", "lang").annotate(count=Count("id"))]


def deliveries_without_copies(now: datetime) -> QuerySet[Delivery, int]:
    """Deliveries of kinds with recipients that went out, and whose copies nobody has begun: the job that was
    to do so is lost."""
    many = [name for name in registry.KINDS if registry.kind(name).able(MANY)]
    rows = Delivery.objects.filter(
        channel__kind__in=many, state="sent", mailing__isnull=True, sent_at__lte=now, channel__state="on"
    )
    return rows.filter(last_useful__gt=now).order_by("pk").values_list("pk", flat=True)


def joined_by_day(channel: Channel, since: datetime) -> list[tuple[str, int]]:
    """Day -> how many said yes on it, of those who are still there or have just left."""
    rows = Recipient.objects.filter(channel=channel, confirmed_at__gte=since).order_by()
    days = rows.annotate(day=TruncDate("confirmed_at")).values_list("day").annotate(count=Count("id"))
    return [(day.isoformat(), count) for day, count in days]


# --- what is late ---


def oldest_mailing() -> datetime | None:
    """The due time of the oldest mailing that nobody has looked at."""
    rows = Mailing.objects.filter(state="running", next_at__lte=clock.now(), delivery__channel__state="on")
    oldest: datetime | None = rows.aggregate(oldest=Min("next_at"))["oldest"]
    return oldest


def oldest_letter() -> datetime | None:
    """The due time of the oldest letter that waits to be sent."""
    rows = Recipient.objects.filter(letter_at__lte=clock.now(), channel__state="on")
    oldest: datetime | None = rows.aggregate(oldest=Min("letter_at"))["oldest"]
    return oldest
