"""`dragoman triage --jsonl`: one JSON value a line in, one a line out, in order, flushed; no database, no
network.

What already waits on the input is read ahead, so that messages are encoded in batches; more than has come is
never waited for.
"""

from __future__ import annotations

import json
import math
import os
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dragoman.inbox.triage.engine import Engine
from dragoman.inbox.triage.grouping import group_all, profile
from dragoman.inbox.triage.matching import PlainWording
from dragoman.inbox.triage.values import UNKNOWN, Reading, Vectors

OPS = ("library", "message", "groups", "reset")
# A line longer than this is refused unread; the largest text that anyone takes is far below.
LONGEST_LINE = 4_000_000
AHEAD = 128


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be followed: what, where, and how to mend it."""

    error: str


@dataclass(frozen=True, slots=True)
class Order:
    """A line that can. `values` are its fields, checked; `numbered`: its id was given as a number, and is
    given back as one."""

    op: str
    values: dict[str, str] = field(default_factory=dict)
    numbered: bool = False


def parse(line: bytes, number: int) -> Order | Refused | None:
    """One line of input; None for a blank one."""
    if not line.strip():
        return None
    given = _decoded(line, number)
    if isinstance(given, Refused):
        return given
    if not isinstance(given, dict):
        return Refused(f"line {number}: a JSON object is wanted, not {_kind(given)}")
    return _checked(given, number)


def _decoded(line: bytes, number: int) -> Any:
    if len(line) > LONGEST_LINE:
        return Refused(f"line {number}: longer than {LONGEST_LINE:,} bytes; send shorter texts")
    try:
        return json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogatepass"))
    except UnicodeDecodeError as error:
        return Refused(f"line {number}, byte {error.start}: not UTF-8; encode the line as UTF-8")
    except RecursionError:
        return Refused(f"line {number}: nested too deeply; send one flat object")
    except ValueError as error:
        return Refused(f"line {number}: not JSON ({error}); send one object a line")


def _checked(given: dict[str, Any], number: int) -> Order | Refused:
    op = given.get("op")
    if op not in OPS:
        return Refused(f"line {number}, op: {_short(op)} is unknown; one of {', '.join(OPS)}")
    values: dict[str, str] = {}
    numbered = isinstance(given.get("id"), int) and not isinstance(given.get("id"), bool)
    wanted = {"library": ("id", "question", "answer", "lang"), "message": ("id", "text", "lang")}.get(op, ())
    for name in wanted:
        value = given.get(name)
        if name == "id" and numbered:
            value = str(value)
        if value is None and (name in ("question", "lang") or (name == "answer" and given.get("question"))):
            value = ""
        if not isinstance(value, str):
            what = "is missing" if name not in given else f"is {_kind(value)}"
            return Refused(f"line {number}, {name}: {what}; give a string")
        values[name] = value
    if wanted and not values["id"]:
        return Refused(f"line {number}, id: is empty; give each {op} an id")
    if op == "library" and not (values["question"].strip() or values["answer"].strip()):
        return Refused(f"line {number}, answer: is empty; give the text of the answer")
    return Order(op, values, numbered)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _short(value: object) -> str:
    said = json.dumps(value, ensure_ascii=True, default=str)
    return said if len(said) <= 40 else f"{said[:37]}..."


class Desk:
    """The state of one stream: library, messages and groups so far."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._library: dict[str, PlainWording] = {}
        self._readings: dict[str, Reading] = {}
        self._numbered: set[str] = set()

    def answer(self, orders: list[Order | Refused]) -> Iterator[dict[str, Any]]:
        """One answer for each order, in order. Runs of messages are read in one batch."""
        start = 0
        while start < len(orders):
            end = start
            while end < len(orders) and _is_message(orders[end]):
                end += 1
            if end > start:
                run = [order for order in orders[start:end] if isinstance(order, Order)]
                yield from self._messages(run)
                start = end
                continue
            order = orders[start]
            yield {"ok": False, "error": order.error} if isinstance(order, Refused) else self._other(order)
            start += 1

    def _other(self, order: Order) -> dict[str, Any]:
        if order.op == "library":
            given = order.values
            lang = given["lang"] or self._engine.language(given["answer"] or given["question"]).lang
            lang = lang.replace("_", "-").partition("-")[0].lower()
            self._library[given["id"]] = PlainWording(given["id"], given["question"], given["answer"], lang)
            (self._numbered.add if order.numbered else self._numbered.discard)(given["id"])
            return {"ok": True}
        if order.op == "reset":
            self._library, self._readings, self._numbered = {}, {}, set()
            return {"ok": True}
        return {"groups": self._grouped()}

    def _messages(self, orders: list[Order]) -> Iterator[dict[str, Any]]:
        texts = [order.values["text"] for order in orders]
        hints = [order.values["lang"] for order in orders]
        readings = self._engine.read(texts, list(self._library.values()), hints)
        for order, reading in zip(orders, readings, strict=True):
            key = order.values["id"]
            # a message sent again under its id counts once, as it is now
            self._readings[key] = reading
            said = shown(key, reading)
            if order.numbered:
                said["id"] = int(key)
            said["answers"] = [[int(a) if a in self._numbered else a, score] for a, score in said["answers"]]
            yield said

    def _grouped(self) -> dict[str, str]:
        """Every message so far in exactly one group; one that has no vector alone."""
        known = {key: one for key, one in self._readings.items() if one.vector is not None}
        label: dict[Any, int] = {}
        if known:
            vectors = np.stack([one.vector for one in known.values() if one.vector is not None])
            label = group_all(list(known), vectors, _profiles(list(known.values())))
        named = {place: f"g{number}" for number, place in enumerate(dict.fromkeys(label.values()), 1)}
        alone = (f"a{number}" for number in range(1, len(self._readings) + 1))
        return {key: named[label[key]] if key in label else next(alone) for key in self._readings}


