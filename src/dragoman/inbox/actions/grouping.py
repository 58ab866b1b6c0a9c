"""Messages that ask the same thing, joined across languages: one pass against centroids of open questions.

The centroids are held in each process and brought up to date from the rows that changed since, so that a
batch costs one product of matrices and no reading of vectors (thousands of questions, never messages).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

import numpy as np
from django.db import connection
from django.db.models import Max
from numpy.typing import NDArray

from dragoman.base import clock
from dragoman.inbox import due, refs
from dragoman.inbox.models import Message, Question
from dragoman.inbox.triage.centring import unit
from dragoman.inbox.triage.grouping import JOIN_APART_AT, JOIN_AT
from dragoman.inbox.triage.values import Vectors
from dragoman.staff.models import Mission

# Questions that take new messages. Closed ones do not: whoever asks again is seen.
TAKES = ("open", "drafting", "answered", "snoozed")
# Officers change questions without our lock: what committed late is still seen.
OVERLAP = timedelta(minutes=2)
# A mean of so many hardly moves; and a group that has drifted for weeks can still follow.
HEAVIEST = 200.0
LOCK = 0x1B0C5


@dataclass
class Shelf:
    """The centroids of one mission's questions by one model, as this process knows them."""

    seen: datetime | None = None
    places: dict[int, int] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    matrix: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    weights: list[float] = field(default_factory=list)
    shared: Vectors | None = None
    # The rows of `matrix` less what the mission's messages share: what is compared.
    apart: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))


_shelves: dict[tuple[int, str], Shelf] = {}


def forget() -> None:
    """Read everything anew. For tests."""
    _shelves.clear()


def join(
    mission: Mission, rows: Sequence[tuple[Message, Vectors]], *, model: str, shared: Vectors | None
) -> dict[int, Question]:
    """Message id -> its question, found or begun. In the caller's transaction, one at a time per mission, so
    that two workers never begin the same question twice. `shared` is what the library's questions have in
    common: it is taken away before comparing."""
    if not rows:
        return {}
    _only_one(mission)
    shelf = _fresh(mission, model)
    _compare_less(shelf, shared)
    found: dict[int, int] = {}
    begun: dict[int, Question] = {}
    moved: set[int] = set()
    for message, vector in rows:
        place = _nearest(shelf, vector)
        if place is None:
            question = _begin(mission, message, vector, model)
            begun[question.pk] = question
            _add(shelf, question.pk, vector, 1.0)
            found[message.pk] = question.pk
        else:
            _move(shelf, place, vector)
            moved.add(shelf.ids[place])
            found[message.pk] = shelf.ids[place]
    _write(shelf, moved)
    questions = Question.objects.in_bulk(set(found.values()))
    return {pk: questions[question] for pk, question in found.items() if question in questions}


def _only_one(mission: Mission) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, mission.pk])


def _fresh(mission: Mission, model: str) -> Shelf:
    shelf = _shelves.setdefault((mission.pk, model), Shelf())
    rows = Question.objects.filter(mission=mission, centroid_model=model)
    newest = rows.aggregate(newest=Max("updated"))["newest"]
    if shelf.seen is not None and newest is not None and newest < shelf.seen - OVERLAP:
        return shelf
    if shelf.seen is not None:
        rows = rows.filter(updated__gte=shelf.seen - OVERLAP)
    for pk, state, data, weight in rows.order_by("pk").values_list("pk", "state", "centroid", "weight"):
        vector = np.frombuffer(bytes(data), dtype="<f4")
        if state in TAKES and len(vector):
            _add(shelf, pk, vector, weight)
        elif pk in shelf.places:
            # It takes no more: a zero is near to nothing, and its place stays for it.
            shelf.matrix[shelf.places[pk]] = 0.0
            shelf.apart[shelf.places[pk]] = 0.0
    shelf.seen = max(filter(None, (newest, shelf.seen)), default=None)
    return shelf


def _add(shelf: Shelf, pk: int, vector: Vectors, weight: float) -> None:
    place = shelf.places.get(pk)
    if place is None:
        place = len(shelf.ids)
        if place >= len(shelf.matrix):
            larger = np.zeros((max(256, 2 * place), len(vector)), dtype=np.float32)
            if place:
                larger[:place] = shelf.matrix[:place]
            shelf.matrix = larger
            shelf.apart = _less(larger, shelf.shared)
        shelf.ids.append(pk)
        shelf.weights.append(weight)
        shelf.places[pk] = place
    _place(shelf, place, np.asarray(vector, dtype=np.float32))
    shelf.weights[place] = weight


def _place(shelf: Shelf, place: int, vector: NDArray[np.float32]) -> None:
    shelf.matrix[place] = unit(vector)
    shelf.apart[place] = _less(shelf.matrix[place : place + 1], shelf.shared)[0]


def _compare_less(shelf: Shelf, shared: Vectors | None) -> None:
    if not _same(shelf.shared, shared):
        shelf.shared = shared
        shelf.apart = _less(shelf.matrix, shared)


def _same(one: Vectors | None, other: Vectors | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other))


def _less(vectors: NDArray[np.float32], shared: Vectors | None) -> NDArray[np.float32]:
    """Rows of length one without what they share. A row of zeros, which stands for nothing, stays so."""
    if shared is None or not len(vectors):
        return vectors.copy()
    return np.where(vectors.any(axis=1, keepdims=True), unit(vectors - shared), 0.0).astype(np.float32)


def _nearest(shelf: Shelf, vector: Vectors) -> int | None:
    if not shelf.ids:
        return None
    likeness = shelf.apart[: len(shelf.ids)] @ _less(vector[None], shelf.shared)[0]
    place = int(np.argmax(likeness))
    at_least = JOIN_AT if shelf.shared is None else JOIN_APART_AT
    return place if float(likeness[place]) >= at_least else None


def _move(shelf: Shelf, place: int, vector: Vectors) -> None:
    weight = min(shelf.weights[place], HEAVIEST)
    _place(shelf, place, shelf.matrix[place] * weight + vector)
    shelf.weights[place] += 1.0


def _write(shelf: Shelf, moved: set[int]) -> None:
    rows = [
        Question(
            pk=pk,
            centroid=shelf.matrix[shelf.places[pk]].astype("<f4").tobytes(),
            weight=shelf.weights[shelf.places[pk]],
            updated=clock.now(),
        )
        for pk in sorted(moved)
    ]
    Question.objects.bulk_update(rows, ["centroid", "weight", "updated"], batch_size=200)


def _begin(mission: Mission, message: Message, vector: Vectors, model: str) -> Question:
    return Question.objects.create(
        ref=refs.new_ref("Q"),
        mission=mission,
        first_at=message.at,
        last_at=message.at,
        due_at=due.due_at(message.kind, message.at, _hours(mission)),
        centroid=unit(np.asarray(vector, dtype=np.float32)).astype("<f4").tobytes(),
        weight=1.0,
        centroid_model=model,
    )


def _hours(mission: Mission) -> due.OfficeHours:
    try:
        hours = due.OfficeHours(zone=mission.zone or "UTC")
        due.due_at("question", clock.now(), hours)
    except (ZoneInfoNotFoundError, ValueError):
        return due.OfficeHours()
    return hours
