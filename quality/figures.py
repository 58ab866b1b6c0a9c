"""Each part of the table: what is asked of the tool, and the figures made of its replies."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quality import scores
from quality.outside import Line, Tool, countries_of, language_of

ORDERS = 5
LEAST_R1 = 0.88


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `goal` is what was asked; figures without one are for reading only."""

    name: str
    value: float
    cases: int
    goal: float | None = None
    note: str = ""
    least: bool = True

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.least else self.value <= self.goal


Sets = dict[str, list[Line]]


def _by(rows: Iterable[Line], name: str, absent: str = "all") -> dict[str, list[Line]]:
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for row in rows:
        found[str(row.get(name, absent))].append(row)
    return dict(sorted(found.items()))


def _ranked(reply: Line) -> list[str]:
    return [str(answer) for answer, _ in reply["answers"]]


def _truth(row: Line) -> frozenset[str]:
    return frozenset({row["answer"], *row.get("also", ())}) if row["answer"] else frozenset()


def matching(tool: Tool, sets: Sets) -> list[Figure]:
    """Matching to the approved answers: one run for each library."""
    rows: list[Line] = []
    replies: list[Line] = []
    libraries = _by(sets["library"], "set")
    for name, messages in _by(sets["messages"], "set").items():
        tool.begin(libraries.get(name, []))
        rows += messages
        replies += tool.read(messages)
    asked = {row["id"] for row in sets["library"] if row.get("question")}
    return [*_found(rows, replies, asked), *_abstaining(rows, replies)]


def _found(rows: list[Line], replies: list[Line], asked: set[str]) -> list[Figure]:
    pairs = [(row, reply) for row, reply in zip(rows, replies, strict=True) if row["answer"]]

    def recall(k: int, chosen: Sequence[tuple[Line, Line]]) -> float:
        return scores.recall_at(
            k, [_ranked(reply) for _, reply in chosen], [_truth(row) for row, _ in chosen]
        )

    figures = [
        Figure("R@1", recall(1, pairs), len(pairs), 0.95, _luck(recall(1, pairs), len(pairs))),
        Figure("R@5", recall(5, pairs), len(pairs)),
    ]
    for name, wanted in (("hard ones", True), ("the rest", False)):
        chosen = [pair for pair in pairs if pair[0].get("hard", False) is wanted]
        figures.append(Figure(f"R@1, {name}", recall(1, chosen), len(chosen)))
    for name, wanted in (("answers with a question", True), ("answers without one", False)):
        chosen = [pair for pair in pairs if (pair[0]["answer"] in asked) is wanted]
        figures.append(Figure(f"R@1, {name}", recall(1, chosen), len(chosen)))
    for name in _by(rows, "set"):
        chosen = [pair for pair in pairs if pair[0].get("set", "all") == name]
        figures.append(Figure(f"R@1, library {name}", recall(1, chosen), len(chosen)))
    for name in _by(rows, "lang"):
        chosen = [pair for pair in pairs if pair[0]["lang"] == name]
        figures.append(
            Figure(f"R@1 {name}", recall(1, chosen), len(chosen), LEAST_R1, f"R@5 {recall(5, chosen):.3f}")
        )
    return figures


def _luck(value: float, cases: int) -> str:
    """How far a share may be off by the luck of so few cases."""
    low, high = scores.interval(round(value * cases), cases) if cases else (scores.NAN, scores.NAN)
    return f"95 % interval {low:.3f} to {high:.3f}"


def _abstaining(rows: list[Line], replies: list[Line]) -> list[Figure]:
    inside = [bool(row["answer"]) for row in rows]
    right = [bool(set(_ranked(reply)[:1]) & _truth(row)) for row, reply in zip(rows, replies, strict=True)]
    confidence = [float(reply["confidence"]) for reply in replies]
    own = scores.answering([bool(reply["answered"]) for reply in replies], right, inside)
    best = scores.best_answering(confidence, right, inside)
    known = [value for value, known in zip(confidence, inside, strict=True) if known]
    unknown = [value for value, known in zip(confidence, inside, strict=True) if not known]
    n = len(rows)
    return [
        Figure("out of scope, AUROC of confidence", scores.auroc(known, unknown), n, 0.98),
        Figure("precision of what was answered", own.precision, n, 0.95, "the product's own threshold"),
        Figure("answered share of answerable", own.coverage, n, 0.85, "the product's own threshold"),
        Figure(
            "answered share at 95 % precision",
            best.coverage,
            n,
            None,
            f"best threshold on these very cases ({best.threshold:.3f}): the best case, no promise",
        ),
        Figure(
            "expected calibration error",
            scores.calibration_error(confidence, right),
            n,
            None,
            "confidence against the share that is right; lower is better",
        ),
    ]


