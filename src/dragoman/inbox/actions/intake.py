"""What came in becomes messages: each once, its writer sealed apart, edits and deletions followed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor, System
from dragoman.base.jobs import later
from dragoman.channels.actions.keeping import mark_taken
from dragoman.channels.connector import Gone, Incoming
from dragoman.channels.models import Arrival, Channel
from dragoman.channels.queries import arrivals
from dragoman.inbox import keeping, sealing
from dragoman.inbox.actions import telling
from dragoman.inbox.actions.counting import recount
from dragoman.inbox.models import Author, Message
from dragoman.lib.problems import Invalid, Unavailable
from dragoman.lib.vault import VaultError
from dragoman.staff.models import Mission

WORKER = System("inbox worker")
LONGEST = 20_000
LONGEST_FORM = 5_000
# A machine answered; no person asks anything in it (RFC 3834).
AUTOMATIC = "rfc3834"
# Kinds of channel whose texts are letters.
MAIL = frozenset({"email"})


@dataclass
class Came:
    """What one transaction took over."""

    new: int = 0
    edited: int = 0
    gone: int = 0
    unread: int = 0
    recount: set[int] = field(default_factory=set)
    changed: list[int] = field(default_factory=list)


def take_in(*, by: Actor, limit: int = 500) -> int:
    """Take over what waits, oldest first. Gives how many arrivals that was; 0 when nothing waits.

    Two at once take different ones. What the ministry said itself is no message. Raises Unavailable when
    nothing of it can be unsealed, so that it goes on waiting until the key is back.
    """
    with transaction.atomic():
        rows = arrivals.waiting_arrivals(limit)
        if not rows:
            return 0
        came = Came()
        opened = _opened(rows, came)
        by_channel: dict[int, list[tuple[Arrival, Incoming | Gone]]] = {}
        for row, item in opened:
            if isinstance(item, Incoming | Gone):
                by_channel.setdefault(row.channel_id, []).append((row, item))
        for channel_id in sorted(by_channel):
            _take_channel(by_channel[channel_id], came)
        if came.changed:
            # What was asked is no longer there, or is another: what has not left does not leave.
            why = "Its writer changed it or took it back."
            telling.cancel_replies(by=by, messages=came.changed, why=why)
        recount(came.recount)
        mark_taken(by=by, rows=[row for row, _ in opened])
        data = {"new": came.new, "edited": came.edited, "gone": came.gone, "unreadable": came.unread}
        audit.note(by=by, verb="inbox.take_in", target="inbox", data=data)
        if came.new or came.edited:
            later("inbox.triage")
    return len(opened)


@transaction.atomic
def take_question(*, by: Actor, mission: Mission, text: str, lang: str = "", url: str = "") -> Message:
    """A question from the public form: private, without a name. Its `outside_id` is the receipt number.

    Invalid when it is empty or too long.
    """
    words = _storable(text).strip()
    if not words:
        raise Invalid("The question is empty.", where=[{"field": "text", "message": "missing"}])
    if len(words) > LONGEST_FORM:
        raise Invalid(
            f"The question has {len(words):,} characters; {LONGEST_FORM:,} is the most.",
            mend="Say it shorter.",
            where=[{"field": "text", "message": "too long"}],
        )
    now = clock.now()
    message = Message.objects.create(
        mission=mission,
        channel=None,
        way="form",
        outside_id=f"form-{secrets.token_hex(10)}",
        url=url[:1000],
        at=now,
        text=words,
        private=True,
        lang_hint=lang[:35],
        keep_until=keeping.keep_until(now, private=True),
    )
    audit.note(by=by, verb="inbox.take_question", target=f"message:{message.pk}", mission=mission.slug)
    later("inbox.triage")
    return message


def _opened(rows: Sequence[Arrival], came: Came) -> list[tuple[Arrival, object]]:
    """Those that can be unsealed. The others go on waiting: their key may come back."""
    found: list[tuple[Arrival, object]] = []
    why = ""
    for row in rows:
        try:
            found.append((row, arrivals.open_arrival(row)))
        except (VaultError, KeyError, ValueError) as trouble:
            why = str(trouble) if isinstance(trouble, VaultError) else "It is not of a form that is known."
            came.unread += 1
    if not found:
        raise Unavailable(f"What came in cannot be read. {why}")
    return found


def _take_channel(came: Sequence[tuple[Arrival, Incoming | Gone]], total: Came) -> None:
    channel = came[0][0].channel
    texts: dict[str, Incoming] = {}
    gone: dict[str, datetime] = {}
    for row, item in came:
        if isinstance(item, Gone):
            gone[row.outside_id] = item.at
        elif not _is_ours(channel, item):
            # The later of two versions, in the order in which they came.
            texts[row.outside_id] = item
    ours = arrivals.deliveries_of_ids(channel, texts)
    texts = {name: item for name, item in texts.items() if name not in ours}
    fresh = _insert(channel, texts, total)
    _follow_edits(channel, {name: item for name, item in texts.items() if name not in fresh}, total)
    _follow_deletions(channel, gone, total)


def _insert(channel: Channel, texts: dict[str, Incoming], total: Came) -> set[str]:
    """Store those that are not there; gives their names. A repeat is normal and changes nothing."""
    known = set(
        Message.objects.filter(channel=channel, outside_id__in=texts).values_list("outside_id", flat=True)
    )
    wanted = {name: item for name, item in texts.items() if name not in known}
    sources = _sources(channel, wanted.values())
    marker = clock.now()
    rows = [_row(channel, name, item, sources, marker) for name, item in wanted.items()]
    Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    # Another process may have stored some meanwhile: only rows with our own moment are ours.
    mine = dict(
        Message.objects.filter(channel=channel, outside_id__in=wanted, state_at=marker).values_list(
            "outside_id", "pk"
        )
    )
    authors = [_author(pk, channel, wanted[name]) for name, pk in mine.items()]
    Author.objects.bulk_create([one for one in authors if one], ignore_conflicts=True, batch_size=500)
    total.new += len(mine)
    return set(mine)


def _row(channel: Channel, name: str, item: Incoming, sources: dict[str, str], marker: datetime) -> Message:
    mail = channel.kind in MAIL
    private = item.private or mail
    return Message(
        mission_id=channel.mission_id,
        channel=channel,
        way="mail" if mail else "network",
        outside_id=name,
        url=item.url[:1000] if item.url.startswith(("https://", "http://")) else "",
        at=item.at,
        text=_storable(item.text)[:LONGEST],
        private=private,
        in_reply_to=item.in_reply_to[:500],
        conversation=item.conversation[:500],
        source=(sources.get(item.in_reply_to) or sources.get(item.conversation) or "")[:60],
        edited_at=item.edited,
        lang_hint=item.lang[:35],
        keep_until=keeping.keep_until(item.at, private=private),
        state="closed" if item.automatic else "new",
        state_at=marker,
        kind_model=AUTOMATIC if item.automatic else "",
    )


def _author(pk: int, channel: Channel, item: Incoming) -> Author | None:
    if not (item.author or item.author_id):
        return None
    writer = sealing.Writer(item.author, item.author_id)
    return Author(
        message_id=pk, sealed=sealing.seal(writer), day_tag=sealing.day_tag(writer, channel.pk, item.at)
    )


def _sources(channel: Channel, items: Iterable[Incoming]) -> dict[str, str]:
    """Network's id -> what of ours that was: a delivery's source, else the source of the message answered."""
    names = {name for item in items for name in (item.in_reply_to, item.conversation) if name}
    found = {name: row.source for name, row in arrivals.deliveries_of_ids(channel, names).items()}
    rest = [name for name in names if name not in found]
    if not rest:
        return found
    past = Message.objects.filter(channel=channel).exclude(source="")
    found |= dict(past.filter(outside_id__in=rest).values_list("outside_id", "source"))
    threads = past.filter(conversation__in=[name for name in rest if name not in found])
    for name, source in threads.order_by("id").values_list("conversation", "source"):
        found.setdefault(name, source)
    return found


def _follow_edits(channel: Channel, texts: dict[str, Incoming], total: Came) -> None:
    """A text that was changed is read anew; one that was answered comes back to the queue."""
    if not texts:
        return
    rows = Message.objects.select_for_update(of=("self",)).filter(channel=channel, outside_id__in=texts)
    for message in rows.order_by("pk"):
        item = texts[message.outside_id]
        words = _storable(item.text)[:LONGEST]
        if words == message.text or message.erased_at or message.gone_at or _older(message, item):
            continue
        if message.question_id:
            total.recount.add(message.question_id)
        changes: dict[str, Any] = {
            "text": words,
            "edited_at": item.edited or clock.now(),
            "personal": [],
            "digest": "",
        }
        # A call for help stays where it is; the words that an officer reads are the new ones.
        if message.state in ("new", "help"):
            Message.objects.filter(pk=message.pk).update(**changes, help_model="", updated=clock.now())
        else:
            message.move_to("new", **changes, help_model="", question=None)
        total.edited += 1
        total.changed.append(message.pk)


def _older(message: Message, item: Incoming) -> bool:
    return message.edited_at is not None and item.edited is not None and item.edited < message.edited_at


def _follow_deletions(channel: Channel, gone: dict[str, datetime], total: Came) -> None:
    """Its writer took it back: nobody answers it, and its text goes soon. A call for help is looked after."""
    if not gone:
        return
    rows = Message.objects.select_for_update(of=("self",)).filter(
        channel=channel, outside_id__in=gone, gone_at__isnull=True
    )
    for message in rows.order_by("pk"):
        at = gone[message.outside_id]
        kept = keeping.keep_until(message.at, private=message.private, kind=message.kind, gone_at=at)
        if message.question_id:
            total.recount.add(message.question_id)
        if message.state in ("new", "open", "ready"):
            message.move_to("closed", gone_at=at, keep_until=kept)
        else:
            Message.objects.filter(pk=message.pk).update(
                gone_at=at, keep_until=None if message.state == "help" else kept, updated=clock.now()
            )
        total.gone += 1
        total.changed.append(message.pk)


def _is_ours(channel: Channel, item: Incoming) -> bool:
    """Written with the account itself, past the desk: what the ministry says is no question to it."""
    ours = channel.who.strip().lstrip("@").casefold()
    return bool(ours) and item.author_id.strip().lstrip("@").casefold() == ours


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, and no half of a pair of surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
