"""Receipts of the host, checked by the party that kept them: the record's signature, and one after the other.

A receipt is an order of the kind `receipt` (orders.py) whose words are

    receipt <number>: <deed>; the receipt before it: <SHA-256 of that note | none>
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import note as notes
from dragoman.lib.tlog.errors import Mismatch
from dragoman.negotiations.rules import judging, orders
from dragoman.negotiations.rules.orders import Order

NONE = "none"
_WORDS = re.compile(r"receipt ([1-9][0-9]{0,9}): ([^\n]+); the receipt before it: ([0-9a-f]{64}|none)")
_HEADING = re.compile(r"^===== receipt [0-9]+ =====\n", re.MULTILINE)


@dataclass(frozen=True)
class Receipt:
    """What one says; `before` is the digest of the note of the one before it, `digest` that of its own."""

    number: int
    deed: str
    before: str
    digest: str
    order: Order


def words_of(number: int, deed: str, before: str) -> str:
    """The words of a receipt. `before` is a digest, or NONE for the first."""
    return f"receipt {number}: {deed}; the receipt before it: {before}"


def read(note: bytes | str, keys: Iterable[notes.VerifierKey]) -> Receipt:
    """Check one. Raises Invalid: `not-a-note`, `order`, `no-receipt`, `not-the-records` when no key of the
    record of that name signed it, or a signature is wrong."""
    data = note.encode() if isinstance(note, str) else note
    opened = judging.open_note(data)
    order = orders.parse(opened.text)
    match = _WORDS.fullmatch(order.words)
    if order.kind != "receipt" or match is None:
        raise Invalid("This is signed, but it is no receipt.", code="no-receipt")
    try:
        signed = notes.check(opened, [key for key in keys if key.name == order.origin])
    except Mismatch as error:
        raise Invalid(f"Receipt {match[1]}: {error}.", code="not-the-records") from error
    if not signed:
        raise Invalid(
            f"Receipt {match[1]} is not signed by a key of the record {order.origin} that the policy names.",
            code="not-the-records",
        )
    return Receipt(int(match[1]), match[2], match[3], hashlib.sha256(data).hexdigest(), order)


def parted(text: str) -> tuple[str, ...]:
    """The notes in a file that holds one, or many, each after a heading line."""
    parts = _HEADING.split(text.replace("\r\n", "\n"))
    return tuple(f"{part.strip(chr(10))}\n" for part in parts if part.strip())


def check_all(given: Iterable[bytes | str], keys: Sequence[notes.VerifierKey]) -> tuple[Receipt, ...]:
    """Check receipts of one party; gives them in the order of their numbers. Raises Invalid as `read` does,
    `other-party` when they are of several, and `receipt-changed` when two have one number, or one names
    another before it than the one that is here. Gaps are no fault: see `missing`."""
    found = sorted({read(note, keys) for note in given}, key=lambda one: one.number)
    if len({(one.order.origin, one.order.process, one.order.party) for one in found}) > 1:
        raise Invalid("These are receipts of several parties or talks.", code="other-party")
    for earlier, one in pairwise(found):
        if one.number == earlier.number:
            raise _changed(f"There are two receipts with the number {one.number}.")
        if one.number == earlier.number + 1 and one.before != earlier.digest:
            raise _changed(f"Receipt {one.number} names another receipt {earlier.number} than the one here.")
    if found and (found[0].number == 1) != (found[0].before == NONE):
        raise _changed(f"Receipt {found[0].number} is the first and names one before it, or the reverse.")
    return tuple(found)


def missing(found: Sequence[Receipt]) -> tuple[int, ...]:
    """The numbers that are not there, below the highest that is."""
    numbers = {one.number for one in found}
    return tuple(number for number in range(1, max(numbers, default=0)) if number not in numbers)


def _changed(what: str) -> Invalid:
    return Invalid(
        what,
        mend="Keep both files: they show that the host's account was changed.",
        code="receipt-changed",
    )
