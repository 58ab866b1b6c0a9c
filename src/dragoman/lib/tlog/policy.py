"""Whom a verifier trusts (c2sp.org/tlog-policy): the log's keys, the witnesses, and how many must agree.

A policy comes from the verifier's side. One that is fetched from the log it judges proves nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed
from dragoman.lib.tlog.groups import NONE, Group, GroupReader, Rule

__all__ = ["NONE", "Group", "Log", "Policy", "Witness", "parse"]


@dataclass(frozen=True)
class Log:
    """A key that may sign the log's heads."""

    key: note.VerifierKey
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """`name` is the policy's own word for it; the key carries the name that stands in signature lines."""

    name: str
    key: note.VerifierKey
    url: str = ""


@dataclass(frozen=True)
class Policy:
    """A read policy. `quorum` is NONE, a witness or a group."""

    logs: tuple[Log, ...]
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    @property
    def needs_witnesses(self) -> bool:
        """Whether the log's own signature is not enough."""
        return self.quorum != NONE

    def satisfied(self, signed: Iterable[str]) -> bool:
        """Whether these witnesses, by their names in the policy, make the quorum."""
        return Rule(self.groups, self.quorum).satisfied(signed)

    def needed(self) -> int:
        """The least number of witnesses that can make the quorum."""
        return Rule(self.groups, self.quorum).needed()

    def __str__(self) -> str:
        lines = [f"log {log.key} {log.url}" for log in self.logs]
        lines += [f"witness {one.name} {one.key} {one.url}" for one in self.witnesses.values()]
        lines += [f"group {one.name} {one.needed} {' '.join(one.members)}" for one in self.groups.values()]
        return "".join(f"{line.rstrip()}\n" for line in [*lines, f"quorum {self.quorum}"])


def parse(text: str) -> Policy:
    """Read a policy. Raises Malformed with the number of the line that is wrong."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.strip(" \t\r").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.take(words[0], words[1:])
        except Malformed as error:
            raise Malformed(f"line {number} of the policy: {error}") from error
    return reader.finish()


class _Reader:
    """Collects the lines and holds them to the rules: names before use, one group each, no key twice."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: dict[str, Witness] = {}
        self.rule = GroupReader()
        self._keys: set[bytes] = set()

    def take(self, verb: str, words: list[str]) -> None:
        match verb, words:
            case "log", [key] | [key, _]:
                self.logs.append(Log(self._key(key, note.ED25519), "".join(words[1:])))
            case "witness", [name, key] | [name, key, _]:
                self.rule.single(name)
                read = self._key(key, note.COSIGNATURE)
                self.witnesses[name] = Witness(name, read, "".join(words[2:]))
            case "group", [name, needed, *members] if members:
                self.rule.group(name, needed, members)
            case "quorum", [name]:
                self.rule.take_quorum(name)
            case _:
                raise Malformed(f"{' '.join([verb, *words])!r} is not a line of a policy")

    def finish(self) -> Policy:
        if not self.rule.quorum:
            raise Malformed("the policy has no quorum line; write `quorum none` if no witness is needed")
        if not self.logs:
            raise Malformed("the policy names no log")
        return Policy(tuple(self.logs), self.witnesses, self.rule.groups, self.rule.quorum)

    def _key(self, text: str, kind: int) -> note.VerifierKey:
        key = note.VerifierKey.parse(text)
        # A witness may have a newer kind of key, which this version passes over; a log may not.
        if key.kind != kind and note.ED25519 in (kind, key.kind):
            raise Malformed(f"the key of {key.name} is of kind {key.kind:#04x}, wanted {kind:#04x}")
        if key.public in self._keys:
            raise Malformed(f"the key of {key.name} occurs twice, maybe under another name")
        self._keys.add(key.public)
        return key
