"""The other texts that a party signs: a no, a taking back, a freeze, a sign-in, a leaving; and the host's receipt.

    <origin>/<kind>/v1
    process <ref>[ round <n>]
    party <name>
    at <RFC 3339, UTC, seconds, Z>
    [digest sha256:<hex>]                  decline, withdraw: of the round's consent text; receipt: of what it is for
    [nonce <base64url>]                    sign-in, leave, freeze: used once
    [words <JSON string>]                  one line

The first line keeps every kind apart from consents, keyrings and heads of the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.signing import Signed

Kind = Literal["decline", "withdraw", "freeze", "sign-in", "leave", "receipt"]
KINDS: tuple[Kind, ...] = ("decline", "withdraw", "freeze", "sign-in", "leave", "receipt")


@dataclass(frozen=True)
class Order:
    """One such text. `round` for decline and withdraw (and receipts of rounds), `digest` (64 hex digits) of what
    it is about, `nonce` for what may be used once only, `words` what the party says."""

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
    raise NotImplementedError


def parse(data: bytes) -> Order:
    """Read one. Raises Invalid (code `order`) unless these are its one form in bytes."""
    raise NotImplementedError


def assemble(order: Order, lines: Iterable[str]) -> bytes:
    """The signed note."""
    raise NotImplementedError


def check(note: bytes | str, vkeys: Iterable[str] | Keyring, expected: Order) -> Signed:
    """Check an order that came in: signed by one of the keys, and by no other; it says exactly what is expected
    (but `at` and `words`, which are read from it). Raises Invalid: `not-a-note`, `order`, `another-order`, or a
    code of `signing.verify_line`."""
    raise NotImplementedError


def read(note: bytes | str) -> Order:
    """What a signed order says, unchecked: to find out whose keys must check it. Raises Invalid."""
    raise NotImplementedError
