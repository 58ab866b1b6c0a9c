"""What an event's digest covers, how events are chained, and what of an address is kept. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dragoman.lib import canonical

BEGINNING = "0" * 64
"""What the first event is chained to."""


def plain(value: Any) -> Any:
    """The value in the few types that have one form in JSON. What has none becomes text.

    PostgreSQL cannot keep a NUL in text, and no encoder keeps half a surrogate: both are replaced, so that
    writing the audit never fails on what somebody typed.
    """
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= canonical.LARGEST_INTEGER:
            return int(value)
        case datetime():
            return moment(value)
        case Mapping():
            return {plain(str(key)): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            return clean(str(value))


def clean(text: str) -> str:
    """The text without what a database refuses."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def moment(at: datetime) -> str:
    """UTC, six digits after the point, always."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of every field that an event says something with."""
    return canonical.digest(plain(dict(fields)))


def link(previous: str, event_digest: str) -> str:
    """The chain's hash at an event: SHA-256 of the hash before it and the event's digest, both in hex."""
    return hashlib.sha256((previous + event_digest).encode("ascii")).hexdigest()


def shortened(address: str) -> str:
    """Enough of an address to tell one office from another, not one person: /24 of IPv4, /48 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{parsed}/{prefix}", strict=False))


def safe_cell(text: str) -> str:
    """A cell that a spreadsheet shows and never runs."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
