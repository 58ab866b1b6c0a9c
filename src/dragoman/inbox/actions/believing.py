"""Which messages rest on a known wrong belief: the nearest sentence that an officer confirmed decides, in any
language. A message that only asks is marked as asking, and counted apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dragoman.base.actor import Actor
from dragoman.facts import queries as facts
from dragoman.inbox.actions import misunderstandings
from dragoman.inbox.actions.misunderstandings import PROPOSE_FROM, Seen
from dragoman.inbox.models import Decision, Message, Question, Vector
from dragoman.inbox.reading import Reader
from dragoman.inbox.triage.values import Reading, Vectors
from dragoman.staff.models import Mission

# Likeness to the belief, and by how much it is nearer than the correction. Chosen on the sample day
# (docs/quality.md has what that is worth); an officer's decision on one message outweighs both.
HOLD_AT = 0.55
NEARER_BY = 0.05
CLASH = 0.8
ON_TOPIC = 0.4
QUESTION_MARKS = frozenset("?？؟⸮;¿")
JUDGED = frozenset({"question", "complaint", "press", "other", "help"})


@dataclass(frozen=True)
class Known:
    """The sentences of known beliefs as vectors: `false` those that hold it, else those that put it right."""

    labels: tuple[str, ...]
    false: np.ndarray[tuple[int], np.dtype[np.bool_]]
    vectors: Vectors


_kept: dict[tuple[str, int], Known] = {}


def mark_batch(
    *, by: Actor, reader: Reader, mission: Mission, messages: Sequence[Message], readings: dict[int, Reading]
) -> int:
    """Mark those of a batch that rest on a known belief; propose groups that clash with the answers and rest
    on none. In the caller's transaction. Gives how many marks were new."""
    known = _known(reader)
    seen: list[Seen] = []
    clashing: set[int] = set()
    for message in messages:
        said = readings[message.pk]
        if said.vector is None or message.kind not in JUDGED or message.state == "closed":
            continue
        found = nearest(known, said.vector) if known is not None else None
        if found is not None:
            label, likeness = found
            seen.append(Seen(message.pk, label, likeness, asks=asks(message), model=reader.vector_model))
        elif _clashes(message) and message.question_id:
            clashing.add(message.question_id)
    made = misunderstandings.mark_beliefs(by=by, mission=mission, seen=seen) if seen else 0
    for pk in sorted(clashing):
        _propose(by, pk)
    return made


def nearest(known: Known, vector: Vectors) -> tuple[str, float] | None:
    """The belief that a text is nearest to, if it is near enough and nearer than to what puts it right."""
    likeness = known.vectors @ vector
    held = np.where(known.false, likeness, -1.0)
    best = int(held.argmax())
    label = known.labels[best]
    mends = [float(likeness[n]) for n, one in enumerate(known.labels) if one == label and not known.false[n]]
    near = float(held[best])
    if near < HOLD_AT or near < max(mends, default=-1.0) + NEARER_BY:
        return None
    return label, near


def _clashes(message: Message) -> bool:
    """Speaks of what an answer speaks of, states something, and the answer denies it."""
    near = bool(message.match) and message.confidence >= ON_TOPIC
    return message.contradicts >= CLASH and near and not asks(message)


def asks(message: Message) -> bool:
    """Does it only ask? A belief is stated; who asks whether it is so does not hold it."""
    return message.kind == "question" or bool(QUESTION_MARKS & set(message.text))


def _known(reader: Reader) -> Known | None:
    beliefs = facts.beliefs()
    told = [(one.label, text, True) for one in beliefs for text in one.statements.values()]
    told += [(one.label, text, False) for one in beliefs for text in one.corrections.values()]
    if not told or not reader.vector_model:
        return None
    taught = _taught()
    key = (reader.vector_model, hash((tuple(told), tuple(sorted((k, len(v)) for k, v in taught.items())))))
    if key not in _kept:
        _kept.clear()
        readings = reader.read([text for _, text, _ in told], [])
        rows = [(label, false, one.vector) for (label, _, false), one in zip(told, readings, strict=True)]
        rows += [
            (label, True, vector) for label, digests in taught.items() for vector in _vectors(digests, reader)
        ]
        whole = [(label, false, vector) for label, false, vector in rows if vector is not None]
        if not whole:
            return None
        _kept[key] = Known(
            tuple(label for label, _, _ in whole),
            np.array([false for _, false, _ in whole]),
            np.stack([vector for *_, vector in whole]),
        )
    return _kept[key]


def _taught() -> dict[str, list[str]]:
    """What officers said of single messages: each is one more sentence of its belief, in its own language."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = Decision.objects.filter(what="belief", message__isnull=False).exclude(decided="").order_by("id")
    for features in rows.values_list("features", flat=True)[:5000]:
        if features.get("belief") and features.get("digest"):
            found[features["belief"]].append(features["digest"])
    return dict(found)


def _vectors(digests: Sequence[str], reader: Reader) -> list[Vectors]:
    rows = Vector.objects.filter(digest__in=digests, model=reader.vector_model)
    return [np.frombuffer(bytes(row.data), dtype="<f2").astype(np.float32) for row in rows]


def _propose(by: Actor, question: int) -> None:
    group = Question.objects.select_related("mission").filter(pk=question).first()
    if group is None:
        return
    clash = Message.objects.filter(question=group, contradicts__gte=CLASH, held__isnull=True)
    pks = [one.pk for one in clash[:200] if _clashes(one)]
    if len(pks) >= PROPOSE_FROM:
        misunderstandings.propose_misunderstanding(
            by=by, question=group, messages=pks, facts=[str(cite) for cite in group.facts]
        )
