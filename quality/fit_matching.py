"""Fits what matches messages to answers: `python -m quality.fit_matching [--pairs FOLDER] [--encoder NAME]`.

Prints the figures of subjects that were left out, fixes the threshold on them, then fits on everything and
writes `src/dragoman/inbox/triage/data/`. For the encoder with the adapter, which was taught on all subjects
of `train/matching.jsonl`, those left out are the ones of `train/held.jsonl`; for others each subject in turn
(map, weights and curve are then fitted on the rest). See `train/README-matching.md` for what the lines are
worth.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage import calibration, matching
from dragoman.inbox.triage.centring import Space, language_means, pack, unpack
from dragoman.inbox.triage.language import Languages
from dragoman.inbox.triage.matching import Asked, PlainWording
from dragoman.inbox.triage.opposites import sentences
from dragoman.inbox.triage.values import Encoder
from quality import contrast, matching_data
from quality.contrast import Block, Pairs
from quality.matching_data import Intent

DATA = Path(__file__).parent.parent / "src/dragoman/inbox/triage/data"
WIDTH = 192
BACKGROUND = 500
# Subjects that are left out together: what is near must not help.
FOLDS = (
    ("visa", "visa-waiver", "visa-waiver-2"),
    ("consular", "consular-desk", "visa-office", "family-papers"),
    ("border-faq", "trucks", "health-entry"),
    ("scholarship", "voting"),
    ("evacuation", "summit-press", "sanctions-trade"),
    ("customs",),
    ("ferry",),
    ("study", "residence"),
    ("evisa",),
    ("crisis", "culture"),
)
Rows = NDArray[np.float32]


@dataclass
class Material:
    """Everything encoded once. `centred` has the vector of each text less the mean of its language."""

    intents: list[Intent]
    outside: list[tuple[str, str]]
    held: list[Intent]
    means: dict[str, Rows]
    mean: Rows
    pairs: Pairs
    general: list[str]
    vectors: dict[str, Rows]
    langs: dict[str, str]

    def centred(self, texts: Sequence[str]) -> Rows:
        return np.stack([self.vectors[t] - self.means.get(self.langs[t], self.mean) for t in texts])

    def placed(self, space: Space, texts: Sequence[str]) -> Rows:
        return space.apply(np.stack([self.vectors[t] for t in texts]), [self.langs[t] for t in texts])


def gather(encoder: Encoder, folder: Path | None) -> Material:
    """Read and encode. Languages are those that the desk would name, not those that we know."""
    known = matching_data.intents() if encoder.fitted else []
    apart = [] if encoder.fitted else matching_data.held()
    outside = matching_data.outside() if encoder.fitted else matching_data.outside(matching_data.HELD)
    parallel = matching_data.tatoeba(folder) if folder else matching_data.catalogues()
    texts: list[str] = []
    for one in known + apart:
        texts += [one.question, one.answer, *sentences(one.answer)]
        texts += [*(t for _, t in one.wordings), *(t for *_, t in one.claims)]
    texts += [text for _, text in outside]
    names = Languages()
    langs = {text: names.identify(text).lang for text in texts}
    foreign, english = [text for _, text, _ in parallel], [text for *_, text in parallel]
    every = list(dict.fromkeys([*texts, *foreign, *english]))
    vectors = dict(zip(every, matching_data.encoded(encoder, every), strict=True))
    in_english = list(dict.fromkeys(english))
    rows = np.stack([vectors[text] for text in [*foreign, *in_english]])
    means, mean = language_means(rows, [*(lang for lang, *_ in parallel), *("en" for _ in in_english)])
    left = np.stack([vectors[text] - means[lang] for lang, text, _ in parallel])
    right = np.stack([vectors[text] - means["en"] for text in english])
    dice = np.random.default_rng(3)
    chosen = dice.permutation(len(parallel))[:BACKGROUND]
    general = [foreign[place] for place in chosen]
    langs |= {text: lang for lang, text, _ in parallel if text not in langs}
    return Material(known, outside, apart, means, mean, Pairs(left, right), general, vectors, langs)


def block(material: Material, intents: Sequence[Intent]) -> Block:
    """One subject for the contrast: wordings and statements with their intent."""
    texts = [(place, t) for place, one in enumerate(intents) for _, t in one.wordings]
    texts += [(place, t) for place, one in enumerate(intents) for *_, t in one.claims]
    return Block(
        rows=material.centred([text for _, text in texts]),
        intent=np.array([place for place, _ in texts]),
        questions=material.centred([one.question for one in intents]),
        answers=material.centred([one.answer for one in intents]),
    )


def space_of(material: Material, subjects: Sequence[str]) -> Space:
    """The space fitted on these subjects; with none on translations alone, which is best after the adapter:
    on the lines that it was taught on there is nothing left to learn."""
    blocks = [block(material, [i for i in material.intents if i.subject == name]) for name in subjects]
    if blocks:
        linear = contrast.fit(blocks, material.pairs, width=WIDTH)
    else:
        linear = contrast.from_translations(material.pairs, WIDTH)
    bare = unpack(pack(material.means, material.mean, linear, np.zeros((0, WIDTH), np.float32)))
    return unpack(pack(material.means, material.mean, linear, material.placed(bare, material.general)))


@dataclass
class Trial:
    """Queries of a subject that the space has not seen, against its library."""

    name: str
    space: Space
    library: matching.Library
    texts: list[str]
    truth: list[str]  # the answer's name; "" when no answer fits
    langs: list[str]
    vectors: Rows


def trial(material: Material, space: Space, subjects: Sequence[str], mode: str) -> Trial:
    """`mode`: "asked" (question and answer), "told" (answers alone), "gaps" (a third is missing)."""
    intents = [one for one in material.intents + material.held if one.subject in subjects]
    held = [one for place, one in enumerate(intents) if mode != "gaps" or place % 3]
    wordings = [
        PlainWording(f"{one.subject}/{one.name}", "" if mode == "told" else one.question, one.answer, "en")
        for one in held
    ]
    library = matching.build(wordings, lambda texts, _langs: material.placed(space, texts), space.background)
    names = {wording.answer for wording in wordings}
    texts, truth, langs = [], [], []
    for one in intents:
        name = f"{one.subject}/{one.name}"
        for lang, text in one.wordings:
            texts.append(text)
            truth.append(name if name in names else "")
            langs.append(lang)
    for lang, text in [] if mode == "gaps" else material.outside:
        texts.append(text)
        truth.append("")
        langs.append(lang)
    label = f"{'+'.join(subjects)}:{mode}"
    return Trial(label, space, library, texts, truth, langs, material.placed(space, texts))


@dataclass
class Scored:
    """A trial with scores: features, whether the first answer is right, and weights."""

    features: matching.Floats
    right: NDArray[np.bool_]
    within: NDArray[np.bool_]
    rank: NDArray[np.int64]
    langs: list[str]


def scored(one: Trial, weights: matching.Weights) -> Scored:
    scores = matching.score(one.vectors, one.library, weights)
    rows = matching.features(scores, Asked(one.texts, one.langs, one.vectors), one.library, one.space)
    order = np.argsort(-scores.total, axis=1, kind="stable")
    rank = np.full(len(one.texts), 99)
    for row, name in enumerate(one.truth):
        if name:
            rank[row] = int(np.flatnonzero(order[row] == one.library.answers.index(name))[0])
    within = np.array([bool(name) for name in one.truth])
    return Scored(rows, (rank == 0) & within, within, rank, one.langs)


def plain(**numbers: float) -> matching.Weights:
    """Weights before the curve is known."""
    none = np.zeros(len(matching.FEATURES))
    base = {"question": 0.6, "answer": 0.4, "hub": 0.2, "slope": 0.9, "shift": 0.1, "back_slope": 0.8}
    base |= {"back_shift": 0.0, "threshold": 0.5} | numbers
    return matching.Weights(curve=calibration.Logistic(none, none + 1, none, 0.0), model_id="", **base)


def auroc(high: NDArray[np.float64], low: NDArray[np.float64]) -> float:
    """The chance that one of `high` is above one of `low`."""
    both = np.concatenate([high, low])
    ranks = np.empty(len(both))
    ranks[np.argsort(both, kind="stable")] = np.arange(1, len(both) + 1)
    return float((ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


# An answer without a question stands beside others that have one: a regression, which draws towards the mean,
# puts it behind them all (.675 against .742 on the development lines of quality/test).
LEVEL = {"slope": 1.0, "shift": 0.03, "back_slope": 1.0, "back_shift": -0.03}


def bridges(trials: Sequence[Trial], weights: matching.Weights) -> dict[str, float]:
    """What the missing half (question or answer) would likely have scored, from the half that is there."""
    asked, told = [], []
    for one in trials:
        scores = matching.score(one.vectors, one.library, weights)
        best = np.argsort(-scores.total, axis=1)[:, :3]
        asked.append(np.take_along_axis(scores.question, best, 1).ravel())
        told.append(np.take_along_axis(scores.answer, best, 1).ravel())
    q, a = np.concatenate(asked), np.concatenate(told)
    slope, shift = np.polyfit(a, q, 1)
    back, back_shift = np.polyfit(q, a, 1)
    return {"slope": slope, "shift": shift, "back_slope": back, "back_shift": back_shift}


def choose(trials: Sequence[Trial]) -> dict[str, float]:
    """The weights of question, answer and hub that rank best, by a small grid."""
    best: tuple[float, dict[str, float]] = (-1.0, {})
    for question in (0.5, 0.6, 0.7):
        for hub in (0.0, 0.1, 0.2):
            weights = plain(question=question, answer=1 - question, hub=hub)
            found = [scored(one, weights) for one in trials]
            worth = float(np.mean(np.concatenate([s.rank[s.within] == 0 for s in found])))
            worth += 0.3 * float(
                np.mean([auroc(s.features[s.within, 0], s.features[~s.within, 0]) for s in found])
            )
            print(f"  question {question:.1f} hub {hub:.1f}: {worth:.4f}")
            if worth > best[0]:
                best = worth, {"question": question, "answer": 1 - question, "hub": hub}
    return best[1]


SHARES = {"asked": 1.0, "told": 0.2, "gaps": 0.12}


def curves(
    trials: Sequence[Trial], weights: matching.Weights
) -> tuple[calibration.Logistic, float, list[str]]:
    """The curve on all trials; the threshold and figures from curves that had not seen the subject."""
    found = [scored(one, weights) for one in trials]
    share = [_shares(one, s) for one, s in zip(trials, found, strict=True)]
    subjects = [one.name.partition(":")[0] for one in trials]
    chances: list[NDArray[np.float64]] = []
    for number, name in enumerate(subjects):
        rest = [place for place, other in enumerate(subjects) if other != name]
        curve = _fit(found, share, rest)
        chances.append(curve(found[number].features))
    threshold = _threshold(trials, found, share, chances)
    lines = _told(trials, found, share, chances, threshold)
    return _fit(found, share, list(range(len(trials)))), threshold, lines


def _shares(one: Trial, s: Scored) -> NDArray[np.float64]:
    """Outsiders weigh a quarter of all, however many lines there are of them."""
    weight = np.full(len(s.right), SHARES[one.name.partition(":")[2]])
    if not one.name.endswith(":gaps"):
        weight[~s.within] *= s.within.sum() / (~s.within).sum() / 3
    return weight


def _fit(
    found: Sequence[Scored], share: Sequence[NDArray[np.float64]], which: Sequence[int]
) -> calibration.Logistic:
    return calibration.fit_logistic(
        np.concatenate([found[place].features for place in which]),
        np.concatenate([found[place].right for place in which]).astype(float),
        penalty=3.0,
        weights=np.concatenate([share[place] for place in which]),
    )


def _threshold(
    trials: Sequence[Trial],
    found: Sequence[Scored],
    share: Sequence[NDArray[np.float64]],
    chances: Sequence[NDArray[np.float64]],
) -> float:
    """Where precision, outsiders at their share, is surely above .95 in the ordinary case."""
    chance = np.concatenate(chances)
    right = np.concatenate([s.right for s in found]).astype(float)
    weight = np.concatenate(list(share))
    order = np.argsort(-chance)
    hits, total = np.cumsum((right * weight)[order]), np.cumsum(weight[order])
    low = np.array([calibration.lower_bound(h, t, 1.0) for h, t in zip(hits, total, strict=True)])
    good = np.flatnonzero(low >= 0.95)
    return float(chance[order][good[-1]]) if len(good) else 1.01


def _told(
    trials: Sequence[Trial],
    found: Sequence[Scored],
    share: Sequence[NDArray[np.float64]],
    chances: Sequence[NDArray[np.float64]],
    threshold: float,
) -> list[str]:
    lines = []
    for one, s, weight, chance in zip(trials, found, share, chances, strict=True):
        above = chance >= threshold
        line = (
            f"{one.name:24s} R@1 {np.mean(s.rank[s.within] == 0):.3f} R@5 {np.mean(s.rank[s.within] < 5):.3f}"
        )
        line += f" outside {auroc(chance[s.within], chance[~s.within]):.3f}"
        line += f" answered {np.mean(above[s.within]):.3f}"
        line += f" precision {(s.right * weight)[above].sum() / max(weight[above].sum(), 1e-9):.3f}"
        ece = calibration.expected_calibration_error(list(chance), list(s.right))
        lines.append(f"{line} ECE {ece:.3f}")
    asked = [s for one, s in zip(trials, found, strict=True) if one.name.endswith(":asked")]
    by_lang = defaultdict(list)
    for s in asked:
        for lang, inside, rank in zip(s.langs, s.within, s.rank, strict=True):
            if inside:
                by_lang[lang].append(rank == 0)
    ranks = np.concatenate([s.rank[s.within] for s in asked])
    lines.append(f"all, questions given: R@1 {np.mean(ranks == 0):.3f} R@5 {np.mean(ranks < 5):.3f}")
    worst = sorted((float(np.mean(v)), lang, len(v)) for lang, v in by_lang.items() if len(v) >= 8)[:6]
    lines.append("weakest languages: " + ", ".join(f"{lang} {share:.2f} of {n}" for share, lang, n in worst))
    return lines


def written(
    folder: Path, space: Space, weights: matching.Weights, curve: calibration.Logistic, threshold: float
) -> None:
    """Into the package."""
    folder.mkdir(exist_ok=True)
    (folder / "space.npz").write_bytes(pack(space.means, space.mean, space.linear, space.background))
    names = ("question", "answer", "hub", "slope", "shift", "back_slope", "back_shift")
    values: dict[str, object] = {name: round(float(getattr(weights, name)), 5) for name in names}
    values["threshold"] = round(threshold, 5)
    values["curve"] = {
        "features": list(matching.FEATURES),
        "mean": [round(float(v), 6) for v in curve.mean],
        "scale": [round(float(v), 6) for v in curve.scale],
        "weights": [round(float(v), 6) for v in curve.weights],
        "bias": round(curve.bias, 6),
    }
    (folder / "matching.json").write_text(json.dumps(values, indent=1) + "\n", "utf-8")


def statements(material: Material, trials: Sequence[Trial], weights: matching.Weights) -> float:
    """How often a statement's or belief's own answer comes first."""
    right: list[bool] = []
    for one in trials:
        pairs = [
            (f"{i.subject}/{i.name}", text)
            for i in material.intents + material.held
            for *_, text in i.claims
            if f"{i.subject}/{i.name}" in one.library.answers
        ]
        if pairs:
            rows = material.placed(one.space, [text for _, text in pairs])
            best = np.argmax(matching.score(rows, one.library, weights).total, axis=1)
            right += [
                one.library.answers[place] == name for place, (name, _) in zip(best, pairs, strict=True)
            ]
    return float(np.mean(right))


def trials_of(material: Material, *, taught: bool) -> list[Trial]:
    """Each fold with a space that has not seen it. `taught`: the encoder has seen all but those held."""
    if taught:
        space = space_of(material, ())
        subjects = dict.fromkeys(one.subject for one in material.held)
        return [trial(material, space, (name,), mode) for name in subjects for mode in SHARES]
    every = list(dict.fromkeys(one.subject for one in material.intents))
    found = []
    for fold in FOLDS:
        space = space_of(material, [name for name in every if name not in fold])
        found += [trial(material, space, fold, mode) for mode in SHARES]
    return found


def main(encoder: Encoder | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, help="Folder with the Tatoeba pairs (see README-matching.md).")
    parser.add_argument("--encoder", default="", help="Whose vectors; the best one here when not given.")
    given = parser.parse_args()
    by = encoder or matching_data.encoder(given.encoder)
    material = gather(by, given.pairs)
    trials = trials_of(material, taught=not by.fitted)
    asked = [one for one in trials if one.name.endswith(":asked")]
    weights = plain(**choose(asked))
    between = bridges(asked, weights) if by.fitted else LEVEL
    weights = plain(question=weights.question, answer=weights.answer, hub=weights.hub, **between)
    curve, threshold, lines = curves(trials, weights)
    print("\n".join([*lines, f"threshold {threshold:.3f}"]))
    print(f"statements, first answer right: {statements(material, asked, weights):.3f}")
    every = list(dict.fromkeys(one.subject for one in material.intents))
    written(DATA / by.fitted, space_of(material, every), weights, curve, threshold)


if __name__ == "__main__":
    main()
