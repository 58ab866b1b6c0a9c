"""Who does a deed: an officer, or the system for the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """What every `by` can say of itself; the audit keeps these as text, for it outlives accounts."""

    @property
    def audit_name(self) -> str: ...

    @property
    def audit_kind(self) -> str: ...


@dataclass(frozen=True)
class System:
    """The worker, the clock or the command line's own upkeep. Never a person's deed."""

    name: str

    @property
    def audit_name(self) -> str:
        return self.name

    @property
    def audit_kind(self) -> str:
        return "system"