def grouping(tool: Tool, sets: Sets) -> list[Figure]:
    """The same question across languages, in several orders; in a second round those out of scope run
    along, as they do in life, each of them alone in truth."""
    libraries = _by(sets["library"], "set")
    figures = []
    for title, along in (("pair F1", False), ("pair F1, out of scope ones between", True)):
        values, precisions, recalls, cases = [], [], [], 0
        for order in range(ORDERS):
            total = scores.Pairs()
            cases = 0
            for name, messages in _by(sets["messages"], "set").items():
                rows = [row for row in messages if along or row["answer"]]
                random.Random(order).shuffle(rows)  # noqa: S311 - an order, no secret
                tool.begin(libraries.get(name, []))
                tool.read(rows)
                found = tool.groups()
                truth = [row["group"] or row["id"] for row in rows]
                total += scores.pairs(truth, [str(found.get(row["id"], row["id"])) for row in rows])
                cases += len(rows)
            values.append(total.f1)
            precisions.append(total.precision)
            recalls.append(total.recall)
        note = (
            f"{min(values):.3f} to {max(values):.3f} in {ORDERS} orders; "
            f"precision {scores.mean(precisions):.3f}, recall {scores.mean(recalls):.3f}"
        )
        figures.append(Figure(title, scores.mean(values), cases, None if along else 0.92, note))
    return figures


def calling(tool: Tool, sets: Sets) -> list[Figure]:
    """Calls for help."""
    rows = sets["help"]
    tool.begin()
    replies = tool.read(rows)
    pairs = list(zip(rows, replies, strict=True))
    calls = [reply for row, reply in pairs if row["help"]]
    other = [reply for row, reply in pairs if not row["help"]]
    recall, threshold = scores.recall_at_alarms(
        [float(r["help_score"]) for r in calls], [float(r["help_score"]) for r in other], 0.05
    )
    figures = [
        Figure("help, recall at the cut", _fired(calls), len(calls), 0.99, _luck(_fired(calls), len(calls))),
        Figure("help, false alarms at the cut", _fired(other), len(other), None, "lower is better"),
        Figure("help, recall at 5 % false alarms", recall, len(calls), 0.99, f"threshold {threshold:.3f}"),
        Figure(
            "help, AUROC",
            scores.auroc([float(r["help_score"]) for r in calls], [float(r["help_score"]) for r in other]),
            len(pairs),
        ),
    ]
    for kind in ("direct", "indirect"):
        chosen = [reply for row, reply in pairs if row.get("kind") == kind]
        figures.append(Figure(f"help, recall at the cut, {kind}", _fired(chosen), len(chosen)))
    for kind in ("ordinary", "near"):
        chosen = [reply for row, reply in pairs if row.get("kind") == kind]
        figures.append(
            Figure(f"help, false alarms, {kind}", _fired(chosen), len(chosen), None, "lower is better")
        )
    missed = sorted({row["lang"] for row, reply in pairs if row["help"] and not reply["is_help"]})
    if missed:
        figures.append(Figure("help, languages with a missed call", len(missed), 0, None, " ".join(missed)))
    return figures


def _fired(replies: Sequence[Line]) -> float:
    return scores.share(sum(bool(reply["is_help"]) for reply in replies), len(replies))


