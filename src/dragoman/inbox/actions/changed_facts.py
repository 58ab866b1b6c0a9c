"""A fact has changed: begin the next version of the answer, and then put right what people were told."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from dragoman.inbox.actions.answering import may_send, press, standing
from dragoman.inbox.actions.answers import draft_next
from dragoman.inbox.models import Answer, AnswerVersion, Message, Send
from dragoman.inbox.queries import answers as reads
from dragoman.inbox.queries import changed_facts as reading
from dragoman.lib.problems import Conflict
from dragoman.staff.models import Officer


@transaction.atomic
def renew_answer(*, by: Officer, answer: Answer, note: Mapping[str, str] | None = None) -> AnswerVersion:
    """Begin the next version, with the texts as they stand and the facts as they are now. Without a `note`
    the new words of the facts stand for what has changed; the writer mends both."""
    base = reads.version_of(answer, answer.standing or None)
    return draft_next(by=by, answer=answer, note=note or reading.what_changed(base))


@transaction.atomic
def correct_told(*, by: Officer, answer: Answer) -> Send:
    """Tell everybody who was told an earlier version what stands now and what has changed, each in the
    language and by the way of before. Ten seconds to undo, each exactly once, as with every press."""
    may_send(by, answer.mission)
    version = standing(answer)
    told = reading.told_before(version)
    if not told:
        raise Conflict("Nobody was told an earlier version.", mend="Reload the page.", code="nobody-waiting")
    corrects = AnswerVersion.objects.filter(
        answer=answer, number__lt=version.number, replies__message__in=list(told), replies__state="sent"
    ).first()
    return press(by=by, version=version, rows=Message.objects.filter(pk__in=list(told)), corrects=corrects)
