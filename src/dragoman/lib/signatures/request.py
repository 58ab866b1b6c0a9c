"""A request as it is signed: what both ways of signing look at. And the one way in which they fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

MAX_HEADER = 8192
"""A header that speaks of signatures and is longer than this is not read."""


class BadSignature(Exception):
    """The request is not proved to be what it says. The text says why, and repeats nothing of the request."""


@dataclass(frozen=True, slots=True)
class Request:
    """Method, whole address, headers under lower-case names (several of one name joined by ", "), body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False, default=b"")

    @property
    def authority(self) -> str:
        """Host and port as RFC 9421 section 2.2.3 has them: lower case, no port that the scheme implies."""
        parts = urlsplit(self.url)
        host = (parts.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        usual = {"https": 443, "http": 80}.get(parts.scheme)
        return host if parts.port in (None, usual) else f"{host}:{parts.port}"

    @property
    def path(self) -> str:
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """With its question mark, also where there is none (RFC 9421 section 2.2.7)."""
        return "?" + urlsplit(self.url).query

    @property
    def target(self) -> str:
        """Path and query, as the first line of the request has them."""
        query = urlsplit(self.url).query
        return f"{self.path}?{query}" if query else self.path

    def header(self, name: str) -> str:
        """The value of a header that must be there."""
        try:
            value = self.headers[name]
        except KeyError:
            raise BadSignature(f"the signature covers a header {name} that is not there") from None
        return " ".join(value.split()) if "\n" in value else value.strip(" \t")


@dataclass(frozen=True, slots=True)
class Window:
    """How far the clock of whoever signed may be from ours, and how old a signature may be."""

    now: datetime
    age: timedelta = timedelta(hours=1)
    skew: timedelta = timedelta(minutes=5)

    def judge(self, created: int | float | None, expires: int | float | None) -> None:
        """Refuse a signature of another time. Where no time is named there is nothing to judge."""
        now = self.now.timestamp()
        if created is not None and created > now + self.skew.total_seconds():
            raise BadSignature("it was signed in the future")
        if created is not None and created < now - self.age.total_seconds():
            raise BadSignature("it was signed too long ago")
        if expires is not None and expires < now - self.skew.total_seconds():
            raise BadSignature("its signature has run out")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its own signature, before anything is proved: whose key, which algorithm, what
    it covers. `base` are the bytes that were signed."""

    key_id: str
    algorithm: str
    covers: tuple[str, ...]
    base: bytes = field(repr=False)
    signature: bytes = field(repr=False)
