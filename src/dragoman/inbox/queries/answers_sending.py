"""Who waits for an answer, and how each can be told: what the panel shows and the press does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from dragoman.accounts import queries as accounts
from dragoman.base import clock
from dragoman.channels import queries as channels
from dragoman.channels.connector import LETTERS, REPLY, Piece
from dragoman.channels.models import Channel
from dragoman.inbox import answer_rules as rules
from dragoman.inbox import states_answers
from dragoman.inbox.models import AnswerText, AnswerVersion, Author, Message, Question, Reply
from dragoman.inbox.queries.answers import page_url
from dragoman.lib import markdown
from dragoman.staff.models import Mission
from dragoman.statements.words import correction_title

WAITING = ("open", "ready")
SEEN = (
    *("pk", "way", "at", "lang", "state", "kind", "is_help", "gone_at", "erased_at", "hidden_why"),
    *("outside_id", "channel_id"),
)


def waiting_for(question: Question, version: AnswerVersion) -> QuerySet[Message]:
    """Messages of a question that wait and whose writers were not told this version."""
    return not_told(Message.objects.filter(question=question, state__in=WAITING), version).order_by("pk")


def not_told(rows: QuerySet[Message], version: AnswerVersion) -> QuerySet[Message]:
    """Those of whom nobody has told this version, nor is about to."""
    told = Reply.objects.filter(message=OuterRef("pk"), version=version, state__in=states_answers.TOLD)
    return rows.filter(~Exists(told))


def asked_of(message: Message, has_author: bool = True) -> rules.Asked:
    """What matters of a message when it is to be answered."""
    return rules.Asked(
        way=message.way,
        at=message.at,
        lang=message.lang,
        state=message.state,
        kind=message.kind,
        is_help=message.is_help,
        gone=message.gone_at is not None,
        erased=message.erased_at is not None,
        hidden=bool(message.hidden_why),
        has_id=bool(message.outside_id),
        has_author=has_author,
    )


def roads(channel_ids: Iterable[int | None]) -> dict[int | None, rules.Road]:
    """What each channel lets us do now."""
    rows = list(Channel.objects.filter(pk__in={pk for pk in channel_ids if pk}).select_related("mission"))
    unofficial = accounts.why_not(rows)
    found: dict[int | None, rules.Road] = {None: rules.Road()}
    for row in rows:
        able = channels.able(row, REPLY)
        found[row.pk] = rules.Road(replies=able, on=row.on, unofficial=unofficial.get(row.pk, ""))
    return found


def mail_channel(mission: Mission) -> Channel | None:
    """The channel that letters to single people go by: the mission's own, else one above it; None."""
    for place in mission.line():
        for row in Channel.objects.filter(mission=place, state="on").order_by("pk"):
            if channels.able(row, LETTERS):
                return row
    return None


def ready_languages(version: AnswerVersion) -> dict[str, AnswerText]:
    """The languages with a text that can be told."""
    return {text.lang: text for text in version.texts.all() if text.body.strip()}


def plans(
    messages: Sequence[Message],
    version: AnswerVersion,
    *,
    fallback: str = "",
    told_in: Mapping[int, str] | None = None,
) -> list[tuple[Message, rules.Plan]]:
    """How each of these messages would be answered now. With `told_in` (message -> language) they were
    told an earlier version in that language, and are told the new one in it, however long ago that was."""
    now = clock.now()
    road = roads({one.channel_id for one in messages})
    ready = ready_languages(version)
    mailed = [one.pk for one in messages if one.way == "mail"]
    known = set(
        Author.objects.filter(message__in=mailed).exclude(sealed="").values_list("message_id", flat=True)
    )
    can_mail = bool(mailed) and mail_channel(version.answer.mission) is not None
    return [
        (
            one,
            rules.plan(
                _as_told(asked_of(one, one.pk in known), told_in, one.pk, now),
                road.get(one.channel_id, rules.Road()),
                ready,
                fallback=fallback,
                can_mail=can_mail,
                now=now,
            ),
        )
        for one in messages
    ]


def _as_told(
    asked: rules.Asked, told_in: Mapping[int, str] | None, message: int, now: datetime
) -> rules.Asked:
    if told_in is None:
        return asked
    return replace(asked, lang=told_in.get(message) or asked.lang, at=now)


def piece_of(
    version: AnswerVersion,
    text: AnswerText,
    *,
    reply_to: str = "",
    letter: bool = False,
    corrects: bool = False,
) -> Piece:
    """One language of an answer as connectors take it. The whole answer is its summary, so that every form of
    a channel shows all of it, with the address of the page that keeps it. A correction says that it is
    one, and what has changed."""
    title = text.question if letter else ""
    words = markdown.to_plain(text.body)
    if corrects:
        title = correction_title(text.lang, text.question)
        words = "\n\n".join(part for part in (version.note.get(text.lang, ""), words) if part)
    return Piece(
        lang=text.lang,
        title=title,
        summary=words,
        body="",
        url=page_url(version.answer, text.lang),
        reply_to=reply_to,
    )