def believing(tool: Tool, sets: Sets) -> list[Figure]:
    """Wrong beliefs against true statements and neutral questions."""
    rows = sets["claims"]
    library = [row for row in sets["library"] if row.get("set", "visa") == "visa"]
    tool.begin(library)
    replies = tool.read(rows)
    score = [float(reply["contradicts"]) for reply in replies]

    def of(claim: str) -> list[float]:
        return [value for value, row in zip(score, rows, strict=True) if row["claim"] == claim]

    topics = scores.recall_at(
        1, [_ranked(r) for r in replies], [frozenset({row["topic"], *row.get("also", ())}) for row in rows]
    )
    figures = [
        Figure("claims, topic R@1", topics, len(rows), 0.93),
        Figure("claims, false against true, AUROC", scores.auroc(of("false"), of("true")), len(rows), 0.93),
        Figure("claims, false against question, AUROC", scores.auroc(of("false"), of("question")), len(rows)),
    ]
    for how, chosen in _by([row for row in rows if row["claim"] == "false"], "how").items():
        kept = {row["id"] for row in chosen}
        values = [value for value, row in zip(score, rows, strict=True) if row["id"] in kept]
        figures.append(Figure(f"claims, {how} against true", scores.auroc(values, of("true")), len(values)))
    return figures


def languages(tool: Tool, sets: Sets) -> list[Figure]:
    """Language identification; short texts apart."""
    rows = sets["language"]
    tool.begin()
    found = [language_of(reply["lang"]) for reply in tool.read(rows)]
    pairs = [(row, language_of(row["lang"]), guess) for row, guess in zip(rows, found, strict=True)]
    long = [(truth, guess) for row, truth, guess in pairs if not row.get("short")]
    short = [(truth, guess) for row, truth, guess in pairs if row.get("short")]
    counts = scores.by_class([t for t, _ in long], [g for _, g in long])
    figures = [
        Figure("language, mean over languages", scores.macro(counts), len(long), 0.97),
        Figure(
            "language, of all texts", scores.accuracy([t for t, _ in long], [g for _, g in long]), len(long)
        ),
    ]
    for tag in ("be", "ru", "uk"):
        hits, cases = counts.get(tag, (0, 0))
        figures.append(Figure(f"language {tag}", scores.share(hits, cases), cases, 0.97))
    rest = sorted(
        tag for tag, (hits, cases) in counts.items() if hits < cases and tag not in ("be", "ru", "uk")
    )
    wrong = [guess for truth, guess in short if guess not in (truth, "und")]
    told = sum(guess == truth for truth, guess in short)
    figures += [
        Figure("language, short texts right", scores.share(told, len(short)), len(short)),
        Figure(
            "language, short texts wrong",
            scores.share(len(wrong), len(short)),
            len(short),
            None,
            'lower is better; the others are "unknown"',
        ),
        Figure("language, others with an error", len(rest), len(counts), None, " ".join(rest)),
    ]
    return figures


def countries(tool: Tool, sets: Sets) -> list[Figure]:
    """The country that a writer states."""
    rows = sets["countries"]
    tool.begin()
    found = [countries_of(reply["country"]) for reply in tool.read(rows)]
    truth = [frozenset(one["code"] for one in row["countries"]) for row in rows]
    hits = [bool(t & f) if t else not f for t, f in zip(truth, found, strict=True)]
    precision, _ = scores.precision_recall(truth, found)
    stated = [hit for hit, t in zip(hits, truth, strict=True) if t]
    silent = [hit for hit, t in zip(hits, truth, strict=True) if not t]
    return [
        Figure("country, precision", precision, sum(map(len, found))),
        Figure(
            "country, recall",
            scores.share(sum(stated), len(stated)),
            len(stated),
            None,
            "one of those stated",
        ),
        Figure("country, none where none is stated", scores.share(sum(silent), len(silent)), len(silent)),
    ]


def kinds(tool: Tool, sets: Sets) -> tuple[list[Figure], dict[str, dict[str, int]]]:
    """Kinds of message, and what was taken for what."""
    rows = sets["kinds"]
    tool.begin()
    found = [str(reply["kind"]) for reply in tool.read(rows)]
    truth = [row["kind"] for row in rows]
    counts = scores.by_class(truth, found)
    figures = [
        Figure("kinds, of all texts", scores.accuracy(truth, found), len(rows)),
        Figure("kinds, mean over kinds", scores.macro(counts), len(rows)),
    ]
    for kind, (hits, cases) in sorted(counts.items()):
        figures.append(Figure(f"kind {kind}", scores.share(hits, cases), cases))
    return figures, scores.confusion(truth, found)
