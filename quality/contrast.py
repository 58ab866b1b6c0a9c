"""The linear map of triage's vectors, fitted: first from translations alone, then by telling questions apart.

Numpy only. Nothing here runs at the desk; the result is a matrix in
`src/dragoman/inbox/triage/data/space.npz`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
TAU = 0.07


@dataclass(frozen=True)
class Pairs:
    """Sentences (`left`, centred by language) and their English (`right`)."""

    left: Rows
    right: Rows


@dataclass(frozen=True)
class Block:
    """One subject: texts (`rows`) with the intent of each, and for each intent its question and answer."""

    rows: Rows
    intent: NDArray[np.int64]
    questions: Rows
    answers: Rows


def from_translations(pairs: Pairs, width: int, ridge: float = 1.0) -> Rows:
    """Where translations differ, less; where sentences differ, as it is (within-class covariance
    normalisation, Hatch 2006, with Wiener weights on the directions that are left)."""
    apart = (pairs.left - pairs.right) / np.sqrt(2)
    middle = (pairs.left + pairs.right) / 2
    middle = middle - middle.mean(axis=0)
    within = apart.T @ apart / len(apart)
    size = within.shape[0]
    within = within + ridge * np.trace(within) / size * np.eye(size)
    values, turns = np.linalg.eigh(within)
    white = turns @ np.diag(values**-0.5) @ turns.T
    gains, axes = np.linalg.eigh(white @ (middle.T @ middle / len(middle)) @ white)
    chosen = np.argsort(-gains)[:width]
    gains = np.maximum(gains[chosen], 0)
    linear = white @ axes[:, chosen] * np.sqrt(gains / (gains + 1))
    scaled: Rows = (linear / np.sqrt((linear**2).sum() / size)).astype(np.float32)
    return scaled


def _pull(
    left: Rows, right: Rows, wanted: Rows, linear: Rows, barred: NDArray[np.bool_] | None = None
) -> Rows:
    """The slope of the cross entropy of `wanted` among the likenesses of left to right."""
    u, v = left @ linear, right @ linear
    lengths_u = np.linalg.norm(u, axis=1, keepdims=True)
    lengths_v = np.linalg.norm(v, axis=1, keepdims=True)
    u, v = u / lengths_u, v / lengths_v
    logits = u @ v.T / TAU
    if barred is not None:
        logits[barred] = -1e9
    logits -= logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    shares /= shares.sum(axis=1, keepdims=True)
    slope = (shares - wanted) / len(left) / TAU
    du, dv = slope @ v, slope.T @ u
    du = (du - u * (u * du).sum(axis=1, keepdims=True)) / lengths_u
    dv = (dv - v * (v * dv).sum(axis=1, keepdims=True)) / lengths_v
    found: Rows = left.T @ du + right.T @ dv
    return found


def _slopes(block: Block, linear: Rows, dice: np.random.Generator) -> Rows:
    chosen = dice.permutation(len(block.rows))[:280]
    rows, intent = block.rows[chosen], block.intent[chosen]
    wanted = (intent[:, None] == np.arange(len(block.questions))[None, :]).astype(np.float32)
    found = _pull(rows, block.questions, wanted, linear)
    found = found + 0.7 * _pull(rows, block.answers, wanted, linear)
    same = (intent[:, None] == intent[None, :]).astype(np.float32)
    np.fill_diagonal(same, 0)
    some = same.sum(axis=1) > 0
    if some.any():
        same = same[some] / same[some].sum(axis=1, keepdims=True)
        found = found + _pull(rows[some], rows, same, linear, np.eye(len(rows), dtype=bool)[some])
    return found


def _batches(
    pairs: Pairs, dice: np.random.Generator, size: int = 320
) -> Iterator[tuple[Rows, Rows, NDArray[np.bool_]]]:
    while True:
        chosen = dice.choice(len(pairs.left), min(size, len(pairs.left)), replace=False)
        right = pairs.right[chosen]
        near = right @ right.T
        lengths = np.diag(near)
        twins = (lengths[:, None] + lengths[None, :] - 2 * near < 1e-6) & ~np.eye(len(chosen), dtype=bool)
        yield pairs.left[chosen], right, twins


def fit(
    blocks: Sequence[Block],
    pairs: Pairs,
    *,
    width: int,
    rounds: int = 25,
    rate: float = 2e-3,
    hold: float = 0.3,
    seed: int = 7,
) -> Rows:
    """Adam from the map of translations, held near to it."""
    start = from_translations(pairs, width)
    dice = np.random.default_rng(seed)
    batches = _batches(pairs, dice)
    linear = start.copy()
    first, second = np.zeros_like(linear), np.zeros_like(linear)
    everything = joined(blocks)
    step = 0
    for _ in range(rounds):
        for block in [*blocks, everything]:
            left, right, twins = next(batches)
            slope = _slopes(block, linear, dice)
            slope = slope + _pull(left, right, np.eye(len(left), dtype=np.float32), linear, twins)
            slope = slope + hold * (linear - start)
            step += 1
            first = 0.9 * first + 0.1 * slope
            second = 0.999 * second + 0.001 * slope * slope
            linear = linear - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    found: Rows = linear.astype(np.float32)
    return found


def joined(blocks: Sequence[Block]) -> Block:
    """All subjects as one."""
    offsets = np.cumsum([0, *(len(block.questions) for block in blocks)])
    return Block(
        rows=np.concatenate([block.rows for block in blocks]),
        intent=np.concatenate([block.intent + add for block, add in zip(blocks, offsets[:-1], strict=True)]),
        questions=np.concatenate([block.questions for block in blocks]),
        answers=np.concatenate([block.answers for block in blocks]),
    )