def _profiles(readings: list[Reading]) -> Vectors | None:
    """Which answers fit each message, by its best few."""
    columns: dict[str, int] = {}
    for one in readings:
        for match in one.matches:
            columns.setdefault(match.answer, len(columns))
    if not columns:
        return None
    scores = np.full((len(readings), len(columns)), -9.0)
    for row, one in enumerate(readings):
        for match in one.matches:
            scores[row, columns[match.answer]] = match.score
    return profile(scores, np.array([one.confidence for one in readings]))


def _is_message(order: Order | Refused) -> bool:
    return isinstance(order, Order) and order.op == "message"


def shown(key: str, reading: Reading) -> dict[str, Any]:
    """A reading as the protocol writes it."""
    return {
        "id": key,
        "lang": reading.language.lang or UNKNOWN,
        "lang_confidence": _share(reading.language.confidence),
        "country": reading.countries[0].code if reading.countries else None,
        "kind": reading.kind.kind,
        "help_score": _share(reading.help.score),
        "is_help": bool(reading.help.is_help),
        "answers": [[match.answer, match.score] for match in reading.matches],
        "confidence": _share(reading.confidence),
        "answered": reading.answered,
        "contradicts": _share(reading.contradicts),
    }


def _share(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), 4) if math.isfinite(value) else 0.0


class Lines:
    """Lines of a file descriptor with what already waits: blocks for the first, never for the next."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._held = bytearray()
        self._ended = False

    def waiting(self) -> list[bytes]:
        """The next lines, at least one; none at the end of the input."""
        while b"\n" not in self._held and not self._ended:
            self._more()
        while not self._ended and self._held.count(b"\n") < AHEAD and self._ready():
            self._more()
        if not self._held:
            return []
        *whole, rest = bytes(self._held).split(b"\n", AHEAD)
        if not whole or (self._ended and b"\n" not in rest and len(whole) < AHEAD):
            whole, rest = [*whole, rest] if rest else whole, b""
        self._held = bytearray(rest)
        return whole

    def _ready(self) -> bool:
        return bool(select.select([self._source], [], [], 0)[0])

    def _more(self) -> None:
        piece = os.read(self._source, 1 << 16)
        self._ended = not piece
        self._held += piece


def serve(source: int, write: Callable[[str], object], flush: Callable[[], object], engine: Engine) -> None:
    """Answer line by line until the input ends."""
    lines, desk, number = Lines(source), Desk(engine), 0
    while batch := lines.waiting():
        orders: list[Order | Refused] = []
        for line in batch:
            number += 1
            order = parse(line, number)
            if order is not None:
                orders.append(order)
        for said in desk.answer(orders):
            write(json.dumps(said, ensure_ascii=True, allow_nan=False) + "\n")
            flush()
