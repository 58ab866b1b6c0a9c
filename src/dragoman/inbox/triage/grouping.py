"""The same question, joined across languages: one pass against the running means of groups.

Takes vectors that `centring` made. A message joins the nearest group when that is near enough, else it begins
one. Numbers that contradict each other may keep apart what the vectors would join. `merged` closes up what
one pass left in pieces; it is a pure function, for the end of a stream and for the night.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.centring import unit
from dragoman.inbox.triage.values import Vectors

# Fitted on quality/train with subjects left out (quality/fit_matching.py prints the table).
JOIN_AT = 0.50
MERGE_AT = 0.58
# A mean of so many hardly moves; so a group can still follow.
HEAVIEST = 200.0


@dataclass
class Groups:
    """Groups under way. `means` are not of length one: the sum of members decides, up to `HEAVIEST`."""

    join_at: float = JOIN_AT
    sums: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    counts: list[float] = field(default_factory=list)
    members: list[list[Hashable]] = field(default_factory=list)
    apart: set[frozenset[int]] = field(default_factory=set)
    _units: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32), repr=False)

    def __post_init__(self) -> None:
        self._units = unit(self.sums)

    def __len__(self) -> int:
        return len(self.members)

    def centroids(self) -> Vectors:
        """One row of length one for each group."""
        found: Vectors = self._units[: len(self)]
        return found

    def add(self, key: Hashable, vector: Vectors, *, barred: Iterable[int] = ()) -> int:
        """The place of the group that took it, or that it began. `barred` groups never take it."""
        place = self._nearest(vector, set(barred))
        if place is None:
            place = self._begin(vector)
        else:
            self._set(place, self._eased(place) + vector)
            self.counts[place] += 1.0
        self.members[place].append(key)
        return place

    def _eased(self, place: int) -> Vectors:
        """The sum of a very large group, as if it had fewer members."""
        row: Vectors = self.sums[place]
        count = self.counts[place]
        return row * (HEAVIEST / count) if count > HEAVIEST else row

    def _nearest(self, vector: Vectors, barred: set[int]) -> int | None:
        if not len(self):
            return None
        likeness = self.centroids() @ vector
        for place in barred:
            likeness[place] = -2.0
        place = int(np.argmax(likeness))
        return place if float(likeness[place]) >= self.join_at else None

    def _set(self, place: int, total: Vectors) -> None:
        self.sums[place] = total
        self._units[place] = unit(total)

    def _begin(self, vector: Vectors) -> int:
        place = len(self)
        if place >= len(self.sums):
            self.sums = _grown(self.sums, place, len(vector))
            self._units = _grown(self._units, place, len(vector))
        self._set(place, vector)
        self.counts.append(1.0)
        self.members.append([])
        return place

    def merge(self, keep: int, gone: int) -> None:
        """An officer says that two groups ask the same. The place of `gone` stays, empty."""
        if keep == gone or not self.members[gone]:
            return
        self._set(keep, self.sums[keep] + self.sums[gone])
        self._set(gone, np.zeros_like(self.sums[gone]))
        self.counts[keep] += self.counts[gone]
        self.members[keep] += self.members[gone]
        self.counts[gone], self.members[gone] = 0.0, []

    def split(self, place: int, keys: Sequence[Hashable], vectors: Vectors) -> int:
        """An officer takes some messages out into a group of their own; the two are never merged again."""
        chosen = set(keys)
        self.members[place] = [key for key in self.members[place] if key not in chosen]
        self._set(place, self.sums[place] - vectors.sum(axis=0))
        self.counts[place] = max(1.0, self.counts[place] - len(chosen))
        new = self._begin(vectors.sum(axis=0))
        self.counts[new] = float(len(chosen))
        self.members[new] = list(keys)
        self.apart.add(frozenset((place, new)))
        return new

    def state(self) -> tuple[Vectors, NDArray[np.float64]]:
        """Sums and counts, to be kept elsewhere."""
        return self.sums[: len(self)].copy(), np.array(self.counts)

    @classmethod
    def restored(
        cls, sums: Vectors, counts: Sequence[float], members: Sequence[Sequence[Hashable]] = ()
    ) -> Groups:
        """What `state` gave, back."""
        known = [list(one) for one in members] or [[] for _ in counts]
        return cls(sums=np.array(sums, np.float32), counts=[float(one) for one in counts], members=known)


def _grown(rows: Vectors, used: int, width: int) -> Vectors:
    larger = np.zeros((max(64, 2 * used), width), np.float32)
    if used:
        larger[:used] = rows[:used]
    return larger


def merged(
    centroids: Vectors,
    counts: Sequence[float],
    *,
    at_least: float = MERGE_AT,
    together: Iterable[tuple[int, int]] = (),
    apart: Iterable[frozenset[int]] = (),
) -> list[int]:
    """For each group the place of the one that it becomes part of (its own when it stays).

    Nearest pairs first, means weighted by size after each step, until no pair is as near as `at_least`.
    `together` are joined whatever the vectors say; `apart` never, not even through a third.
    """
    count = len(counts)
    target = list(range(count))
    sums = unit(centroids).astype(np.float64) * np.asarray(counts, dtype=float)[:, None]
    likeness = _likeness(sums)
    barred = {tuple(sorted(pair)) for pair in apart if len(pair) == 2}
    for one, other in barred:
        likeness[one, other] = likeness[other, one] = -2.0
    for one, other in together:
        left, right = _root(target, one), _root(target, other)
        if left != right and likeness[left, right] > -1.5:
            _join(min(left, right), max(left, right), target, sums, likeness)
    while count > 1:
        keep, gone = (int(place) for place in np.unravel_index(int(np.argmax(likeness)), likeness.shape))
        if likeness[keep, gone] < at_least:
            break
        _join(min(keep, gone), max(keep, gone), target, sums, likeness)
    return [_root(target, place) for place in range(count)]


def _likeness(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    found: NDArray[np.float64] = rows @ rows.T
    np.fill_diagonal(found, -3.0)
    return found


def _join(
    keep: int, gone: int, target: list[int], sums: NDArray[np.float64], likeness: NDArray[np.float64]
) -> None:
    target[gone] = keep
    sums[keep] += sums[gone]
    sums[gone] = 0.0
    lengths = np.maximum(np.linalg.norm(sums, axis=1), 1e-12)
    row = (sums @ sums[keep]) / lengths / lengths[keep]
    shut = (likeness[keep] == -2.0) | (likeness[gone] == -2.0)
    dead = likeness[keep] == -3.0
    row[shut], row[dead] = -2.0, -3.0
    likeness[keep], likeness[:, keep] = row, row
    likeness[gone], likeness[:, gone] = -3.0, -3.0


def _root(target: list[int], place: int) -> int:
    while target[place] != place:
        place = target[place]
    return place


def group_all(
    keys: Sequence[Hashable], vectors: Vectors, *, join_at: float = JOIN_AT, merge_at: float = MERGE_AT
) -> Mapping[Hashable, int]:
    """One pass in the order given, a merge, and a second look: each message goes to the nearest mean."""
    groups = Groups(join_at=join_at)
    for key, vector in zip(keys, vectors, strict=True):
        groups.add(key, vector)
    return closed(groups, keys, vectors, merge_at=merge_at)


def closed(
    groups: Groups, keys: Sequence[Hashable], vectors: Vectors, *, merge_at: float = MERGE_AT
) -> dict[Hashable, int]:
    """Groups merged, then every message at the nearest mean when that is nearer than its own."""
    if not keys:
        return {}
    place_of = {key: place for place, members in enumerate(groups.members) for key in members}
    target = merged(groups.centroids(), groups.counts, at_least=merge_at, apart=groups.apart)
    label = np.array([target[place_of[key]] for key in keys])
    for _ in range(2):
        used = np.unique(label)
        means = unit(np.stack([vectors[label == one].sum(axis=0) for one in used]))
        label = used[np.argmax(vectors @ means.T, axis=1)]
    used = np.unique(label)
    sums = np.stack([vectors[label == one].sum(axis=0) for one in used])
    again = merged(sums, [float((label == one).sum()) for one in used], at_least=merge_at)
    last = {int(one): int(used[again[place]]) for place, one in enumerate(used)}
    return {key: last[int(one)] for key, one in zip(keys, label, strict=True)}
