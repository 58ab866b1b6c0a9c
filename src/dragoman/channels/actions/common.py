"""What the deeds of the channels share: leave, attempts, and asking a connector with the database let go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor, System
from dragoman.channels import living, media, queries, rules, sign_in, staging
from dragoman.channels.connector import PUBLIC_MEDIA, Account, ChannelError, Kind, Picture, Post
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
    return Attempt.objects.create(delivery=delivery, verb=verb, started=now, worker=living.my_name())


def end_attempt(attempt: Attempt, spoken: Spoken, now: datetime) -> None:
    """What became of it."""
    end_attempts([(attempt, spoken)], now)


def end_attempts(ended: Sequence[tuple[Attempt, Spoken]], now: datetime) -> None:
    """What became of them, written together."""
    came = [
        {
            "id": attempt.pk,
            "outcome": spoken.outcome.what,
            "why": rules.storable(spoken.outcome.why),
            "calls": rules.storable(spoken.calls),
            "began": spoken.began.isoformat() if spoken.began else None,
            "answered": spoken.answered.isoformat() if spoken.answered else None,
        }
        for attempt, spoken in ended
    ]
    Attempt.objects.all().end(came, now)


def ask(
    channel: Channel,
    question: Ask,
    *,
    changes: bool,
    limit: timedelta = rules.VERB_LIMIT,
    until: datetime | None = None,
) -> Spoken:
    """Ask the network, holding no database connection meanwhile, and keep the sign-in that comes of it.

    A sign-in that has run out is renewed, and the same is asked once more, at most once. Never inside a
    transaction but that of a test: a network may be slow, and a row must not wait for it.
    """
    until = until or clock.now() + limit + (rules.ASKED_WITHIN - rules.VERB_LIMIT)
    channel = sign_in.ensure_fresh(by=WORKER, channel=channel)
    spoken = _ask_once(channel, question, changes, limit, until)
    if spoken.outcome.sign_in and sign_in.renew_now(by=WORKER, channel=channel):
        channel = Channel.objects.select_related("mission").get(pk=channel.pk)
        again = _ask_once(channel, question, changes, limit, until)
        return replace(again, calls=[*spoken.calls, *again.calls])
    return spoken


def _ask_once(channel: Channel, question: Ask, changes: bool, limit: timedelta, until: datetime) -> Spoken:
    try:
        account = account_for(channel)
    except Problem as problem:
        # Nothing was sent: the connector or the key file is missing, and a person must put it back.
        return not_asked(problem)
    let_go()
    loopback = settings.DRAGOMAN.allow_loopback
    spoken = speak(
        channel.kind, account, question, changes=changes, allow_loopback=loopback, limit=limit, until=until
    )
    keep_session(channel, account.session, spoken.session)
    return spoken


def account_for(channel: Channel) -> Account:
    """What its connector is built from. Raises Problem when the connector or the key file is missing."""
    queries.kind_of(channel)
    return queries.account_of(channel)


def not_asked(problem: Problem) -> Spoken:
    """The outcome of a verb that could not even be asked, for a reason that a person must mend."""
    return Spoken(Outcome("refused", problem.detail, problem.mend), None, [], {})


def let_go() -> None:
    """Give back the database connection before a network is spoken to."""
    if not connection.in_atomic_block:
        connection.close()


def keep_session(channel: Channel, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Seal what a verb changed of the sign-in."""
    if not after or dict(after) == dict(before):
        return
    with transaction.atomic():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        # Credentials that were changed meanwhile have their own sign-in: this one belongs to the old.
        if row.sealed == channel.sealed and row.settings == channel.settings:
            # Only what this verb changed: the sign-in may have been renewed by another meanwhile.
            changed = {name: value for name, value in after.items() if before.get(name) != value}
            merged = rules.merged_session(queries.vault().open(row.session), changed)
            Channel.objects.filter(pk=row.pk).update(session=queries.vault().seal(merged))


def with_media(kind: Kind, post: Post, read: dict[str, Picture] | None = None) -> tuple[Post, Outcome | None]:
    """The post with its pictures and films at hand, or why it cannot go out as it was approved.

    For a kind that fetches media itself they are also put where it finds them. `read` keeps the bytes for the
    next post of the same release.
    """
    return _with_media(post, public=kind.able(PUBLIC_MEDIA), read={} if read is None else read)


def _with_media(post: Post, *, public: bool, read: dict[str, Picture]) -> tuple[Post, Outcome | None]:
    if not post.pictures and not post.videos:
        return post, None
    folders = queries.picture_folders()
    try:
        for picture in post.pictures:
            if picture.sha256 not in read:
                read[picture.sha256] = media.load(picture, folders)
        pictures = tuple(replace(one, data=read[one.sha256].data) for one in post.pictures)
        videos = tuple(media.find(video, folders) for video in post.videos)
    except media.Missing as missing:
        why = f"{missing.what} {missing.sha256[:12]} is not among our files, or is not what was approved."
        return post, Outcome("refused", why, "Restore the file from the backup, then send again.")
    if public:
        try:
            pictures = tuple(staging.stage(picture) for picture in pictures)
            videos = tuple(staging.stage_video(video) for video in videos)
        except ChannelError as problem:
            return post, Outcome("refused", problem.why, getattr(problem, "shown", ""))
        except OSError:
            return post, Outcome("try_later", "The media could not be put where the network fetches them.")
    return replace(post, pictures=pictures, videos=videos), None


def with_pictures(post: Post) -> tuple[Post, Outcome | None]:
    """The post with the bytes of its pictures, for a network that is handed them."""
    return _with_media(post, public=False, read={})


def note(by: Actor, verb: str, delivery: Delivery, *, why: str = "", **data: Any) -> None:
    """The audit of a deed on a delivery."""
    audit.note(
        by=by, verb=f"channels.{verb}", target=delivery.target, why=why, data={"key": delivery.key, **data}
    )
