"""Things of the inbox that tests need made: messages as triage leaves them, questions, calls for help."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.cast import Cast

from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.inbox import refs
from dragoman.inbox.actions import counting
from dragoman.inbox.models import HelpCall, Message, Question, StatedCountry
from dragoman.inbox.triage import normal
from dragoman.staff.models import Mission

ASKED = "Does the day of arrival count as one of the five days?"
_numbers = count(1)


def make_message(
    cast: Cast,
    text: str = ASKED,
    *,
    mission: Mission | None = None,
    channel: Channel | None = None,
    state: str = "open",
    kind: str = "question",
    lang: str = "en",
    at: datetime | None = None,
    question: Question | None = None,
    countries: Sequence[str] = (),
    **values: Any,
) -> Message:
    """A message that triage has read; `state="new"` for one that it has not."""
    read = state != "new"
    message = Message.objects.create(
        mission=mission or cast.capital,
        channel=channel,
        outside_id=values.pop("outside_id", f"test-{next(_numbers)}"),
        at=at or clock.now(),
        text=text,
        state=state,
        question=question,
        **(
            {
                "kind": kind,
                "kind_score": 0.9,
                "lang": lang,
                "lang_confidence": 0.9,
                "triaged_at": clock.now(),
                "digest": normal.digest(text),
                "near": normal.near(text),
            }
            if read
            else {}
        ),
        **values,
    )
    for code in countries:
        StatedCountry.objects.create(message=message, code=code, kind="nationality", how="test")
    return message


def make_question(
    cast: Cast,
    texts: Sequence[str] = (ASKED,),
    *,
    title: str = "",
    mission: Mission | None = None,
    channel: Channel | None = None,
    langs: Sequence[str] = (),
    **values: Any,
) -> Question:
    """A question with one message for each text, counted."""
    now = clock.now()
    question = Question.objects.create(
        ref=refs.new_ref("Q"),
        mission=mission or cast.capital,
        title=title,
        due_at=values.pop("due_at", now + timedelta(hours=4)),
        first_at=now,
        last_at=now,
        **values,
    )
    for place, text in enumerate(texts):
        lang = langs[place] if place < len(langs) else "en"
        make_message(cast, text, mission=question.mission, channel=channel, question=question, lang=lang)
    counting.recount([question.pk])
    question.refresh_from_db()
    return question


def make_help_call(
    cast: Cast,
    text: str = "My passport was stolen and I am alone at the border, I need help now.",
    *,
    mission: Mission | None = None,
    state: str = "waiting",
    raised_at: datetime | None = None,
    **values: Any,
) -> HelpCall:
    """A call for help as triage raises it: out of the questions' queue, due in a quarter of an hour."""
    raised = raised_at or clock.now()
    message = make_message(
        cast, text, mission=mission, state="help", kind="help", is_help=True, help_score=0.97, at=raised
    )
    return HelpCall.objects.create(
        message=message,
        mission=message.mission,
        state=state,
        raised_at=raised,
        raised_by="test",
        due_at=values.pop("due_at", raised + timedelta(minutes=15)),
        **values,
    )
