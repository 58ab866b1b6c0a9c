"""Whom a verifier trusts (c2sp.org/tlog-policy): the log's keys, the witnesses, and how many must agree.

A policy comes from the verifier's side. One that is fetched from the log it judges proves nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed

NONE = "none"


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
class Group:
    """`needed` of the members, which are witnesses or groups named before."""

    name: str
    needed: int
    members: tuple[str, ...]


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
        return self.quorum == NONE or self._holds(self.quorum, frozenset(signed))

    def needed(self) -> int:
        """The least number of witnesses that can make the quorum."""
        return 0 if self.quorum == NONE else self._least(self.quorum)

    def _holds(self, name: str, signed: frozenset[str]) -> bool:
        if name in self.witnesses:
            return name in signed
        group = self.groups[name]
        return sum(self._holds(member, signed) for member in group.members) >= group.needed

    def _least(self, name: str) -> int:
        if name in self.witnesses:
            return 1
        group = self.groups[name]
        return sum(sorted(map(self._least, group.members))[: group.needed])

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
        self.groups: dict[str, Group] = {}
        self.quorum = ""
        self._keys: set[bytes] = set()
        self._grouped: set[str] = set()

    def take(self, verb: str, words: list[str]) -> None:
        match verb, words:
            case "log", [key] | [key, _]:
                self.logs.append(Log(self._key(key, note.ED25519), "".join(words[1:])))
            case "witness", [name, key] | [name, key, _]:
                self._fresh(name)
                read = self._key(key, note.COSIGNATURE)
                self.witnesses[name] = Witness(name, read, "".join(words[2:]))
            case "group", [name, needed, *members] if members:
                self._fresh(name)
                self.groups[name] = Group(name, self._needed(needed, members), self._members(members))
            case "quorum", [name]:
                if self.quorum:
                    raise Malformed("a policy has one quorum line")
                if name != NONE:
                    self._defined(name)
                self.quorum = name
            case _:
                raise Malformed(f"{' '.join([verb, *words])!r} is not a line of a policy")

    def finish(self) -> Policy:
        if not self.quorum:
            raise Malformed("the policy has no quorum line; write `quorum none` if no witness is needed")
        if not self.logs:
            raise Malformed("the policy names no log")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)

    def _key(self, text: str, kind: int) -> note.VerifierKey:
        key = note.VerifierKey.parse(text)
        # A witness may have a newer kind of key, which this version passes over; a log may not.
        if key.kind != kind and note.ED25519 in (kind, key.kind):
            raise Malformed(f"the key of {key.name} is of kind {key.kind:#04x}, wanted {kind:#04x}")
        if key.public in self._keys:
            raise Malformed(f"the key of {key.name} occurs twice, maybe under another name")
        self._keys.add(key.public)
        return key

    def _fresh(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Malformed(f"the name {name} is taken")

    def _defined(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Malformed(f"{name} is used before it is defined")

    def _needed(self, word: str, members: list[str]) -> int:
        count = {"any": 1, "all": len(members)}.get(word)
        count = note.decimal(word, "the number of members needed") if count is None else count
        if not 0 < count <= len(members):
            raise Malformed(f"{word} of {len(members)} members cannot be asked")
        return count

    def _members(self, members: list[str]) -> tuple[str, ...]:
        for name in members:
            self._defined(name)
            if name in self._grouped:
                raise Malformed(f"{name} is a member twice")
            self._grouped.add(name)
        return tuple(members)
