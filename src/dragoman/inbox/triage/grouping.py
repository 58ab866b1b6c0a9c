"""The same question, joined across languages: one pass against the running means of groups.

Takes vectors that `centring` made. A message joins the nearest group when that is near enough, else it begins
one. Numbers that contradict each other may keep apart what the vectors would join. `merged` closes up what
one pass left in pieces; it is a pure function, for the end of a stream and for the night.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.centring import unit
from dragoman.inbox.triage.matching import Library
from dragoman.inbox.triage.values import Vectors

# Fitted on quality/train with subjects left out (quality/fit_matching.py prints the table).
JOIN_AT = 0.55
# The same where a library says what its messages share (`shared`), and that is taken away before comparing:
# on quality/train with subjects left out pair F1 .81 at precision .92, against .71 at .86.
JOIN_APART_AT = 0.40
# From so many answers on their mean is what a campaign's messages share, and not what one answer says.
ENOUGH_ANSWERS = 5
MERGE_AT = 0.70
# On quality/train/held.jsonl: mean pair F1 .73 at .20, .77 at .25 and at .30, .76 at .35.
TOGETHER = 0.28
# Near copies: joined before everything is compared with everything, which is done with at most so many.
ALIKE = 0.85
MOST = 4000
# Fewer messages than this share nothing that could be taken away.
FEW = 20
# How much the answers that fit weigh beside the words, and how sharply the best of them is preferred.
PROFILE = 0.3
SHARPNESS = 0.03
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


def shared(library: Library) -> Vectors | None:
    """What the questions of a library have in common: the campaign, which tells no question from another.

    None when there are too few answers to tell.
    """
    questions = library.vectors[library.asks] if len(library) >= ENOUGH_ANSWERS else library.vectors[:0]
    mean: Vectors = questions.mean(axis=0).astype(np.float32) if len(questions) else library.vectors[:0]
    return mean if len(mean) else None


def _grown(rows: Vectors, used: int, width: int) -> Vectors:
    larger = np.zeros((max(64, 2 * used), width), np.float32)
    if used:
        larger[:used] = rows[:used]
    return larger


def merged(
    sums: Vectors,
    counts: Sequence[float],
    *,
    at_least: float = MERGE_AT,
    together: Iterable[tuple[int, int]] = (),
    apart: Iterable[frozenset[int]] = (),
) -> list[int]:
    """For each group the place of the one that it becomes part of (its own when it stays).

    `sums` are the sums of the members' vectors (or a centroid times its weight). Nearest pairs first by the
    mean likeness of their members (average linkage), until no pair is as near as `at_least`. `together` are
    joined whatever the vectors say; `apart` never, not even through a third.
    """
    if not len(counts):
        return []
    tree = _Tree(sums, counts)
    for pair in apart:
        tree.bar(min(pair), max(pair))
    for one, other in together:
        tree.join(one, other)
    while (near := tree.nearest(at_least)) is not None:
        tree.join(*near)
    return [tree.root(place) for place in range(len(counts))]


_BARRED, _GONE = -2.0, -3.0


class _Tree:
    """Groups being joined, with the likeness of all pairs and the nearest of each row."""

    def __init__(self, sums: Vectors, counts: Sequence[float]) -> None:
        self._target = list(range(len(counts)))
        self._counts = np.maximum(np.asarray(counts, dtype=float), 1e-9)
        means = np.asarray(sums, dtype=float) / self._counts[:, None]
        self._likeness = means @ means.T
        np.fill_diagonal(self._likeness, _GONE)
        self._best = self._likeness.max(axis=1)

    def bar(self, one: int, other: int) -> None:
        if one != other:
            self._likeness[one, other] = self._likeness[other, one] = _BARRED
            self._look_again(np.array([one, other]))

    def nearest(self, at_least: float) -> tuple[int, int] | None:
        row = int(np.argmax(self._best))
        if self._best[row] < at_least:
            return None
        return row, int(np.argmax(self._likeness[row]))

    def join(self, one: int, other: int) -> None:
        keep, gone = sorted((self.root(one), self.root(other)))
        if keep == gone or self._likeness[keep, gone] == _BARRED:
            return
        first, second = self._likeness[keep], self._likeness[gone]
        share = self._counts[keep] / (self._counts[keep] + self._counts[gone])
        row = share * first + (1 - share) * second
        row[(first == _BARRED) | (second == _BARRED)] = _BARRED
        row[(first == _GONE) | (second == _GONE)] = _GONE
        was = np.maximum(first, second)
        self._counts[keep] += self._counts[gone]
        self._target[gone] = keep
        self._likeness[keep], self._likeness[:, keep] = row, row
        self._likeness[gone], self._likeness[:, gone] = _GONE, _GONE
        # whoever was nearest to one of the two looks again; for the others the new row can only be nearer
        self._look_again(np.flatnonzero(self._best <= was + 1e-12))
        self._best = np.maximum(self._best, row)
        self._look_again(np.array([keep, gone]))

    def _look_again(self, places: NDArray[np.int64]) -> None:
        if len(places):
            self._best[places] = self._likeness[places].max(axis=1)

    def root(self, place: int) -> int:
        while self._target[place] != place:
            place = self._target[place]
        return place


def group_all(
    keys: Sequence[Hashable], vectors: Vectors, profiles: Vectors | None = None, *, at_least: float = TOGETHER
) -> dict[Hashable, int]:
    """All messages at once, whatever their order: near copies first, then average linkage.

    What all have in common (their subject) is taken away first. `profiles` say which approved answers fit
    each message, and how surely: whom one answer serves asks one question.
    """
    if len(keys) != len(vectors):
        raise ValueError(f"{len(keys)} keys and {len(vectors)} vectors do not go together")
    if not keys:
        return {}
    rows = combined(vectors, profiles)
    order = sorted(
        range(len(keys)), key=lambda place: (-float(rows[place] @ rows.mean(axis=0)), str(keys[place]))
    )
    small = Groups(join_at=ALIKE)
    for place in order:
        small.add(place, rows[place])
    while len(small) > MOST and small.join_at > at_least:
        small = _coarser(small)
    target = merged(small.sums[: len(small)], small.counts, at_least=at_least)
    place_of = {place: target[group] for group, members in enumerate(small.members) for place in members}
    return {key: place_of[place] for place, key in enumerate(keys)}


def combined(vectors: Vectors, profiles: Vectors | None) -> Vectors:
    """Vectors less what they all share, with the profiles beside them."""
    rows = unit(vectors - vectors.mean(axis=0)) if len(vectors) >= FEW else np.asarray(vectors, np.float32)
    if profiles is None or not profiles.size:
        return rows
    found: Vectors = np.hstack([rows * np.sqrt(1 - PROFILE), profiles * np.sqrt(PROFILE)]).astype(np.float32)
    return found


def profile(scores: NDArray[np.float64], sure: NDArray[np.float64]) -> Vectors:
    """Which answers fit each message: rows of length `sure` cubed, so that doubt says nothing."""
    if not scores.size:
        return np.zeros((len(scores), 0), np.float32)
    shares = np.exp((scores - scores.max(axis=1, keepdims=True)) / SHARPNESS)
    found: Vectors = unit(shares.astype(np.float32)) * (sure[:, None] ** 3).astype(np.float32)
    return found


def _coarser(small: Groups) -> Groups:
    """The same groups through a wider mesh."""
    wider = Groups(join_at=small.join_at - 0.1)
    for place, row in enumerate(small.centroids()):
        wider.add(place, row)
    parts = [[int(str(place)) for place in some] for some in wider.members]
    made = Groups.restored(
        np.stack([small.sums[some].sum(axis=0) for some in parts]),
        [sum(small.counts[place] for place in some) for some in parts],
        [[key for place in some for key in small.members[place]] for some in parts],
    )
    made.join_at = wider.join_at
    return made
