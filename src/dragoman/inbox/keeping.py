"""How long what people wrote is kept, by kind. Pure: times are passed in.

A text is emptied when its time is over; the row stays with its counts, so that figures do not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

# The data of the rule. A call for help has its own clock, which starts when it is done.
KEPT: Mapping[str, timedelta] = {
    "public": timedelta(days=365),
    "private": timedelta(days=90),
    "spam": timedelta(days=30),
    "gone": timedelta(days=7),
    "help": timedelta(days=180),
}


def keep_until(at: datetime, *, private: bool, kind: str = "", gone_at: datetime | None = None) -> datetime:
    """When the text of a message is emptied. What its writer deleted goes sooner, never later."""
    allowed = KEPT["private"] if private else KEPT["public"]
    if kind == "spam":
        allowed = min(allowed, KEPT["spam"])
    until = at + allowed
    return min(until, gone_at + KEPT["gone"]) if gone_at else until


def keep_help_until(done_at: datetime) -> datetime:
    """When the text of a call for help is emptied, once it is done."""
    return done_at + KEPT["help"]


def in_words() -> tuple[tuple[str, str], ...]:
    """The rule for a page: what, and how long."""
    said = {
        "public": "public messages",
        "private": "private messages, mail and the question form",
        "spam": "spam",
        "gone": "what its writer has deleted",
        "help": "calls for help, after they are done",
    }
    return tuple((words, f"{KEPT[name].days} days") for name, words in said.items())
