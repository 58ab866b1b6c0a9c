"""Care for what people write: hiding on stated grounds, the writer on a deed alone, and a person's rights.

The audit has who did what and to how many; never a text, a name or a handle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from dragoman.audit import actions as audit
from dragoman.base.actor import Actor
from dragoman.channels.actions.keeping import erase_arrivals
from dragoman.channels.models import Channel
from dragoman.inbox import keeping, sealing
from dragoman.inbox.actions import telling, upkeep
from dragoman.inbox.models import Author, Message
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from dragoman.lib.vault import VaultError
from dragoman.staff.models import Mission, Officer

WORKERS = ("author", "approver", "releaser")
AT_ONCE = 2000
# What a message may be hidden for. An opinion, a complaint or a hard word about the ministry is none of them.
GROUNDS: Mapping[str, str] = {
    "personal-data": "It shows personal data that strangers could misuse.",
    "threat": "It threatens a person or calls for violence against one.",
    "fraud": "It leads to a fraud or to harmful software.",
    "unlawful": "A law or a court forbids it to be shown.",
}
# What a person can do on the network, by kind of channel; the desk itself has no way to hide there.
BY_HAND: Mapping[str, str] = {
    "facebook": "Open it on Facebook and choose Hide comment: its writer and their friends still see it.",
    "instagram": "Open it on Instagram and choose Hide comment.",
    "threads": "Open it on Threads and choose Hide for everyone.",
    "youtube": "Open it in YouTube Studio and choose Remove.",
    "x": "Open it on X and choose Hide reply: it stays readable behind a notice.",
    "linkedin": "Open it on LinkedIn and choose Delete comment.",
    "bluesky": "Open it on Bluesky and choose Hide reply for everyone.",
    "telegram": "Delete it in the discussion group.",
    "mastodon": "No reply can be hidden on Mastodon. Ask its writer to delete it; a moderator can remove it.",
    "activitypub": "No reply can be hidden on this network. Ask its writer to delete it.",
}


@dataclass(frozen=True)
class Hidden:
    """What became of it, and what is left for a person to do on the network."""

    message: Message
    to_do: str


@dataclass(frozen=True)
class Kept:
    """One message in what a person is given of their own."""

    channel: str
    at: datetime
    text: str
    url: str
    private: bool
    state: str
    answered_at: datetime | None


@transaction.atomic
def hide(*, by: Officer, message: Message, ground: str) -> Hidden:
    """Hide a message on the desk's lists and treat it as private from now on, on one of `GROUNDS`.

    Never for what somebody thinks: there is no such ground. What must be done on the network is said.
    """
    _may(by, message.mission)
    if ground not in GROUNDS:
        raise Invalid(
            f"{ground!r} is no ground for hiding.",
            mend="Choose one of the list. An opinion is never a ground.",
            where=[{"field": "ground", "message": "not on the list"}],
        )
    row = _locked(message)
    if row.erased_at:
        raise Conflict("Its text was erased already.", code="erased")
    row.hidden_why = GROUNDS[ground]
    row.private = True
    if row.keep_until is not None:
        row.keep_until = min(row.keep_until, keeping.keep_until(row.at, private=True, kind=row.kind))
    row.save(update_fields=["hidden_why", "private", "keep_until", "updated"])
    _note(by, "hide", row, data={"ground": ground})
    return Hidden(row, _to_do(row))


@transaction.atomic
def show_again(*, by: Officer, message: Message, why: str) -> Message:
    """Take a hiding back on the desk, for a reason that stays. On the network a person does it."""
    _may(by, message.mission)
    if len(why.strip()) < 5:
        raise Invalid("Say why it is shown again.", where=[{"field": "why", "message": "missing"}])
    row = _locked(message)
    row.hidden_why = ""
    row.save(update_fields=["hidden_why", "updated"])
    _note(by, "show_again", row, why=why.strip())
    return row


@transaction.atomic
def open_author(*, by: Officer, message: Message, why: str) -> sealing.Writer:
    """Who wrote this one message, for a reason that stays in the audit with the officer's name.

    NotFound when nobody is kept; Unavailable when the key is gone.
    """
    _may(by, message.mission)
    if len(why.strip()) < 5:
        raise Invalid(
            "Say why you need to know who wrote it.",
            mend="Such as: to reach them about their call for help.",
            where=[{"field": "why", "message": "missing"}],
        )
    row = Author.objects.filter(message=message).first()
    if row is None:
        raise NotFound("Who wrote it is not kept.")
    try:
        writer = sealing.opened(row.sealed)
    except VaultError as trouble:
        raise Unavailable(str(trouble)) from None
    _note(by, "open_author", message, why=why.strip())
    return writer


@transaction.atomic
def export_person(*, by: Officer, handle: str, channel: Channel) -> list[Kept]:
    """All that is kept of one person on one channel, to be given to them. For administrators.

    Found by opening each sealed writer of the channel; nothing is written that would join them.
    """
    _may_administer(by, channel.mission)
    ids = list(_messages_of(handle, channel))
    rows = Message.objects.filter(pk__in=ids, erased_at__isnull=True).order_by("at", "pk")
    found = [
        Kept(channel.label, row.at, row.text, row.url, row.private, row.state, row.answered_at)
        for row in rows
    ]
    data = {"messages": len(found)}
    audit.note(
        by=by,
        verb="inbox.export_person",
        target=f"channel:{channel.slug}",
        data=data,
        mission=channel.mission.slug,
    )
    return found


@transaction.atomic
def erase_person(*, by: Officer, handle: str, channel: Channel, why: str = "") -> int:
    """Erase what one person wrote on one channel, and who they are. For administrators. Gives how many.

    Counts stay. Replies to them that are not out are cancelled, and the texts never come in again. A call for
    help that is open must be brought to its end first: Conflict says so, and nothing is erased.
    """
    _may_administer(by, channel.mission)
    ids = list(_messages_of(handle, channel))
    rows = list(Message.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    if any(row.state == "help" for row in rows):
        raise Conflict(
            "One of their messages is an open call for help.",
            mend="Bring it to its end first, or dismiss it.",
            code="help-open",
        )
    if rows:
        telling.cancel_replies(by=by, messages=[row.pk for row in rows], why="Its writer was erased.")
        erase_arrivals(by=by, channel=channel, outside_ids=[row.outside_id for row in rows], why=why)
        upkeep.empty_messages([row.pk for row in rows])
    data = {"messages": len(rows)}
    audit.note(
        by=by,
        verb="inbox.erase_person",
        target=f"channel:{channel.slug}",
        why=why,
        data=data,
        mission=channel.mission.slug,
    )
    return len(rows)


def _messages_of(handle: str, channel: Channel) -> Iterator[int]:
    """Ids of the messages of the person of that handle, by opening every writer of the channel."""
    if not handle.strip().lstrip("@"):
        raise Invalid("Whose messages?", where=[{"field": "handle", "message": "missing"}])
    last = 0
    while True:
        rows = list(
            Author.objects.filter(Q(message__channel=channel), pk__gt=last)
            .order_by("pk")
            .values_list("pk", "message_id", "sealed")[:AT_ONCE]
        )
        if not rows:
            return
        try:
            writers = sealing.opened_many([sealed for _, _, sealed in rows])
        except VaultError as trouble:
            raise Unavailable(str(trouble)) from None
        for (_, message_id, _), writer in zip(rows, writers, strict=True):
            if writer.is_called(handle):
                yield message_id
        last = rows[-1][0]


def _to_do(message: Message) -> str:
    if message.channel is None or message.way in ("form", "mail"):
        return ""
    by_hand = BY_HAND.get(
        message.channel.kind,
        "The desk has no way to hide it on this network: do it on the network's own page.",
    )
    return f"{by_hand} Then write to its writer in private, and say why."


def _locked(message: Message) -> Message:
    rows = Message.objects.select_for_update(of=("self",)).select_related("mission", "channel")
    return rows.get(pk=message.pk)


def _may(by: Officer, mission: Mission) -> None:
    if not any(by.may(role, mission) for role in WORKERS):
        raise NotAllowed(
            f"This needs one of the roles {', '.join(WORKERS)} at {mission}.", mend="Ask its administrator."
        )


def _may_administer(by: Officer, mission: Mission) -> None:
    if not by.may("administrator", mission):
        raise NotAllowed(
            f"This needs the role of administrator at {mission}.", mend="Ask an administrator of the mission."
        )


def _note(
    by: Actor, verb: str, message: Message, why: str = "", data: dict[str, object] | None = None
) -> None:
    audit.note(
        by=by,
        verb=f"inbox.{verb}",
        target=f"message:{message.pk}",
        why=why,
        data=dict(data or {}),
        mission=message.mission.slug,
    )
