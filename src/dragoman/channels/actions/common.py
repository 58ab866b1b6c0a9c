"""What the deeds of the channels share: leave, attempts, and asking a connector with the database let go."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor, System
from dragoman.channels import queries, rules
from dragoman.channels.connector import Post
from dragoman.channels.media import Missing, load
from dragoman.channels.models import Attempt, Channel, Delivery
from dragoman.channels.rules import Outcome
from dragoman.channels.speak import Ask, Spoken, speak
from dragoman.lib.problems import NotAllowed, Problem
from dragoman.staff.models import Mission, Officer

WORKER = System("channels worker")


def may_administer(by: Actor, mission: Mission) -> None:
    """Set-up is for administrators of the mission; the system may as well (sample data, command line)."""
    _need(by, "administrator", mission)


def may_release(by: Actor, mission: Mission) -> None:
    """What is out there is decided by those who may release."""
    _need(by, "releaser", mission)


def _need(by: Actor, role: str, mission: Mission) -> None:
    if isinstance(by, Officer) and not by.may(role, mission):
        raise NotAllowed(
            f"This needs the role of {role} at {mission.name}.",
            mend="Ask an administrator of the mission.",
        )


def channel_target(channel: Channel) -> str:
    """Its name in the audit."""
    return f"channel:{channel.slug}"


def begin_attempt(delivery: Delivery, verb: str, now: datetime) -> Attempt:
    """The row of an attempt, written before the call."""
    return Attempt.objects.create(
        delivery=delivery, verb=verb, started=now, worker=f"{socket.gethostname()}:{os.getpid()}"
    )


def end_attempt(attempt: Attempt, spoken: Spoken, now: datetime) -> None:
    """What became of it."""
    Attempt.objects.filter(pk=attempt.pk).update(
        ended=now, outcome=spoken.outcome.what, why=spoken.outcome.why, calls=spoken.calls
    )


def ask(channel: Channel, question: Ask, *, changes: bool) -> Spoken:
    """Ask the network, holding no database connection meanwhile, and keep the sign-in that comes of it.

    Never inside a transaction but that of a test: a network may be slow, and a row must not wait for it.
    """
    try:
        queries.kind_of(channel)
        account = queries.account_of(channel)
    except Problem as problem:
        # Nothing was sent: the connector or the key file is missing, and a person must put it back.
        outcome = Outcome("refused", problem.detail, problem.mend)
        return Spoken(outcome, None, [], {})
    if not connection.in_atomic_block:
        connection.close()
    spoken = speak(
        channel.kind, account, question, changes=changes, allow_loopback=settings.DRAGOMAN.allow_loopback
    )
    _keep_session(channel, account.session, spoken)
    return spoken


def _keep_session(channel: Channel, before: Any, spoken: Spoken) -> None:
    if dict(spoken.session) == dict(before):
        return
    with transaction.atomic():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        # Credentials that were changed meanwhile have their own sign-in: this one belongs to the old.
        if row.sealed == channel.sealed and row.settings == channel.settings:
            # Only what this verb changed: the sign-in may have been renewed by another meanwhile.
            changed = {name: value for name, value in spoken.session.items() if before.get(name) != value}
            merged = rules.merged_session(queries.vault().open(row.session), changed)
            Channel.objects.filter(pk=row.pk).update(session=queries.vault().seal(merged))


def note_health(channel: Channel, outcome: Outcome) -> None:
    """An account that the network no longer accepts shows on the list of channels."""
    if outcome.what == "refused" and outcome.account:
        Channel.objects.filter(pk=channel.pk).update(
            healthy=False, health_says=f"{outcome.why} {outcome.shown}".strip(), checked_at=clock.now()
        )


def with_pictures(post: Post) -> tuple[Post, Outcome | None]:
    """The post with the bytes of its pictures, or why it cannot go out as it was approved."""
    folders = queries.picture_folders()
    try:
        pictures = tuple(load(picture, folders) for picture in post.pictures)
    except Missing as missing:
        why = f"The picture {str(missing)[:12]} is not among our files, or is not what was approved."
        return post, Outcome("refused", why, "Restore the file from the backup, then send again.")
    return replace(post, pictures=pictures), None


def note(by: Actor, verb: str, delivery: Delivery, *, why: str = "", **data: Any) -> None:
    """The audit of a deed on a delivery."""
    audit.note(
        by=by, verb=f"channels.{verb}", target=delivery.target, why=why, data={"key": delivery.key, **data}
    )
