"""Which post belongs to which delivery: kept in the session, which the desk keeps sealed.

The network knows no key of ours, so a post is looked for by its words; and the same words may be said twice.
Two deliveries may keep theirs at once, and the desk merges sessions name by name: so each delivery has a name
of its own, one of a bounded number. Should two meet in one, the newer stays.
"""

import hashlib
from collections.abc import MutableMapping
from typing import Any

SLOTS = 256
PREFIX = "made_"


class Memory:
    """What `session` remembers."""

    def __init__(self, session: MutableMapping[str, Any]) -> None:
        self.session = session

    def of(self, key: str) -> str:
        """The id of a delivery's post; empty when it is not known."""
        kept = self.session.get(_slot(key))
        if not isinstance(kept, dict) or kept.get("key") != _digest(key):
            return ""
        return str(kept.get("id") or "")

    def keep(self, key: str, post: str) -> None:
        """Remember it."""
        self.session[_slot(key)] = {"key": _digest(key), "id": post}

    def of_others(self, key: str) -> set[str]:
        """The ids of posts that belong to other deliveries."""
        names = {name for name in self.session if name.startswith(PREFIX)} - {_slot(key)}
        kept = [self.session[name] for name in sorted(names)]
        return {str(value["id"]) for value in kept if isinstance(value, dict) and value.get("id")}


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _slot(key: str) -> str:
    return f"{PREFIX}{int(_digest(key), 16) % SLOTS:03d}"
