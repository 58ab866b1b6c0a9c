"""What other servers tell the ministry's own actors: follows, farewells, answers, likes.

A call is proved before anything is kept, kept before anything is done, and acted on by a job. The id that
the other server gave it makes a repeat harmless.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import connector as port
from dragoman.channels import queries, rules
from dragoman.channels.actions import recipients
from dragoman.channels.actions.common import ask, channel_target, may_administer
from dragoman.channels.actions.keeping import keep_items
from dragoman.channels.connectors.activitypub import inbox
from dragoman.channels.connectors.activitypub.connector import ActivityPub
from dragoman.channels.connectors.activitypub.inbox import BadActivity, Meaning
from dragoman.channels.connectors.activitypub.peers import LIMITS, Gone, Known, Peer, Peers, Unproved
from dragoman.channels.connectors.activitypub.talk import Came
from dragoman.channels.models import Activity, Arrival, Channel, Recipient
from dragoman.channels.queries import actors as reads
from dragoman.channels.queries import recipients as people
from dragoman.lib.http import Door
from dragoman.lib.problems import Invalid, NotAllowed, NotFound, Unavailable
from dragoman.lib.signatures.request import Request

KEPT = timedelta(days=7)  # far longer than a signature is good for
MOST_TRIES = 20
KNOWN = Known()
log = logging.getLogger(__name__)


class NotProved(NotAllowed):
    """The call is not proved to come from whom it names."""

    status = 401
    code = "not-proved"
    title = "This is not proved to be from whom it says"


def take_activity(*, by: Actor, handle: str, request: Request) -> int:
    """A server tells one of our actors something, or, without a handle, all whom it concerns. Gives how
    many rows it made: 0 for a repeat and for what means nothing to us.

    NotProved when signature, digest, clock or key are not its actor's; Invalid when it is no activity, or
    wants us to write to a private address.
    """
    ours = [reads.channel_of(handle)] if handle else reads.channels()
    if not ours:
        raise NotFound("Nobody here has an inbox.")
    try:
        activity = inbox.parse(request.body)
    except BadActivity as problem:
        raise Invalid(f"This is no activity that can be read: {problem}.", code="bad-activity") from None
    peer = _proved(ours[0], request, activity)
    now = clock.now()
    meant = [(channel, _meaning(channel, activity)) for channel in ours]
    kept = [channel for channel, meaning in meant if meaning.what != "nothing"]
    if any(meaning.what == "follow" for _, meaning in meant):
        _judge(by, ours[0], peer)
    made = 0
    with transaction.atomic():
        for channel in kept:
            row, new = Activity.objects.get_or_create(
                channel=channel,
                outside_id=str(activity["id"]),
                defaults={
                    "verb": str(activity["type"])[:40],
                    "who": _mark(inbox.address(activity["actor"])),
                    "sealed": queries.vault().seal(
                        {"activity": activity, "peer": peer.as_address() if peer else {}}
                    ),
                    "next_at": now,
                },
            )
            if new:
                made += 1
                later("channels.answer_activity", activity_id=row.pk)
                data = {"verb": row.verb, "channel": channel.slug}
                audit.note(by=by, verb="channels.take_activity", target=row.target, data=data)
    return made


def answer_activity(*, by: Actor, activity_id: int) -> str:
    """Act on one activity, if that is due. Those of one actor are acted on in the order in which they came.

    Returns the state it leaves.
    """
    row = Activity.objects.select_related("channel__mission").get(pk=activity_id)
    for earlier in _in_order(row):
        _answer(by, earlier)
    row.refresh_from_db()
    return row.state


def sweep_activities(*, by: Actor) -> int:
    """Start whatever is due, however old, and forget what was done long ago."""
    now = clock.now()
    Activity.objects.filter(state__in=("done", "dropped"), state_at__lt=now - KEPT).delete()
    due = list(Activity.objects.due(now).values_list("pk", flat=True)[:1000])
    for pk in due:
        later("channels.answer_activity", activity_id=pk)
    return len(due)


def sweep_actors(*, by: Actor) -> int:
    """Start telling of every actor that is another than those who follow know."""
    started = 0
    for channel in reads.channels():
        shelf = reads.actor(channel).shelf
        if shelf.actor() is None or shelf.announced():
            continue
        if reads.followers(channel):
            later("channels.announce_actor", channel_id=channel.pk)
            started += 1
        else:
            shelf.mark_announced()
    return started


def announce_actor(*, by: Actor, channel: Channel) -> int:
    """Tell every server where somebody follows that the actor's name, picture or key is another than before.

    Gives how many could not be told; they fetch it anew some day.
    """
    may_administer(by, channel.mission)
    rows = Recipient.objects.filter(channel=channel, state="confirmed").iterator(chunk_size=500)
    found = (people.address_of(row) for row in rows)
    inboxes = list(dict.fromkeys(one.get("sharedInbox") or one.get("inbox", "") for one in found))

    async def tell(connector: Any) -> int:
        actor: ActivityPub = connector
        return await actor.announce([each for each in inboxes if each])

    spoken = ask(channel, tell, changes=False)
    left = spoken.value if isinstance(spoken.value, int) else len(inboxes)
    data = {"servers": len(inboxes), "not_told": left}
    audit.note(by=by, verb="channels.announce_actor", target=channel_target(channel), data=data)
    return left


# --- proving ---


def _proved(channel: Channel, request: Request, activity: dict[str, Any]) -> Peer | None:
    """The actor whose call this is; None when its server says that it is no more, and so does the call."""
    if not connection.in_atomic_block:
        connection.close()  # the other server may be slow

    async def go() -> Peer:
        async with Door(allow_loopback=settings.DRAGOMAN.allow_loopback, limits=LIMITS) as door:
            peers = Peers(door, KNOWN, lambda: reads.actor(channel, secrets=True).signer)
            return await peers.prove(request, activity, clock.now())

    try:
        return asyncio.run(go())
    except Gone:
        who = inbox.address(activity["actor"])
        if activity["type"] == "Delete" and inbox.address(activity.get("object")) == who:
            return None
        why = "its actor is no more"
    except Unproved as problem:
        if problem.later:
            raise Unavailable(
                f"It could not be looked at now: {problem.why}.", code="key-not-there"
            ) from None
        why = problem.why
    # Anybody can send such a call at any rate, so it leaves a line in the log and none in the audit.
    log.warning("an activity for the channel %s was refused: %s", channel.slug, why[:300])
    raise NotProved(f"This call is refused: {why}.", mend="Sign it with the key of its actor.")


def _judge(by: Actor, channel: Channel, peer: Peer | None) -> None:
    """We shall write to a follower's inbox: it must be one that may be written to."""
    if peer is None:
        raise Invalid("One who is no more cannot follow.", code="gone")

    async def go() -> str:
        async with Door(allow_loopback=settings.DRAGOMAN.allow_loopback, limits=LIMITS) as door:
            return await Peers(door, KNOWN).judge(peer)

    why = asyncio.run(go())
    if why:
        audit.note(
            by=by, verb="channels.refuse_activity", target=channel_target(channel), data={"says": why[:300]}
        )
        raise Invalid(f"This follower is not taken: {why}.", code="bad-inbox")


