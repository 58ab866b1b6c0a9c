"""The addresses of one actor, all made from the site and the handle. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ROOT = "/ap/"


@dataclass(frozen=True, slots=True)
class Names:
    """`site` is the public origin without a slash at its end, such as https://mfa.example."""

    site: str
    handle: str

    @property
    def actor(self) -> str:
        return f"{self.site}{ROOT}{self.handle}"

    @property
    def key(self) -> str:
        return f"{self.actor}#main-key"

    @property
    def inbox(self) -> str:
        return f"{self.actor}/inbox"

    @property
    def shared_inbox(self) -> str:
        return f"{self.site}{ROOT}inbox"

    @property
    def outbox(self) -> str:
        return f"{self.actor}/outbox"

    @property
    def followers(self) -> str:
        return f"{self.actor}/followers"

    @property
    def following(self) -> str:
        return f"{self.actor}/following"

    @property
    def featured(self) -> str:
        return f"{self.actor}/featured"

    @property
    def host(self) -> str:
        return urlsplit(self.site).netloc

    @property
    def account(self) -> str:
        """As people write it: @handle@host."""
        return f"@{self.handle}@{self.host}"

    def note(self, name: str) -> str:
        return f"{self.actor}/notes/{name}"

    def activity(self, name: str) -> str:
        return f"{self.actor}/activities/{name}"

    def note_name(self, address: str) -> str:
        """The name of one of our notes from its address; "" for any other address."""
        prefix = self.note("")
        name = address.removeprefix(prefix)
        return name if address.startswith(prefix) and fit(name) else ""


def name_of(key: str, at: datetime) -> str:
    """The name of a post, from its key and its frozen moment alone: names sort by time, and the same delivery
    has the same name for ever."""
    moment = at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    return f"{moment}-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def fit(name: str) -> bool:
    """Can this be the name of a file of ours?"""
    return (
        0 < len(name) <= 120 and name.isascii() and all(letter.isalnum() or letter in "-_" for letter in name)
    )


def origin(url: str) -> str:
    """Scheme and host of an address, for comparing; "" when it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "").lower()
    if not host or parts.username is not None:
        return ""
    return f"{parts.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")
