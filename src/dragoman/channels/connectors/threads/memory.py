"""Which containers and posts belong to which delivery: kept in the session, which the desk keeps sealed.

A container is the network's own key for a post: it can be published once. So what must survive a lost answer
is its id. Two deliveries may keep theirs at once, and the desk merges sessions name by name: so each delivery
has a name of its own, one of a bounded number. Should two meet in one, the newer stays, and the older is
looked for on the account's own timeline instead.
"""

import hashlib
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

SLOTS = 256
PREFIX = "made_"


@dataclass(slots=True)
class Made:
    """What was made for one post of a delivery: its container, and its id once it is public."""

    container: str = ""
    media: str = ""


class Memory:
    """What `session` remembers."""

    def __init__(self, session: MutableMapping[str, Any]) -> None:
        self.session = session

    def has(self, key: str) -> bool:
        """Is anything known of a delivery, be it only that what was made for it is lost?"""
        kept = self.session.get(_slot(key))
        return isinstance(kept, dict) and kept.get("key") == _digest(key)

    def of(self, key: str, parts: int) -> list[Made]:
        """What was made for a delivery, one for each of its parts; empty ones where nothing is known."""
        found = _parts(self.session[_slot(key)]) if self.has(key) else []
        return [found[n] if n < len(found) else Made() for n in range(parts)]

    def keep(self, key: str, made: list[Made]) -> None:
        """Remember it."""
        rows = [[one.container, one.media] for one in made]
        self.session[_slot(key)] = {"key": _digest(key), "parts": rows}

    def of_others(self, key: str) -> set[str]:
        """The ids of posts that belong to other deliveries: the same words may be said twice."""
        kept = [
            value for name, value in self.session.items() if name.startswith(PREFIX) and name != _slot(key)
        ]
        return {one.media for value in kept if isinstance(value, dict) for one in _parts(value) if one.media}


def _parts(kept: dict[str, Any]) -> list[Made]:
    return [Made(str(row[0]), str(row[1])) for row in kept.get("parts", []) if len(row) == 2]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _slot(key: str) -> str:
    return f"{PREFIX}{int(_digest(key), 16) % SLOTS:03d}"
