"""Which container and which post belong to which delivery: kept in the session, which the desk keeps sealed.

A container is the network's own key for a post: it can be published once. So what must survive a lost answer
is its id. Two deliveries may keep theirs at once, and the desk merges sessions name by name: so each delivery
has a name of its own, one of a bounded number. Should two meet in one, the newer stays, and the older is
looked for on the account's own page instead.
"""

import hashlib
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

SLOTS = 256
PREFIX = "made_"


@dataclass(slots=True)
class Made:
    """What was made for a delivery: its container, and the id of the post once it is public."""

    container: str = ""
    media: str = ""


class Memory:
    """What `session` remembers."""

    def __init__(self, session: MutableMapping[str, Any]) -> None:
        self.session = session

    def of(self, key: str) -> Made | None:
        """What was made for a delivery; None when nothing is known of it."""
        kept = self.session.get(_slot(key))
        if not isinstance(kept, dict) or kept.get("key") != _digest(key):
            return None
        return Made(str(kept.get("container") or ""), str(kept.get("media") or ""))

    def keep(self, key: str, made: Made) -> None:
        """Remember it."""
        row = {"key": _digest(key), "container": made.container, "media": made.media}
        self.session[_slot(key)] = row

    def of_others(self, key: str) -> set[str]:
        """The ids of posts that belong to other deliveries: the same words may be said twice."""
        names = {name for name in self.session if name.startswith(PREFIX)} - {_slot(key)}
        kept = [self.session[name] for name in sorted(names)]
        return {str(value["media"]) for value in kept if isinstance(value, dict) and value.get("media")}


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _slot(key: str) -> str:
    return f"{PREFIX}{int(_digest(key), 16) % SLOTS:03d}"
