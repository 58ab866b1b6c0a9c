"""Fit what judges one text: calls for help and kinds. `python -m quality.fit_texts` writes the
parameters.

Reads `quality/train/help.jsonl` and `kinds.jsonl`, encodes them with the desk's own encoder, prints
out-of-fold figures (whole languages left out, whole situations left out), and writes `texts.npz`.

The model is a ridge regression on likeness to labelled examples: each example is a prototype with a
weight. Of what was tried (a linear model, means of clusters, both) it carried best to situations that
it had not seen.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.helping_words import WordLists
from dragoman.inbox.triage.kinds import FITTED, signs
from dragoman.inbox.triage.normal import QUESTION_MARKS
from dragoman.inbox.triage.values import Encoder
from quality import matching_data
from quality.fitting import Floats, auroc, folds, kernel, logistic, recall_at, ridge

TRAIN = Path(__file__).parent / "train"
DATA = Path(__file__).parents[1] / "src/dragoman/inbox/triage/data"
SHARPNESS = 2.0
STRENGTH = 0.5
# how many directions in which languages differ are taken out, and from how many texts a language counts
DIRECTIONS = 8
ENOUGH = 12
# whole languages or situations are left out together, in this many parts
PARTS = 12
# the cut stands where this share of the other out-of-fold texts, most of them hard ones, would alarm
FALSE_ALARMS = 0.05
CALM = ("scholarship", "voting", "trucks", "visa-office", "border-faq", "visa-waiver", "visa-waiver-2")
Mask = NDArray[np.bool_]


def read(*names: str) -> list[dict[str, Any]]:
    """The rows of the training files."""
    rows: list[dict[str, Any]] = []
    for name in names:
        lines = (TRAIN / f"{name}.jsonl").read_text("utf-8").splitlines()
        rows += [json.loads(line) for line in lines if line]
    return rows


def questions() -> list[dict[str, Any]]:
    """Ordinary questions of the lines of matching: one a language of each subject where nobody is in
    trouble."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in matching_data.intents():
        for lang, text in one.wordings if one.subject in CALM else ():
            row = {"text": text, "lang": lang, "kind": "question", "situation": one.subject, "help": 0}
            if any(mark in text for mark in QUESTION_MARKS):
                found.setdefault((one.subject, lang), row)
    return list(found.values())


def encode(encoder: Encoder, texts: Sequence[str], keep: Path | None) -> Floats:
    """Vectors of `texts`; kept in `keep`, when given, between runs over the same texts."""
    held: dict[str, NDArray[np.float32]] = {}
    if keep and keep.exists():
        with np.load(keep, allow_pickle=False) as found:
            if str(found["model"]) == encoder.model_id:
                held = dict(zip(found["texts"].tolist(), found["vectors"], strict=True))
    todo = [text for text in dict.fromkeys(texts) if text not in held]
    if todo:
        held.update(zip(todo, encoder.encode(todo), strict=True))
        if keep:
            vectors = np.array(list(held.values()))
            np.savez(keep, model=encoder.model_id, texts=np.array(list(held)), vectors=vectors)
    return np.array([held[text] for text in texts], dtype=np.float64)


class Space:
    """The encoder's space without the directions in which languages differ, as `judging.Space` has it."""

    def __init__(self, vectors: Floats, langs: NDArray[np.str_], inside: Mask) -> None:
        self.mean = vectors[inside].mean(axis=0)
        means = [
            vectors[inside & (langs == lang)].mean(axis=0)
            for lang in np.unique(langs[inside])
            if (inside & (langs == lang)).sum() >= ENOUGH
        ]
        apart = np.array(means) - np.array(means).mean(axis=0)
        self.away = np.linalg.svd(apart, full_matrices=False)[2][:DIRECTIONS]

    def unit(self, vectors: Floats) -> Floats:
        """`vectors` centred, projected, of length one."""
        rows = vectors - self.mean
        rows = rows - (rows @ self.away.T) @ self.away
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


class Fit:
    """Weights of the examples `inside` for every column of `wanted` (one for help, one for each kind)."""

    def __init__(self, vectors: Floats, wanted: Floats, langs: NDArray[np.str_], inside: Mask) -> None:
        self.space = Space(vectors, langs, inside)
        self.rows = self.space.unit(vectors[inside])
        likeness = kernel(self.rows, self.rows, SHARPNESS)
        goals = wanted[inside]
        share = (goals > 0).mean(axis=0)
        columns = [
            ridge(
                likeness,
                goals[:, n],
                STRENGTH,
                np.where(goals[:, n] > 0, 0.5 / share[n], 0.5 / (1 - share[n])),
            )
            for n in range(goals.shape[1])
        ]
        self.weights = np.column_stack(columns)

    def answer(self, vectors: Floats) -> Floats:
        """What the fit says of other texts: about -1 to 1, a column for each of `wanted`."""
        return kernel(self.space.unit(vectors), self.rows, SHARPNESS) @ self.weights


def parts(names: Sequence[str]) -> list[str]:
    """The part of each name; the same name is always in the same part."""
    return [str(zlib.crc32(name.encode()) % PARTS) for name in names]


