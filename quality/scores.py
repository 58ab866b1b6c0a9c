"""The measures of triage as plain functions of numbers, so that each can be checked by hand.

None of them knows what a message is. Where a measure has no cases to stand on, it is not a number (nan),
never a flattering zero or one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

NAN = float("nan")


def share(hits: int, cases: int) -> float:
    """`hits` of `cases`; nan of none."""
    return hits / cases if cases else NAN


def mean(values: Iterable[float]) -> float:
    """The mean of those that are numbers."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else NAN


def interval(hits: int, cases: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: how far the figure may be off by the luck of so few cases."""
    if not cases:
        return NAN, NAN
    p, zz = hits / cases, z * z
    middle = (p + zz / (2 * cases)) / (1 + zz / cases)
    half = z * math.sqrt(p * (1 - p) / cases + zz / (4 * cases * cases)) / (1 + zz / cases)
    return max(0.0, middle - half), min(1.0, middle + half)


def recall_at(k: int, ranked: Sequence[Sequence[str]], truth: Sequence[AbstractSet[str]]) -> float:
    """The share of questions with a right answer among the first `k` offered."""
    hits = sum(bool(set(offer[:k]) & right) for offer, right in zip(ranked, truth, strict=True))
    return share(hits, len(truth))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """How often a positive case scores above a negative one; a tie counts half."""
    if not positive or not negative:
        return NAN
    above = np.asarray(positive, dtype=float)[:, None] - np.asarray(negative, dtype=float)[None, :]
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


@dataclass(frozen=True, slots=True)
class Answering:
    """`coverage`: answered questions of all that the library can answer. `precision`: right ones of all that
    were answered, where any answer to a question outside the library is wrong."""

    coverage: float
    precision: float
    threshold: float


def answering(answered: Sequence[bool], right: Sequence[bool], inside: Sequence[bool]) -> Answering:
    """What the product itself chose to answer."""
    chosen = sum(answered)
    kept = sum(a and i for a, i in zip(answered, inside, strict=True))
    good = sum(a and r for a, r in zip(answered, right, strict=True))
    return Answering(share(kept, sum(inside)), share(good, chosen), NAN)


def best_answering(
    confidence: Sequence[float], right: Sequence[bool], inside: Sequence[bool], precision: float = 0.95
) -> Answering:
    """The highest coverage that any threshold gives at this precision: chosen after the fact on these very
    cases, so it is the best case and no promise. Coverage 0 when no threshold reaches the precision."""
    best = Answering(0.0, NAN, NAN)
    for threshold in sorted(set(confidence), reverse=True):
        cut = answering([c >= threshold for c in confidence], right, inside)
        if cut.precision >= precision and cut.coverage > best.coverage:
            best = Answering(cut.coverage, cut.precision, threshold)
    return best


def recall_at_alarms(
    positive: Sequence[float], negative: Sequence[float], alarms: float
) -> tuple[float, float]:
    """The recall at the lowest threshold that lets at most the share `alarms` of the negatives through, and
    that threshold. A case is let through when its score is above the threshold."""
    if not positive or not negative:
        return NAN, NAN
    falling = sorted(negative, reverse=True)
    threshold = falling[min(math.floor(alarms * len(falling) + 1e-9), len(falling) - 1)]
    return share(sum(score > threshold for score in positive), len(positive)), threshold


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts over pairs of messages: joined rightly, joined wrongly, kept apart wrongly."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """2PR / (P + R); 0 when every message stands alone, where V-measure would flatter."""
        return share(2 * self.right, 2 * self.right + self.wrong + self.missed)


def pairs(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Pairs:
    """Pairs of messages that are together in truth and in what was found."""

    def together(labels: Iterable[Hashable]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(labels).values())

    both = together(zip(truth, found, strict=True))
    return Pairs(both, together(found) - both, together(truth) - both)


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: the gap between confidence and the share that is right, in bins of equal
    width, weighted by how many cases each holds."""
    if not confidence:
        return NAN
    given, truth = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    place = np.clip((given * bins).astype(int), 0, bins - 1)
    gaps = [
        (place == b).sum() * abs(given[place == b].mean() - truth[place == b].mean())
        for b in set(place.tolist())
    ]
    return float(sum(gaps) / len(given))


def accuracy(truth: Sequence[str], found: Sequence[str]) -> float:
    """The share that is the same."""
    return share(sum(t == f for t, f in zip(truth, found, strict=True)), len(truth))


def by_class(truth: Sequence[str], found: Sequence[str]) -> dict[str, tuple[int, int]]:
    """For each true class: right ones, all."""
    counts: dict[str, tuple[int, int]] = {}
    for t, f in zip(truth, found, strict=True):
        hits, cases = counts.get(t, (0, 0))
        counts[t] = hits + (t == f), cases + 1
    return counts


def macro(counts: Mapping[str, tuple[int, int]]) -> float:
    """The mean of the classes' accuracies: a rare class weighs as much as a common one."""
    return mean(share(hits, cases) for hits, cases in counts.values())


def confusion(truth: Sequence[str], found: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each true class, how often each class was found for it."""
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for t, f in zip(truth, found, strict=True):
        table[t][f] += 1
    return {t: dict(row.most_common()) for t, row in sorted(table.items())}


def precision_recall(
    truth: Sequence[AbstractSet[str]], found: Sequence[AbstractSet[str]]
) -> tuple[float, float]:
    """Over all cases together, where each case has a set of labels, often an empty one."""
    both = sum(len(t & f) for t, f in zip(truth, found, strict=True))
    return share(both, sum(map(len, found))), share(both, sum(map(len, truth)))