def _meaning(channel: Channel, activity: dict[str, Any]) -> Meaning:
    return inbox.read(activity, reads.actor(channel).names, clock.now())


def _mark(actor: str) -> str:
    return hashlib.sha256(actor.encode()).hexdigest()


# --- acting ---


def _in_order(row: Activity) -> Sequence[Activity]:
    rows = Activity.objects.due(clock.now()).filter(channel=row.channel, who=row.who, pk__lte=row.pk)
    return list(rows.select_related("channel__mission").order_by("pk"))


def _answer(by: Actor, row: Activity) -> None:
    now = clock.now()
    held = Activity.objects.filter(pk=row.pk, state="waiting", next_at=row.next_at)
    if not held.update(next_at=now + rules.LEASE, tries=row.tries + 1):
        return  # another was first
    kept = queries.vault().open(row.sealed)
    activity, peer = kept["activity"], kept["peer"]
    meaning = _meaning(row.channel, activity)
    if meaning.what == "follow":
        _welcome(by, row, activity, peer)
        return
    if meaning.what in ("unfollow", "gone"):
        _farewell(by, row, inbox.address(activity["actor"]))
    elif meaning.what == "undo":
        follows = Activity.objects.filter(channel=row.channel, who=row.who, verb="Follow")
        if follows.filter(outside_id=meaning.about).exists():
            _farewell(by, row, inbox.address(activity["actor"]))
    elif meaning.what == "text" and meaning.text is not None:
        keep_items(row.channel, [meaning.text], "hook")
    elif meaning.what == "text-gone":
        # Servers tell of whatever they delete, to whoever may hold a copy.
        if Arrival.objects.filter(channel=row.channel, kind="text", outside_id=meaning.about).exists():
            keep_items(row.channel, [port.Gone(meaning.about, clock.now())], "hook")
    elif meaning.what == "count":
        who = inbox.address(activity["actor"])
        reads.actor(row.channel).shelf.count(meaning.about, meaning.count, who, on=meaning.on)
    _end(by, row, "done", meaning.what)


def _welcome(by: Actor, row: Activity, follow: dict[str, Any], peer: dict[str, str]) -> None:
    """Take the follower in, then say yes. The yes is said again until it is heard."""
    follower = recipients.add_recipient(
        by=by,
        channel=row.channel,
        identity=peer["actor"],
        address=peer,
        basis="Followed from its own account",
    )

    async def accept(connector: Any) -> Came:
        actor: ActivityPub = connector
        return await actor.welcome(follow, peer["inbox"])

    came = ask(row.channel, accept, changes=False).value
    if isinstance(came, Came) and came.outcome == "done":
        _end(by, row, "done", "follow")
    elif (isinstance(came, Came) and came.outcome in ("gone", "refused")) or row.tries + 1 >= MOST_TRIES:
        recipients.leave(by=by, recipient=follower, why="Our yes could not be said.")
        _end(by, row, "dropped", "follow", why=came.why if isinstance(came, Came) else "")
    else:
        why = came.why if isinstance(came, Came) else "It could not be tried."
        again = clock.now() + rules.pause(row.tries + 1)
        Activity.objects.filter(pk=row.pk, state="waiting").update(next_at=again, why=why[:300])
        later("channels.answer_activity", at=again, activity_id=row.pk)


def _farewell(by: Actor, row: Activity, actor: str) -> None:
    waiting = Activity.objects.filter(channel=row.channel, who=row.who, state="waiting", verb="Follow")
    waiting.filter(pk__lt=row.pk).update(state="dropped", state_at=clock.now(), next_at=None, sealed="")
    follower = people.by_identity(row.channel, actor)
    if follower is not None:
        recipients.leave(by=by, recipient=follower)


@transaction.atomic
def _end(by: Actor, row: Activity, state: str, what: str, *, why: str = "") -> None:
    """What was acted on is emptied; only its id stays for a while."""
    row.refresh_from_db()
    if row.state != "waiting":
        return
    row.move_to(state, frm="waiting", next_at=None, sealed="", why=why[:300])
    data = {"what": what, "state": state, "channel": row.channel.slug}
    audit.note(by=by, verb="channels.answer_activity", target=row.target, why=why, data=data)
