"""Who must agree, with which keys: the keyring of a process, as the text that the record holds.

    <origin>/keyring/v1
    process <ref>
    version <number of the protocol>
    key <party> <vkey>                     one or more a party
    group <name> <k|any|all> <members>     members are parties or groups named before
    quorum <party or group>

The rule is that of c2sp.org/tlog-policy. One keyring has one text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.lib.tlog.policy import Group

__all__ = ["Group", "Keyring", "PartyKey", "check", "parse", "parse_rule"]


@dataclass(frozen=True)
class PartyKey:
    """One key of one party."""

    party: str
    vkey: str


@dataclass(frozen=True)
class Keyring:
    """The keys and the rule. `str()` is the text for the record."""

    origin: str
    process: str
    version: int
    keys: tuple[PartyKey, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def parties(self) -> tuple[str, ...]:
        """Every party with a key, in the order of the text."""
        return tuple(dict.fromkeys(one.party for one in self.keys))

    def satisfied(self, parties: Iterable[str]) -> bool:
        """Whether these parties' consent is enough under the rule."""
        raise NotImplementedError

    def needed(self) -> int:
        """The least number of parties that can satisfy the rule."""
        raise NotImplementedError

    def needed_hint(self) -> str:
        """The rule in words: "all of northland, eastmark"."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError


def parse(text: str) -> Keyring:
    """Read a keyring. Raises Invalid (code `keyring`) with the line that is wrong."""
    raise NotImplementedError


def parse_rule(text: str, parties: Iterable[str]) -> tuple[tuple[Group, ...], str]:
    """Read `group` and `quorum` lines over these parties: what a person writes. Raises Invalid (`keyring`)."""
    raise NotImplementedError


def check(keyring: Keyring, forbidden: Iterable[bytes] = ()) -> None:
    """Raises Invalid unless the keyring can be put to the parties. `forbidden`: the bare public keys of the
    record's own keys and of its witnesses.

    Codes: `one-key-two-parties`, `forbidden-key`, `wrong-key-name`, `party-outside-rule`, `unknown-name`,
    `keyring`.
    """
    raise NotImplementedError