def learn(vectors: Floats, wanted: Floats, langs: NDArray[np.str_], groups: Sequence[str]) -> Floats:
    """Out-of-fold answers for whole parts of `groups`."""

    def fit(inside: Mask) -> Any:
        fitted = Fit(vectors, wanted, langs, inside)
        return lambda out: fitted.answer(vectors[out])

    return folds(parts(groups), fit)


def report_help(name: str, scores: Floats, words: Floats, truth: Floats, groups: Sequence[str]) -> None:
    """One line of figures, and where calls were missed."""
    at_five, cut = recall_at(scores, truth, 0.05)
    at_two, _ = recall_at(scores, truth, 0.02)
    print(
        f"help, {name} left out: {len(set(groups))} of them, AUROC {auroc(scores, truth):.4f},"
        f" recall {at_five:.3f} at 5 % false alarms, {at_two:.3f} at 2 %;"
        f" word lists alone AUROC {auroc(words, truth):.4f}"
    )
    missed: dict[str, int] = {}
    for score, wanted, group in zip(scores, truth, groups, strict=True):
        if wanted and score <= cut:
            missed[group] = missed.get(group, 0) + 1
    print("   missed:", missed)


def report_kinds(name: str, values: Floats, truth: NDArray[np.int64]) -> None:
    """Accuracy in all and by kind."""
    right = values.argmax(axis=1) == truth
    each = {kind: round(float(right[truth == n].mean()), 3) for n, kind in enumerate(FITTED)}
    print(f"kinds, {name} left out: accuracy {right.mean():.3f}", each)


def join_help(oof: dict[str, Floats], words: Floats, truth: Floats, groups: dict[str, list[str]]) -> Floats:
    """Bias and weights that join the model with the words; the bias puts the cut at one half."""
    both = np.vstack([np.column_stack([oof[name], words]) for name in oof])
    weights = logistic(both, np.tile(truth, len(oof)), 0.3)[:-1]
    for name, values in oof.items():
        report_help(name, np.column_stack([values, words]) @ weights, words, truth, groups[name])
    _recall, cut = recall_at(np.column_stack([oof["languages"], words]) @ weights, truth, FALSE_ALARMS)
    return np.array([-cut, *weights])


def temper(values: Floats, seen: Floats, truth: NDArray[np.int64]) -> Floats:
    """A multinomial regression of the kinds on the answers and the signs: (kinds x (kinds + signs +
    1))."""
    wide = np.hstack([values, seen, np.ones((len(values), 1))])
    target = np.eye(len(FITTED))[truth]
    weights = np.zeros((len(FITTED), wide.shape[1]))
    for _ in range(3000):
        strengths = wide @ weights.T
        chances = np.exp(strengths - strengths.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        weights -= 1.0 * ((chances - target).T @ wide / len(wide) + 0.001 * weights)
    return weights


def main() -> None:
    """Fit everything, say how well out of fold, write the file."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", type=Path, help="a file (.npz) that keeps the vectors between runs")
    options.add_argument("--encoder", default="", help="whose vectors; the best one here when not given")
    given = options.parse_args()
    encoder = matching_data.encoder(given.encoder)
    rows = [*read("help", "kinds"), *questions()]
    vectors = encode(encoder, [row["text"] for row in rows], given.keep)
    langs = np.array([row["lang"] for row in rows])
    kinds = np.array([row["kind"] for row in rows])
    truth = np.array([row["help"] for row in rows], dtype=np.float64)
    wanted = np.column_stack([kinds == "help", *(kinds == kind for kind in FITTED)]) * 2.0 - 1.0
    groups = {
        "languages": [row["lang"] for row in rows],
        "situations": [f"{row['kind']}.{row['situation']}" for row in rows],
    }
    lists = WordLists()
    points = np.array([lists.signs(row["text"]).points for row in rows])
    oof = {name: learn(vectors, wanted, langs, named) for name, named in groups.items()}
    join = join_help({name: values[:, 0] for name, values in oof.items()}, points, truth, groups)

    others = kinds != "help"
    indices = np.array([FITTED.index(kind) for kind in kinds[others]])
    seen = np.array([signs(row["text"]) for row in rows], dtype=np.float64)[others]
    temperature = temper(oof["languages"][others][:, 1:], seen, indices)
    for name, values in oof.items():
        wide = np.hstack([values[others][:, 1:], seen, np.ones((len(seen), 1))])
        report_kinds(name, wide @ temperature.T, indices)

    fitted = Fit(vectors, wanted, langs, np.ones(len(rows), dtype=np.bool_))
    np.savez_compressed(
        DATA / encoder.fitted / "texts.npz",
        mean=fitted.space.mean.astype(np.float32),
        away=fitted.space.away.astype(np.float32),
        rows=fitted.rows.astype(np.float16),
        weights=fitted.weights.astype(np.float32),
        sharpness=np.float32(SHARPNESS),
        join=join.astype(np.float32),
        kinds=temperature.astype(np.float32),
    )
    print(
        "join",
        np.round(join, 3),
        "examples",
        len(rows),
        "calls",
        int(truth.sum()),
        "languages",
        len(set(langs)),
    )


if __name__ == "__main__":
    main()
