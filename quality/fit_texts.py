"""Fit what judges one text: calls for help and kinds. `python -m quality.fit_texts` writes the parameters.

Reads `quality/train/help.jsonl` and `kinds.jsonl`, encodes them with the desk's own encoder, prints out-of-fold
figures by language and by situation (each left out whole), and writes `help.npz` and `kinds.npz`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.helping_words import WordLists
from dragoman.inbox.triage.kinds import FITTED, signs
from quality.fitting import Floats, auroc, folds, logistic, recall_at, softmax

TRAIN = Path(__file__).parent / "train"
DATA = Path(__file__).parents[1] / "src/dragoman/inbox/triage/data"
PENALTY = 0.05
KIND_PENALTY = 0.15
PROTOTYPES = 64
# the cut stands where this share of the other out-of-fold texts would alarm: recall is what it buys
FALSE_ALARMS = 0.04
Mask = NDArray[np.bool_]


def read(*names: str) -> list[dict[str, Any]]:
    """The rows of the training files."""
    rows: list[dict[str, Any]] = []
    for name in names:
        rows += [
            json.loads(line) for line in (TRAIN / f"{name}.jsonl").read_text("utf-8").splitlines() if line
        ]
    return rows


def encode(texts: Sequence[str], keep: Path | None) -> Floats:
    """Vectors of `texts`; kept in `keep`, when given, between runs over the same texts."""
    encoder = load_encoder()
    held: dict[str, NDArray[np.float32]] = {}
    if keep and keep.exists():
        with np.load(keep, allow_pickle=False) as found:
            if str(found["model"]) == encoder.model_id:
                held = dict(zip(found["texts"].tolist(), found["vectors"], strict=True))
    todo = [text for text in dict.fromkeys(texts) if text not in held]
    if todo:
        held.update(zip(todo, encoder.encode(todo), strict=True))
        if keep:
            np.savez(
                keep,
                model=encoder.model_id,
                texts=np.array(list(held)),
                vectors=np.array(list(held.values())),
            )
    return np.array([held[text] for text in texts], dtype=np.float64)


def centres(rows: Floats, count: int) -> Floats:
    """`count` means of near rows (k-means on the sphere, from a fixed start)."""
    chosen = rows[np.random.default_rng(4).permutation(len(rows))[:count]]
    for _ in range(20):
        nearest = (rows @ chosen.T).argmax(axis=1)
        sums = np.array(
            [rows[nearest == n].sum(axis=0) if (nearest == n).any() else chosen[n] for n in range(count)]
        )
        chosen = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return chosen


class HelpFit:
    """The two detectors on vectors, learned from the rows `inside`."""

    def __init__(self, vectors: Floats, truth: Floats, inside: Mask) -> None:
        self.mean = vectors[inside].mean(axis=0)
        rows, wanted = vectors[inside] - self.mean, truth[inside]
        self.weights = logistic(rows, wanted, PENALTY)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        self.calls = centres(rows[wanted == 1], PROTOTYPES)
        self.others = centres(rows[wanted == 0], PROTOTYPES)

    def evidence(self, vectors: Floats) -> Floats:
        """Columns: the linear model, the likeness (as `Help.evidence`)."""
        rows = vectors - self.mean
        model = rows @ self.weights[:-1] + self.weights[-1]
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        near = np.sort(rows @ self.calls.T, axis=1)[:, -3:].mean(axis=1)
        far = np.sort(rows @ self.others.T, axis=1)[:, -3:].mean(axis=1)
        return np.column_stack([model, near - far])


def fit_help(rows: list[dict[str, Any]], vectors: Floats) -> None:
    """Fit, report out of fold, write `help.npz`."""
    truth = np.array([row["help"] for row in rows], dtype=np.float64)
    lists = WordLists()
    found = [lists.signs(row["text"]) for row in rows]
    words = np.array([[sign.points, sign.calls] for sign in found], dtype=np.float64)
    groupings = {
        "language": [row["lang"] for row in rows],
        "situation": [f"{row['help']}.{row['situation']}" for row in rows],
    }
    evidence = {
        name: folds(groups, lambda inside: _answer(HelpFit(vectors, truth, inside), vectors))
        for name, groups in groupings.items()
    }
    both = np.vstack([np.hstack([evidence[name], words]) for name in groupings])
    join = np.maximum(logistic(both, np.concatenate([truth, truth]), 0.3), [0, 0, 0, 0, -99])
    for name, groups in groupings.items():
        _report(name, np.hstack([evidence[name], words]) @ join[:-1], words[:, 0], truth, groups)
    values = np.hstack([evidence["language"], words]) @ join[:-1]
    _recall, cut = recall_at(values, truth, FALSE_ALARMS)
    bias = -cut
    final = HelpFit(vectors, truth, np.ones(len(truth), dtype=np.bool_))
    np.savez_compressed(
        DATA / "help.npz",
        mean=final.mean.astype(np.float32),
        weights=final.weights.astype(np.float32),
        calls=final.calls.astype(np.float16),
        others=final.others.astype(np.float16),
        join=np.array([bias, *join[:-1]], dtype=np.float32),
    )
    print("join", np.round(join, 3), "cut", round(cut, 3))


def _answer(fit: HelpFit, vectors: Floats) -> Any:
    return lambda out: fit.evidence(vectors[out])


def _report(name: str, scores: Floats, words: Floats, truth: Floats, groups: Sequence[str]) -> None:
    recall, cut = recall_at(scores, truth, 0.05)
    print(
        f"help, each {name} left out ({len(set(groups))}): AUROC {auroc(scores, truth):.4f},"
        f" recall at 5 % false alarms {recall:.3f}; words alone AUROC {auroc(words, truth):.4f}"
    )
    missed: dict[str, int] = {}
    for score, wanted, group in zip(scores, truth, groups, strict=True):
        if wanted and score <= cut:
            missed[group] = missed.get(group, 0) + 1
    print("   missed:", missed)


def fit_kinds(rows: list[dict[str, Any]], vectors: Floats) -> None:
    """Fit, report out of fold, write `kinds.npz`. Texts of help are left to the detector of help."""
    chosen = [place for place, row in enumerate(rows) if row["kind"] != "help"]
    truth = np.array([FITTED.index(rows[place]["kind"]) for place in chosen])
    mean = vectors[chosen].mean(axis=0)
    seen = np.array([signs(rows[place]["text"]) for place in chosen], dtype=np.float64)
    wide = np.hstack([vectors[chosen] - mean, seen])

    def learn(inside: Mask) -> Any:
        weights = softmax(wide[inside], truth[inside], len(FITTED), KIND_PENALTY)
        return lambda out: np.hstack([wide[out], np.ones((int(out.sum()), 1))]) @ weights.T

    for name, key in (("language", "lang"), ("situation", "situation")):
        values = folds(
            [f"{rows[place]['kind'] if key == 'situation' else ''}{rows[place][key]}" for place in chosen],
            learn,
        )
        right = values.argmax(axis=1) == truth
        each = {kind: round(float(right[truth == n].mean()), 3) for n, kind in enumerate(FITTED)}
        print(f"kinds, each {name} left out: accuracy {right.mean():.3f}", each)
    weights = softmax(wide, truth, len(FITTED), KIND_PENALTY)
    np.savez_compressed(DATA / "kinds.npz", mean=mean.astype(np.float32), weights=weights.astype(np.float32))


def main() -> None:
    """Fit everything."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", type=Path, help="a file (.npz) that keeps the vectors between runs")
    given = options.parse_args()
    rows = read("help", "kinds")
    vectors = encode([row["text"] for row in rows], given.keep)
    fit_help(rows, vectors)
    fit_kinds(rows, vectors)


if __name__ == "__main__":
    main()
