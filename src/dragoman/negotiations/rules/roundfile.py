"""The file of a round that a party takes home: everything to read, judge and sign a text without the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman.negotiations.rules.body import ConsentBody


@dataclass(frozen=True)
class RoundFile:
    """`texts` are the exact bytes that are consented, by language; `previous` those of the round before, to show
    what changed; `keyring` the text of the keyring that judges the consent; `titles` the parties' names."""

    body: ConsentBody
    texts: Mapping[str, bytes]
    keyring: str
    previous: Mapping[str, bytes] = field(default_factory=dict)
    closes_at: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)


def dump(value: RoundFile) -> bytes:
    """The file: JSON. Raises Invalid when the texts are not those of the body."""
    raise NotImplementedError


def load(data: bytes) -> RoundFile:
    """Read a file. Every digest and size is computed anew from the texts; raises Invalid (code `round-file`, or
    one of `judging.compare`) when the body does not say the same, or names another process than the keyring."""
    raise NotImplementedError
