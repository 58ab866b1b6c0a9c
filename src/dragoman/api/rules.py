"""Pure decisions of the API: what a repeated request is answered, how many requests a token may make."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

BODY_LIMIT = 12_000_000
REQUESTS_A_MINUTE = 600
KEPT = timedelta(hours=24)
# as long as a request may take before its key is taken to have died with its process
IN_FLIGHT = timedelta(seconds=90)
KEY = re.compile(r"[\x21-\x7e]{1,255}")

Verdict = Literal["replay", "other-request", "in-flight", "take-over"]


@dataclass(frozen=True)
class Earlier:
    """What is kept of an earlier request with the same key and token."""

    digest: str
    answered: bool
    begun: datetime


def request_digest(method: str, path: str, body: bytes) -> str:
    """The same for the same request; the headers do not count."""
    head = f"{method}\x00{path}\x00".encode()
    return hashlib.sha256(head + body).hexdigest()


def judge(earlier: Earlier, digest: str, now: datetime) -> Verdict:
    """How to answer a request whose key was used before."""
    if earlier.begun + KEPT <= now:
        return "take-over"
    if earlier.digest != digest:
        return "other-request"
    if earlier.answered:
        return "replay"
    return "in-flight" if now < earlier.begun + IN_FLIGHT else "take-over"


def window_of(now: datetime) -> datetime:
    """The minute in which a request is counted."""
    return now.replace(second=0, microsecond=0)


def seconds_left(now: datetime) -> int:
    """Until the next window opens."""
    return max(1, 60 - now.second)
