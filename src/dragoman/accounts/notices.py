"""The words of a notice, and its way to the other channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from dragoman.accounts import queries
from dragoman.accounts.models import Notice, OfficialAccount
from dragoman.base.actor import Actor
from dragoman.channels import actions as channels
from dragoman.channels import queries as channel_queries
from dragoman.channels.connector import Piece, Post
from dragoman.channels.models import Channel
from dragoman.lib import markdown
from dragoman.lib.problems import Problem
from dragoman.public import rules as public
from dragoman.public import words

log = structlog.get_logger(__name__)

Texts = Mapping[str, Mapping[str, str]]


def template(
    account: OfficialAccount, langs: Sequence[str], *, since: datetime, until: datetime | None = None
) -> dict[str, dict[str, str]]:
    """The words of a notice (with `until`: of its lifting) by language, for an officer to read and change."""
    stem = "alert" if until is None else "alert_over"
    return {lang: _words(account, lang, stem, since, until) for lang in langs}


def _words(
    account: OfficialAccount, lang: str, stem: str, since: datetime, until: datetime | None
) -> dict[str, str]:
    known = words.load(lang)
    zone = account.mission.zone
    gaps = {
        "account": public.isolated(account.handle, lang),
        "network": public.isolated(account.network, lang),
        "when": _when(since, lang, zone),
        "since": _when(since, lang, zone),
        "until": _when(until, lang, zone) if until else "",
        "site": f"<{queries.site()}{public.home_path(lang)}>",
        "accounts": f"<{queries.site()}{public.accounts_path(lang)}>",
    }
    return {part: known.say(f"{stem}_{part}", **gaps) for part in ("title", "summary", "body")}


def _when(moment: datetime, lang: str, zone: str) -> str:
    return f"{words.day_and_time(moment, lang, zone)} {words.zone_name(moment, lang, zone)}"


def plain_texts(texts: Texts) -> dict[str, bytes]:
    """The very bytes of each language that are sealed."""
    return {
        lang: markdown.canonical(one["title"], one["summary"], one["body"]) for lang, one in texts.items()
    }


def deliver(*, by: Actor, notice: Notice, rev: int, at: datetime, texts: Texts) -> int:
    """Plan and start a delivery for every other official channel and each language that it carries; gives how
    many.

    Each has a fixed key, so that asked again nothing goes out twice. A channel that cannot show it (one that
    takes pictures only) is passed over and named in the log.
    """
    planned = 0
    for channel in queries.others(notice.account):
        for lang, one in texts.items():
            if channel_queries.speaks(channel, lang):
                key = f"{notice.ref}:{rev}:{channel.pk}:{lang}"
                url = f"{queries.site()}{public.notice_path(lang, notice.ref)}"
                body = markdown.to_plain(one["body"])
                piece = Piece(lang, one["title"], one["summary"], body, url)
                planned += _plan(by, channel, piece, Slot(key, notice.ref, rev, at))
    channels.start_deliveries(by=by, source=notice.ref, rev=rev)
    return planned


@dataclass(frozen=True, slots=True)
class Slot:
    """What fixes one delivery: its key, what it belongs to, and its moment."""

    key: str
    source: str
    rev: int
    at: datetime


def _plan(by: Actor, channel: Channel, piece: Piece, slot: Slot) -> int:
    try:
        post = Post(
            key=slot.key,
            rendition=channel_queries.render(channel, piece),
            lang=piece.lang,
            url=piece.url,
            at=slot.at,
            title=piece.title,
            summary=piece.summary,
        )
        channels.plan_delivery(
            by=by, channel=channel, source=slot.source, rev=slot.rev, post=post, due=slot.at, urgent=True
        )
    except Problem as problem:
        log.warning("accounts.notice.passed_over", channel=channel.slug, lang=piece.lang, why=problem.detail)
        return 0
    return 1
