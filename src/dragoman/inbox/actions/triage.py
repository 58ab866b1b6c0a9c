"""New messages are read: help first of all, then language, kind, countries, answers, and who asks the same.

Everything may run twice, and by several workers at once: rows are taken with SKIP LOCKED, and questions of
one mission are joined by one worker at a time.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.inbox import keeping, reading
from dragoman.inbox.actions import believing, grouping, help_calls
from dragoman.inbox.actions.counting import recount
from dragoman.inbox.models import Decision, HelpCall, Message, Question, StatedCountry, Vector
from dragoman.inbox.queries import answers
from dragoman.inbox.reading import Reader, Wording
from dragoman.inbox.triage import personal
from dragoman.inbox.triage.values import UNKNOWN, ModelMissing, Reading, Vectors
from dragoman.staff.models import Mission

log = logging.getLogger(__name__)
# Groups are made of what asks something; thanks, abuse and spam stand alone.
GROUPED = frozenset({"question", "complaint", "press", "other"})
# Nothing to answer; out of the queue unless it may be a call for help.
SET_ASIDE = frozenset({"thanks", "spam", "abuse"})
MAY_BE_HELP = 0.2
SURE_OF_KIND = 0.5
WORDS_AT_ONCE = 1000
READ = (
    *("state", "state_at", "triaged_at", "lang", "lang_confidence", "lang_model", "kind", "kind_score"),
    *(
        "kind_model",
        "help_score",
        "is_help",
        "help_model",
        "personal",
        "digest",
        "near",
        "match",
        "confidence",
    ),
    *("match_model", "contradicts", "question", "keep_until", "updated"),
)


@dataclass
class Batch:
    """What one transaction reads: messages of one mission with what was said of each."""

    mission: Mission
    messages: list[Message] = field(default_factory=list)
    readings: dict[int, Reading] = field(default_factory=dict)
    decided: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    before: set[int] = field(default_factory=set)
    match_model: str = ""


def triage_waiting(*, by: Actor, limit: int = 200) -> int:
    """Read up to `limit` new messages. Gives how many were read; 0 when none waits.

    Calls for help that the word lists know are raised first, among all that wait and before any model is
    loaded. While a model is missing nothing else happens: the messages go on waiting, and can be read.
    """
    find_help(by=by)
    try:
        reader = reading.reader()
        read = _read_some(by, reader, limit)
    except ModelMissing as trouble:
        log.warning("triage waits: %s", trouble)
        reading.told(str(trouble))
        return 0
    reading.told("")
    return read


@transaction.atomic
def _read_some(by: Actor, reader: Reader, limit: int) -> int:
    rows = Message.objects.to_triage().select_related("mission", "question").order_by("id")
    messages = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    if messages:
        _read_all(by, reader, messages)
        audit.note(by=by, verb="inbox.triage_waiting", target="inbox", data={"messages": len(messages)})
    return len(messages)


def find_help(*, by: Actor) -> int:
    """Raise what the word lists know as calls for help, among all that no model has read. Gives how many."""
    raised = 0
    while True:
        with transaction.atomic():
            rows = Message.objects.to_triage().filter(help_model="").select_related("mission").order_by("id")
            messages = list(rows.select_for_update(skip_locked=True, of=("self",))[:WORDS_AT_ONCE])
            if not messages:
                return raised
            seen = ""
            for message in messages:
                said = reading.help_by_words(message.text)
                seen = said.model
                if said.is_help:
                    call = help_calls.raise_call(by=by, message=message, score=said.score, model=said.model)
                    raised += call.state == "waiting"
                    _write_plainly(message)
            Message.objects.filter(pk__in=[one.pk for one in messages], help_model="").update(help_model=seen)
            if raised:
                audit.note(by=by, verb="inbox.find_help", target="inbox", data={"raised": raised})


def _write_plainly(message: Message) -> None:
    """A call for help is not read by the other models; who looks after it must know its language at once."""
    said = reading.read_plainly(message.text, message.lang_hint)
    spans = personal.personal_data(message.text)
    Message.objects.filter(pk=message.pk).update(
        lang=said.language.lang,
        lang_confidence=said.language.confidence,
        lang_model=said.language.model,
        digest=said.digest,
        near=said.near,
        personal=[{"what": one.what, "start": one.start, "end": one.end} for one in spans],
        triaged_at=clock.now(),
    )
    _keep_countries({message.pk: said}, mission=message.mission)


@transaction.atomic
def retriage(*, by: Actor, messages: Sequence[Message]) -> int:
    """Read these again: a model has changed, or an officer wishes it. What officers decided stays."""
    try:
        reader = reading.reader()
    except ModelMissing as trouble:
        log.warning("triage waits: %s", trouble)
        return 0
    rows = Message.objects.select_related("mission", "question").filter(
        pk__in=[one.pk for one in messages], state__in=("new", "open", "ready"), erased_at__isnull=True
    )
    again = list(rows.order_by("id").select_for_update(skip_locked=True, of=("self",)))
    _read_all(by, reader, again)
    if again:
        audit.note(by=by, verb="inbox.retriage", target="inbox", data={"messages": len(again)})
    return len(again)


def _read_all(by: Actor, reader: Reader, messages: Sequence[Message]) -> None:
    batches: dict[int, Batch] = {}
    for message in messages:
        batch = batches.setdefault(message.mission_id, Batch(message.mission))
        batch.messages.append(message)
        if message.question_id:
            batch.before.add(message.question_id)
    try:
        for pk in sorted(batches):
            _read_batch(by, reader, batches[pk])
    except BaseException:
        # What this process believes of the questions was never committed.
        grouping.forget()
        raise


def _read_batch(by: Actor, reader: Reader, batch: Batch) -> None:
    library = library_of(batch.mission)
    batch.match_model = matched_by(reader, library)
    texts, hints = zip(*((one.text, one.lang_hint) for one in batch.messages), strict=True)
    said = _readings(reader, list(texts), list(hints), library)
    batch.readings = {one.pk: found for one, found in zip(batch.messages, said, strict=True)}
    for pk, what in Decision.objects.filter(message__in=batch.messages).values_list("message_id", "what"):
        if pk is not None:
            batch.decided[pk].add(what)
    batch.decided |= {
        pk: batch.decided[pk] | {"help"}
        for pk in HelpCall.objects.filter(message__in=batch.messages, state="not_help").values_list(
            "message_id", flat=True
        )
    }
    calls = [one for one in batch.messages if _calls(batch, one)]
    for message in batch.messages:
        _write_reading(reader, message, batch)
    ordinary = [one for one in batch.messages if one not in calls]
    _group(reader, batch, ordinary, shared=reader.shared(library) if library else None)
    Message.objects.bulk_update(batch.messages, READ, batch_size=100)
    _keep_sides(reader, batch)
    for message in calls:
        guess = batch.readings[message.pk].help
        help_calls.raise_call(by=by, message=message, score=guess.score, model=guess.model)
    believing.mark_batch(
        by=by, reader=reader, mission=batch.mission, messages=ordinary, readings=batch.readings
    )
    touched = batch.before | {one.question_id for one in batch.messages if one.question_id}
    _match_questions(touched)
    recount(touched)


def library_of(mission: Mission) -> list[Wording]:
    """Every wording of every answer that may be given at a mission."""
    return [
        Wording(answer=row.ref, question=question, text=next(iter(row.texts.values()), ""), lang=lang)
        for row in answers.library(mission)
        for lang, question in row.questions
    ]


def matched_by(reader: Reader, library: Sequence[Wording]) -> str:
    """What stands beside a match: the model and the library that it was made with, so that a change of either
    is seen and the match made anew."""
    content = sorted((one.answer, one.lang, one.question, one.text) for one in library)
    return f"{reader.match_model}/{hashlib.sha256(repr(content).encode('utf-8', 'replace')).hexdigest()[:8]}"


def _readings(reader: Reader, texts: list[str], hints: list[str], library: list[Wording]) -> list[Reading]:
    """What is said of each. One that cannot be read is left to officers, and never holds up the others."""
    try:
        return list(reader.read(texts, library, hints))
    except (ValueError, LookupError, TypeError, ArithmeticError, RuntimeError) as trouble:
        if len(texts) == 1:
            # without the trace: it may quote the text
            log.error("a message could not be read (%s)", type(trouble).__name__)
            return [reading.unread(texts[0])]
    return [
        found
        for text, hint in zip(texts, hints, strict=True)
        for found in _readings(reader, [text], [hint], library)
    ]


def _calls(batch: Batch, message: Message) -> bool:
    return batch.readings[message.pk].help.is_help and "help" not in batch.decided[message.pk]


def _write_reading(reader: Reader, message: Message, batch: Batch) -> None:
    """What the models say, onto the row. What an officer decided about it stays as it is."""
    said, decided = batch.readings[message.pk], batch.decided[message.pk]
    now = clock.now()
    message.triaged_at = message.updated = now
    message.digest, message.near, message.contradicts = said.digest, said.near, said.contradicts
    # Counted in the text as it is stored: the models read it without its invisible letters.
    spans = personal.personal_data(message.text)
    message.personal = [{"what": one.what, "start": one.start, "end": one.end} for one in spans]
    if "help" not in decided:
        message.help_score, message.is_help = said.help.score, said.help.is_help
        message.help_model = said.help.model
    if "language" not in decided:
        message.lang, message.lang_confidence = said.language.lang, said.language.confidence
        message.lang_model = said.language.model
    if "kind" not in decided:
        message.kind, message.kind_score, message.kind_model = (
            _kind(said, message),
            said.kind.score,
            said.kind.model,
        )
    if "match" not in decided:
        message.match = said.matches[0].answer[:20] if said.matches else ""
        message.confidence = said.confidence
    message.match_model = batch.match_model
    message.keep_until = keeping.keep_until(message.at, private=message.private, kind=message.kind)
    state = _state(message, said)
    if message.state != state:
        message.state, message.state_at = state, now


def _kind(said: Reading, message: Message) -> str:
    # The kind "help" is the consular queue's alone: whoever is not in it asks something.
    return "question" if said.kind.kind == "help" and not message.is_help else said.kind.kind


def _state(message: Message, said: Reading) -> str:
    """Spam and abuse never hide what may be a call for help; nor does what a model is not sure of."""
    aside = message.kind in SET_ASIDE and message.kind_score >= SURE_OF_KIND
    if aside and message.help_score < MAY_BE_HELP and not message.answered_at:
        return "closed"
    return "ready" if said.answered and message.match and message.kind in GROUPED else "open"


def _asks(message: Message) -> bool:
    """What is in no kind and no language (only emoji, only a link) asks nothing that others ask as well."""
    nothing = message.kind == "other" and message.lang == UNKNOWN
    return message.kind in GROUPED and message.state != "closed" and not nothing


def _group(reader: Reader, batch: Batch, messages: Sequence[Message], *, shared: Vectors | None) -> None:
    rows: list[tuple[Message, Vectors]] = []
    for message in messages:
        vector = batch.readings[message.pk].vector
        if not _asks(message) or vector is None:
            message.question = None
        elif not _stays(reader, message):
            rows.append((message, vector))
    joined = grouping.join(batch.mission, rows, model=reader.vector_model, shared=shared)
    for message, _ in rows:
        message.question = joined.get(message.pk)


def _stays(reader: Reader, message: Message) -> bool:
    """Read again, a message stays where it was, and perhaps where an officer put it, while its question takes
    messages and is of the same model."""
    question = message.question
    return (
        question is not None
        and question.state in grouping.TAKES
        and question.centroid_model == reader.vector_model
    )


def _match_questions(questions: set[int]) -> None:
    """A question is matched as the surest of its open messages is."""
    surest = (
        Message.objects.filter(question__in=questions, state__in=("open", "ready"))
        .order_by("question", "-confidence", "pk")
        .distinct("question")
        .values_list("question", "match", "confidence")
    )
    for pk, match, confidence in surest:
        changed = Question.objects.filter(pk=pk).exclude(match=match, confidence=confidence)
        changed.update(match=match, confidence=confidence)


def _keep_countries(readings: Mapping[int, Reading], *, mission: Mission) -> None:
    """The ministry's own country, named as a place, is where people wish to go, not where they are from."""
    own = mission.line()[-1].country
    StatedCountry.objects.filter(message__in=list(readings)).delete()
    StatedCountry.objects.bulk_create(
        [
            StatedCountry(message_id=pk, code=one.code, kind=one.kind, how=one.how[:120], model=one.model)
            for pk, said in readings.items()
            for one in said.countries
            if not (one.code == own and one.kind == "place")
        ],
        ignore_conflicts=True,
    )


def _keep_sides(reader: Reader, batch: Batch) -> None:
    """Countries and vectors: rows of their own. A copy of a text has one vector."""
    _keep_countries(batch.readings, mission=batch.mission)
    vectors = {
        said.digest: said.vector.astype("<f2").tobytes()
        for said in batch.readings.values()
        if said.vector is not None and said.digest
    }
    Vector.objects.bulk_create(
        [
            Vector(digest=digest, model=reader.vector_model, data=data)
            for digest, data in sorted(vectors.items())
        ],
        ignore_conflicts=True,
    )
