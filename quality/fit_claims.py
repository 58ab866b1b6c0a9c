"""Fits what tells a wrong belief from a true statement: `python -m quality.fit_claims`, after `fit_matching`.

Leaves each subject out in turn and prints how often a wrong belief is rated above a true statement.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from dragoman.inbox.triage import claims
from dragoman.inbox.triage.calibration import Logistic, fit_logistic
from dragoman.inbox.triage.centring import load_space
from dragoman.inbox.triage.language import Languages
from dragoman.inbox.triage.matching import PlainWording
from dragoman.inbox.triage.values import Encoder
from quality import matching_data
from quality.fit_matching import DATA, FOLDS, auroc


def main(encoder: Encoder | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="", help="Whose vectors; the best one here when not given.")
    by = encoder or matching_data.encoder(parser.parse_args().encoder)
    intents = [one for one in matching_data.intents() + matching_data.held() if one.claims]
    seen = {name for fold in FOLDS for name in fold}
    folds = [*FOLDS, tuple(one.subject for one in intents if one.subject not in seen)]
    none = np.zeros(len(claims.FEATURES))
    judge = claims.Claims(load_space(by.fitted), Logistic(none, none + 1, none, 0.0), "")
    library = [PlainWording(f"{i.subject}/{i.name}", i.question, i.answer, "en") for i in intents]
    judge.learn(library, lambda texts: matching_data.encoded(by, texts))
    lines = [(i, label, text) for i in intents for label, _, text in i.claims if label != "question"]
    vectors = matching_data.encoded(by, [text for *_, text in lines])
    names = Languages()
    rows, wrong, subjects, tongues = [], [], [], []
    for (one, label, text), vector in zip(lines, vectors, strict=True):
        lang = names.identify(text).lang
        row = judge.features(text, vector, lang, f"{one.subject}/{one.name}")
        if row is not None:
            rows.append(row)
            wrong.append(label == "false")
            subjects.append(one.subject)
            tongues.append(lang == "en")
    table, truth, where, english = np.array(rows), np.array(wrong), np.array(subjects), np.array(tongues)
    said = np.zeros(len(truth))
    for fold in folds:
        left = np.isin(where, fold)
        if left.any():
            said[left] = curve_of(table[~left], truth[~left], english[~left])(table[left])
            print(f"{'+'.join(dict.fromkeys(fold)):20s} {auroc(said[left & truth], said[left & ~truth]):.3f}")
    for name, some in (("English", english), ("others", ~english)):
        found = auroc(said[truth & some], said[~truth & some])
        print(f"wrong above true, subjects left out, {name}: {found:.3f}")
    curve = curve_of(table, truth, english)
    values = {
        "features": list(claims.FEATURES),
        "mean": [round(float(v), 6) for v in curve.mean],
        "scale": [round(float(v), 6) for v in curve.scale],
        "weights": [round(float(v), 6) for v in curve.weights],
        "bias": round(curve.bias, 6),
    }
    (DATA / by.fitted / claims.FILE).write_text(json.dumps(values, indent=1) + "\n", "utf-8")


def curve_of(table: np.ndarray, truth: np.ndarray, english: np.ndarray) -> Logistic:
    """True and false weigh the same, in English and in other languages: most false lines are English, most
    true ones are not, and that must not be learnt."""
    cells = truth * 2 + english
    weights = np.array([1 / (cells == cell).sum() for cell in cells]) * len(cells) / 4
    return fit_logistic(table, truth.astype(float), penalty=3.0, weights=weights)


if __name__ == "__main__":
    main()
