"""The moment: take up every delivery that is due, ask all networks at once, write down what came of it.

Three steps, never mixed. The claim is one transaction. The irreversible calls are made with the database let
go, all accounts at the same time and each account in order. The bookkeeping takes answers as they come, a
batch at a time, and never asks a network for anything but a renewed sign-in.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from dragoman.audit import actions as audit
from dragoman.base.actor import Actor
from dragoman.channels import pacing, queries, rules, sender, sign_in, speak
from dragoman.channels.actions.arming import Ready
from dragoman.channels.actions.booking import book
from dragoman.channels.actions.claiming import Claim, claim
from dragoman.channels.actions.common import account_for, keep_session, let_go, not_asked
from dragoman.channels.connector import (
    PREPARE,
    Account,
    ChannelError,
    Connector,
    Kind,
    Prepared,
    Refused,
    Sent,
    TryLater,
)
from dragoman.channels.models import Channel, Delivery
from dragoman.channels.rules import Outcome
from dragoman.channels.speak import Chain, Spoken
from dragoman.lib.problems import Problem
from dragoman.lib.steps import step

log = logging.getLogger(__name__)

# Answers that come within this of one another are written down together.
TOGETHER = 0.03
MOMENT = 2.0
PATIENCE = 15.0


def deliver(*, by: Actor, delivery_id: int) -> str:
    """Make one attempt if one is due. Returns the state it leaves. Any number may call it at once: one sends.

    After the irreversible call nothing but bookkeeping follows; looking for a post that may be out is a step
    of its own (`settle`), started by name.
    """
    volley = _fire(claim(Delivery.objects.filter(pk=delivery_id)))
    book_answers(by=by, volley=volley)
    return Delivery.objects.values_list("state", flat=True).get(pk=delivery_id)


def put_out(*, by: Actor, source: str, rev: int, ready: Ready | None = None) -> Volley:
    """The text is out on our own ground: let its deliveries go, every channel at the same moment.

    Returns as soon as the networks are being asked; `book_answers` must follow. Asked again it starts nothing
    twice. What cannot go this moment (its moment is later, its account rests) waits for its job and the
    sweep; a death anywhere in here is seen to by leases. `ready` is what `warm_up` made.
    """
    sender.quiet(MOMENT)
    rows = Delivery.objects.filter(source=source, rev=rev)
    with transaction.atomic():
        claims = claim(rows, start=True, known=ready.rows if ready else None)
        if claims:
            keys = [each.delivery.key for each in claims]
            target = f"deliveries:{source}:{rev}"
            audit.note(by=by, verb="channels.put_out", target=target, data={"taken_up": keys})
    return _fire(claims, ready)


# --- the irreversible calls ---


@dataclass
class Volley:
    """Attempts that are under way, and where their answers arrive."""

    claims: dict[int, Claim] = field(default_factory=dict)
    ready: Ready = field(default_factory=Ready)
    chains: dict[int, _Asked] = field(default_factory=dict)
    answers: SimpleQueue[tuple[int, Spoken]] = field(default_factory=SimpleQueue)
    renewed: set[int] = field(default_factory=set)

    def arrived(self, ref: object, spoken: Spoken) -> None:
        """Called on the sender's thread: puts the answer away and no more."""
        self.answers.put((int(str(ref)), spoken))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked of one account."""

    channel: Channel
    account: Account
    sendings: dict[int, Sending]


class Sending:
    """The question of one delivery. `irreversible` tells whether its final request may have been made."""

    def __init__(self, prepared: Prepared, *, prepare: bool) -> None:
        self.prepared = prepared
        self.prepare = prepare
        self.irreversible = False

    async def __call__(self, connector: Connector) -> Sent:
        ready = self.prepared
        if self.prepare:
            try:
                ready = await connector.prepare(ready.post)
            except (TryLater, Refused):
                raise
            except ChannelError as problem:
                # preparing shows nothing to anyone, so whatever is unsure about it, nothing is out
                raise TryLater(problem.why) from None
        self.irreversible = True
        return await connector.send(ready)


def _fire(claims: Sequence[Claim], ready: Ready | None = None) -> Volley:
    """Ask all networks at once, with the database let go, and return while they answer."""
    volley = Volley({each.delivery.pk: each for each in claims}, ready or Ready())
    if not claims:
        return volley
    step("channels.claimed")
    by_channel: dict[int, list[Claim]] = defaultdict(list)
    for each in claims:
        by_channel[each.delivery.channel_id].append(each)
    for channel_id, group in by_channel.items():
        _load(volley, channel_id, group)
    let_go()
    step("channels.before-send")
    _shoot(volley, [_chain(asked) for asked in volley.chains.values()], claims)
    return volley


def _load(volley: Volley, channel_id: int, group: Sequence[Claim]) -> None:
    """What one account will be asked. What cannot even be asked is answered here."""
    channel = group[0].delivery.channel
    try:
        account, kind = volley.ready.account(channel), queries.kind_of(channel)
    except Problem as problem:
        for each in group:
            volley.arrived(each.delivery.pk, not_asked(problem))
        return
    sendings = {}
    for each in sorted(
        group, key=lambda each: (not each.delivery.urgent, each.delivery.due, each.delivery.pk)
    ):
        sending = _sending(kind, each, volley.ready)
        if isinstance(sending, Outcome):
            volley.arrived(each.delivery.pk, Spoken(sending, None, [], {}))
        else:
            sendings[each.delivery.pk] = sending
    volley.chains[channel_id] = _Asked(channel, account, sendings)


def _sending(kind: Kind, claimed: Claim, ahead: Ready) -> Sending | Outcome:
    row = claimed.delivery
    post, missing = ahead.post(kind, row)
    if missing is not None:
        return missing
    ready = pacing.lasts(row.prepared is not None, row.prepared_until, claimed.at)
    prepared = Prepared(post, row.prepared or {}, row.prepared_until)
    return Sending(prepared, prepare=kind.able(PREPARE) and not ready)


def _chain(asked: _Asked) -> Chain:
    return Chain(asked.channel.kind, asked.account, tuple(asked.sendings.items()))


def _shoot(volley: Volley, chains: Sequence[Chain], claims: Sequence[Claim]) -> None:
    until = min(each.at for each in claims) + rules.ASKED_WITHIN
    speak.volley(
        [chain for chain in chains if chain.asks],
        done=volley.arrived,
        allow_loopback=settings.DRAGOMAN.allow_loopback,
        until=until,
    )


# --- the answers ---


def book_answers(*, by: Actor, volley: Volley) -> None:
    """Write down what comes of a volley, as it comes. A slow network holds up nobody's bookkeeping but its
    own; a sign-in that has run out is renewed once, and the rest of its account asked again."""
    waiting = dict(volley.claims)
    ends = time.monotonic() + rules.ASKED_WITHIN.total_seconds() + PATIENCE
    while waiting:
        batch = _batch(volley, len(waiting), ends - time.monotonic())
        if not batch and time.monotonic() >= ends:
            lost = Spoken(Outcome("unsure", "The sender gave no answer."), None, [], {})
            batch = [(pk, lost) for pk in waiting]
        final = _without_renewals(by, volley, [(pk, spoken) for pk, spoken in batch if pk in waiting])
        if not final:
            continue
        step("channels.answered")
        _keep_sign_ins(volley, final)
        book(by=by, answers=[(waiting.pop(pk), spoken) for pk, spoken in final])
        if waiting:
            let_go()


def _batch(volley: Volley, most: int, seconds: float) -> list[tuple[int, Spoken]]:
    """The next answer, and those that follow it closely."""
    batch: list[tuple[int, Spoken]] = []
    with suppress(Empty):
        batch.append(volley.answers.get(timeout=max(0.0, seconds)))
        while len(batch) < most:
            # Not woken by each of them: the sender needs the processor more than we do.
            before = len(batch)
            time.sleep(TOGETHER)
            with suppress(Empty):
                while len(batch) < most:
                    batch.append(volley.answers.get_nowait())
            if len(batch) == before:
                break
    return batch


def _keep_sign_ins(volley: Volley, answers: Sequence[tuple[int, Spoken]]) -> None:
    """Before all else: many networks give a token once."""
    for pk, spoken in answers:
        asked = volley.chains.get(volley.claims[pk].delivery.channel_id)
        if asked is not None and spoken.session:
            keep_session(asked.channel, asked.account.session, spoken.session)


def _without_renewals(by: Actor, volley: Volley, batch: list[tuple[int, Spoken]]) -> list[tuple[int, Spoken]]:
    """Those answers that are final. For the others the sign-in is being renewed."""
    final = []
    stale: dict[int, list[tuple[int, Spoken]]] = defaultdict(list)
    for pk, spoken in batch:
        channel_id = volley.claims[pk].delivery.channel_id
        if spoken.outcome.sign_in and channel_id not in volley.renewed:
            stale[channel_id].append((pk, spoken))
        else:
            final.append((pk, spoken))
    for channel_id, answers in stale.items():
        volley.renewed.add(channel_id)
        if connection.in_atomic_block:
            _renew(by, volley, channel_id, answers)
        else:
            work = threading.Thread(target=_renew_apart, args=(by, volley, channel_id, answers), daemon=True)
            work.start()
    return final


def _renew_apart(by: Actor, volley: Volley, channel_id: int, answers: list[tuple[int, Spoken]]) -> None:
    """In a thread of its own, for others must not wait while one network renews."""
    try:
        _renew(by, volley, channel_id, answers)
    finally:
        connections.close_all()


def _renew(by: Actor, volley: Volley, channel_id: int, answers: list[tuple[int, Spoken]]) -> None:
    """A fresh sign-in, then the same once more; if there is none, the answers stand."""
    asked = volley.chains[channel_id]
    try:
        if sign_in.renew_now(by=by, channel=asked.channel):
            channel = Channel.objects.select_related("mission").get(pk=channel_id)
            sendings = {pk: asked.sendings[pk] for pk, _ in answers}
            again = _Asked(channel, account_for(channel), sendings)
            let_go()
            volley.chains[channel_id] = again
            _shoot(volley, [_chain(again)], [volley.claims[pk] for pk in sendings])
            return
    except (Problem, DatabaseError):
        log.exception("the sign-in of %s could not be renewed", asked.channel.slug)
    for pk, spoken in answers:
        volley.arrived(pk, spoken)
