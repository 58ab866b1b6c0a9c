"""Who must have signed the record's head, and who has: the policy as a tree, from the record's own files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dragoman.lib.tlog import policy, quorum, verify
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.quorum import Branch


@dataclass(frozen=True, slots=True)
class Node:
    """A witness (`at`: when it signed, by its own clock) or a group of which `needed` must hold."""

    name: str
    holds: bool
    at: datetime | None
    held: int
    needed: int
    members: tuple[Node, ...]

    @property
    def count(self) -> int:
        """How many members there are; 0 for a witness."""
        return len(self.members)


@dataclass(frozen=True, slots=True)
class Standing:
    """`rule` is None when no witness is asked for; `beside` are witnesses that the quorum does not count."""

    rule: Node | None
    beside: tuple[Node, ...]


def standing(checkpoint: str, policy_text: str) -> Standing:
    """What the two files say together; empty when one of them cannot be read."""
    try:
        read = policy.parse(policy_text)
        signed = verify.open_head(checkpoint.encode(), read).witnesses
    except TlogError:
        return Standing(None, ())
    tree = quorum.tree(read, signed)
    return Standing(_node(tree) if tree else None, tuple(map(_node, quorum.beside(read, signed))))


def _node(branch: Branch) -> Node:
    at = datetime.fromtimestamp(branch.at, UTC) if branch.at is not None else None
    members = tuple(map(_node, branch.members))
    return Node(branch.name, branch.holds, at, branch.held, branch.needed, members)
