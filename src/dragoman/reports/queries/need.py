"""One thing that waits for an officer, as the front page lists it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SHOWN = 12


@dataclass(frozen=True)
class Need:
    """One thing that waits for this officer."""

    state: str
    word: str
    title: str
    lang: str
    why: str
    due: datetime | None
    zone: str
    deed: str
    href: str
    spoken: bool = True
