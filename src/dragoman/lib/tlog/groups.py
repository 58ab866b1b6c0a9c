"""The group grammar of c2sp.org/tlog-policy: all of, any of, k of n, nested. What is counted is the caller's.

group <name> <k|any|all> <members>     members are named before; each is a member of one group at most
quorum <name>                          once
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed

NONE = "none"


@dataclass(frozen=True)
class Group:
    """`needed` of the members, which are singles or groups named before."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """Groups and the one of them, or the single, that must hold. A name that is no group is a single."""

    groups: Mapping[str, Group]
    quorum: str

    def satisfied(self, present: Iterable[str]) -> bool:
        """Whether these singles make the quorum."""
        return self.quorum == NONE or self._holds(self.quorum, frozenset(present))

    def needed(self) -> int:
        """The least number of singles that can make the quorum."""
        return 0 if self.quorum == NONE else self._least(self.quorum)

    def reached(self) -> frozenset[str]:
        """Every single that the quorum can count."""
        return frozenset() if self.quorum == NONE else frozenset(self._under(self.quorum))

    def _holds(self, name: str, present: frozenset[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in present
        return sum(self._holds(member, present) for member in group.members) >= group.needed

    def _least(self, name: str) -> int:
        group = self.groups.get(name)
        if group is None:
            return 1
        return sum(sorted(map(self._least, group.members))[: group.needed])

    def _under(self, name: str) -> list[str]:
        group = self.groups.get(name)
        if group is None:
            return [name]
        return [single for member in group.members for single in self._under(member)]


@dataclass
class GroupReader:
    """Collects names, groups and the quorum line, and holds them to the grammar. Every method raises
    Malformed."""

    singles: set[str] = field(default_factory=set)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""
    _grouped: set[str] = field(default_factory=set)

    def single(self, name: str) -> None:
        """A name that groups may count."""
        self._fresh(name)
        self.singles.add(name)

    def group(self, name: str, needed: str, members: list[str]) -> None:
        """A group line."""
        self._fresh(name)
        self.groups[name] = Group(name, _needed(needed, members), self._members(members))

    def take_quorum(self, name: str, *, may_be_none: bool = True) -> None:
        """The quorum line."""
        if self.quorum:
            raise Malformed("there is one quorum line")
        if name != NONE or not may_be_none:
            self._defined(name)
        self.quorum = name

    def _fresh(self, name: str) -> None:
        if name == NONE or name in self.singles or name in self.groups:
            raise Malformed(f"the name {name!r} is taken")

    def _defined(self, name: str) -> None:
        if name not in self.singles and name not in self.groups:
            raise Malformed(f"{name!r} is used before it is defined")

    def _members(self, members: list[str]) -> tuple[str, ...]:
        for name in members:
            self._defined(name)
            if name in self._grouped:
                raise Malformed(f"{name!r} is a member twice")
            self._grouped.add(name)
        return tuple(members)


def _needed(word: str, members: list[str]) -> int:
    count = {"any": 1, "all": len(members)}.get(word)
    count = note.decimal(word, "the number of members needed") if count is None else count
    if not 0 < count <= len(members):
        raise Malformed(f"{word!r} of {len(members)} members cannot be asked")
    return count
