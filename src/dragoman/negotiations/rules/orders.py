"""The other texts that a party signs: no, taken back, freeze, sign-in, leave; and the host's receipt.

    <origin>/<kind>/v1
    process <ref>[ round <n>]
    party <name>
    at <RFC 3339, UTC, seconds, Z>
    [digest sha256:<hex>]        decline, withdraw: of the consent text; receipt: of what it is for
    [nonce <base64url>]          sign-in, leave, freeze: a value that is used once
    [words <JSON string>]        one line

The first line keeps every kind apart from consents, keyrings and heads of the record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NoReturn, cast

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import judging, signing
from dragoman.negotiations.rules.body import ORIGIN
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.signing import Signed

Kind = Literal["decline", "withdraw", "freeze", "sign-in", "leave", "receipt"]
KINDS: tuple[Kind, ...] = ("decline", "withdraw", "freeze", "sign-in", "leave", "receipt")
MOST_WORDS = 10_000
_NEEDS_ROUND = ("decline", "withdraw")
_NEEDS_NONCE = ("sign-in",)
_REF = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
_ORDER = re.compile(
    rf"(?P<origin>{ORIGIN})/(?P<kind>{'|'.join(KINDS)})/v1\n"
    rf"process (?P<process>{_REF})(?: round (?P<round>[1-9][0-9]{{0,14}}))?\n"
    rf"party (?P<party>{_REF})\n"
    r"at (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n"
    r"(?:digest sha256:(?P<digest>[0-9a-f]{64})\n)?"
    r"(?:nonce (?P<nonce>[A-Za-z0-9_-]{1,200})\n)?"
    r"(?:words (?P<words>\"[^\n]*\")\n)?"
)


@dataclass(frozen=True)
class Order:
    """One such text. `round` and `digest` (64 hex digits, of the consent text) for decline and withdraw and
    for receipts, `nonce` for what may be used once only, `words` what the party says."""

    kind: Kind
    origin: str
    process: str
    party: str
    at: str
    round: int | None = None
    digest: str = ""
    nonce: str = ""
    words: str = ""


def dump(order: Order) -> bytes:
    """The bytes that are signed. Raises Invalid (code `order`) when a value does not fit."""
    data = _written(order)
    if _read(data) != order:
        _refuse("a value of it does not fit its line")
    return data


def parse(data: bytes) -> Order:
    """Read one. Raises Invalid (code `order`) unless these are its one form in bytes."""
    order = _read(data)
    if _written(order) != data:
        _refuse("it is not written in its one form")
    return order


def assemble(order: Order, lines: Iterable[str]) -> bytes:
    """The signed note."""
    return judging.assemble_text(dump(order), lines)


def read(note: bytes | str) -> Order:
    """What a signed order says, unchecked: to find out whose keys must check it. Raises Invalid."""
    return parse(judging.open_note(_bytes(note)).text)


def check(note: bytes | str, vkeys: Iterable[str] | Keyring, expected: Order) -> Signed:
    """Check an order that came in: signed once, by one of the keys of the party that it names, and saying
    exactly what is expected; but `at` and `words` are the party's own, and are read from it with `read`.

    Raises Invalid: `not-a-note`, `order`, `another-order`, `other-party`, or a code of `signing.verify_line`.
    """
    opened = judging.open_note(_bytes(note))
    order = parse(opened.text)
    wanted = replace(expected, at=order.at, words=order.words)
    if order != wanted:
        names = [
            name for name in wanted.__dataclass_fields__ if getattr(order, name) != getattr(wanted, name)
        ]
        raise Invalid(
            f"The signed order is about something else ({', '.join(names)}).",
            mend="Make it anew for this process, and this round if it is about one.",
            code="another-order",
        )
    if len(opened.signatures) != 1:
        raise Invalid("An order has one signature.", code="bad-signature")
    keys = [one.vkey for one in vkeys.keys] if isinstance(vkeys, Keyring) else list(vkeys)
    signed = signing.verify_with_any(str(opened.signatures[0]), opened.text, keys)
    if signed.party != order.party:
        raise Invalid(
            f"The order is {order.party}'s, and the key that signed it is {signed.party}'s.",
            code="other-party",
        )
    return signed


def _read(data: bytes) -> Order:
    try:
        match = _ORDER.fullmatch(data.decode("utf-8"))
        words = json.loads(match["words"] or '""') if match else ""
    except ValueError:
        match, words = None, ""
    if match is None or not isinstance(words, str) or len(words) > MOST_WORDS:
        _refuse("its lines are not those of an order")
    order = Order(
        kind=cast(Kind, match["kind"]),
        origin=match["origin"],
        process=match["process"],
        party=match["party"],
        at=match["at"],
        round=int(match["round"]) if match["round"] else None,
        digest=match["digest"] or "",
        nonce=match["nonce"] or "",
        words=words,
    )
    if order.kind in _NEEDS_ROUND and not (order.round and order.digest):
        _refuse(f"a {order.kind} names its round and the digest of the round's text")
    if order.kind in _NEEDS_NONCE and not order.nonce:
        _refuse(f"a {order.kind} holds the value that the desk gave for it")
    return order


def _written(order: Order) -> bytes:
    about = f" round {order.round}" if order.round is not None else ""
    lines = [
        f"{order.origin}/{order.kind}/v1",
        f"process {order.process}{about}",
        f"party {order.party}",
        f"at {order.at}",
        *([f"digest sha256:{order.digest}"] if order.digest else []),
        *([f"nonce {order.nonce}"] if order.nonce else []),
        *([f"words {json.dumps(order.words, ensure_ascii=False)}"] if order.words else []),
    ]
    try:
        return "".join(f"{line}\n" for line in lines).encode()
    except UnicodeEncodeError:
        _refuse("its words hold a damaged character")


def _bytes(note: bytes | str) -> bytes:
    return note.encode() if isinstance(note, str) else note


def _refuse(why: str) -> NoReturn:
    raise Invalid(f"This is not an order of a party: {why}.", code="order")
