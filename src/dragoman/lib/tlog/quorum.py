"""A policy as a tree, with who has signed: to be drawn and put into words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.lib.tlog.policy import Policy, Witness


@dataclass(frozen=True)
class Branch:
    """A witness (`witness`, and when it signed in POSIX seconds) or a group, of which `needed` must hold."""

    name: str
    holds: bool
    needed: int = 1
    members: tuple["Branch", ...] = ()
    witness: Witness | None = None
    at: int | None = None

    @property
    def of(self) -> int:
        """How many members there are."""
        return len(self.members)

    @property
    def every(self) -> bool:
        """Whether all members must hold."""
        return self.needed == self.of

    @property
    def held(self) -> int:
        """How many members hold."""
        return sum(one.holds for one in self.members)


def tree(policy: Policy, signed: Mapping[str, int]) -> Branch | None:
    """What the quorum asks for; None when it asks for no witness. `signed`: name in the policy -> time."""
    return _branch(policy, signed, policy.quorum) if policy.needs_witnesses else None


def beside(policy: Policy, signed: Mapping[str, int]) -> tuple[Branch, ...]:
    """The witnesses that are named and that the quorum does not count."""
    counted = _under(policy, policy.quorum) if policy.needs_witnesses else frozenset()
    return tuple(_branch(policy, signed, name) for name in policy.witnesses if name not in counted)


def _branch(policy: Policy, signed: Mapping[str, int], name: str) -> Branch:
    witness = policy.witnesses.get(name)
    if witness is not None:
        return Branch(name, name in signed, witness=witness, at=signed.get(name))
    group = policy.groups[name]
    members = tuple(_branch(policy, signed, member) for member in group.members)
    return Branch(name, sum(one.holds for one in members) >= group.needed, group.needed, members)


def _under(policy: Policy, name: str) -> frozenset[str]:
    if name in policy.witnesses:
        return frozenset([name])
    return frozenset[str]().union(*(_under(policy, one) for one in policy.groups[name].members))
