"""Who wrote a message, sealed: opened only on a deed, and tied to no other message of the same person."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from dragoman.channels import queries as channels


@dataclass(frozen=True, slots=True)
class Writer:
    """The name as shown, and the network's own id of the account (or an address)."""

    name: str
    handle: str

    def is_called(self, handle: str) -> bool:
        """Is this the person of that handle, name or address? Case and a leading @ do not count."""
        wanted = _plain(handle)
        return bool(wanted) and wanted in (_plain(self.name), _plain(self.handle))


def seal(writer: Writer) -> str:
    """Unreadable without the key that is not in the database."""
    return channels.vault().seal({"name": writer.name, "handle": writer.handle})


def opened(sealed: str) -> Writer:
    """VaultError when the key is no longer there."""
    value = channels.vault().open(sealed)
    return Writer(str(value.get("name", "")), str(value.get("handle", "")))


def opened_many(sealed: list[str]) -> list[Writer]:
    """As `opened`, for many."""
    values = channels.vault().open_many(sealed)
    return [Writer(str(value.get("name", "")), str(value.get("handle", ""))) for value in values]


def day_tag(writer: Writer, channel_id: int | None, at: datetime) -> str:
    """Counts distinct writers within a day of UTC. The key is another each day, so that the same person has
    another tag tomorrow. Empty when nothing is known of the writer."""
    who = _plain(writer.handle) or _plain(writer.name)
    if not who:
        return ""
    day = at.astimezone(UTC).date().isoformat()
    key = hmac.new(settings.SECRET_KEY.encode(), f"inbox writers of {day}".encode(), hashlib.sha256).digest()
    return hmac.new(key, f"{channel_id or 0} {who}".encode(), hashlib.sha256).hexdigest()[:32]


def _plain(handle: str) -> str:
    return handle.strip().lstrip("@").casefold()
