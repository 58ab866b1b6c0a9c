"""What a check is asked, with what, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dns.asyncresolver import Resolver

from dragoman.lib.http import Door

PLC = "https://plc.directory"


def https(host: str) -> str:
    """Where a host is asked."""
    return f"https://{host}"


@dataclass(frozen=True, slots=True)
class Subject:
    """The account that is looked at. `published` says that our own page lists it already."""

    kind: str
    handle: str
    address: str = ""
    token: str = ""
    selector: str = ""
    published: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """The ways out, and who we are: `public_url` is the ministry's own site. `base` gives the address at
    which a host is asked; tests point it at servers of their own."""

    door: Door = field(repr=False)
    resolver: Resolver = field(repr=False)
    public_url: str
    plc: str = PLC
    base: Callable[[str], str] = https


@dataclass(frozen=True, slots=True)
class Result:
    """`ok` is None when nothing could be known, False when the other side contradicts or keeps silent.
    `seen` is what was seen, line by line, fit to be kept."""

    ok: bool | None
    says: str
    seen: tuple[str, ...] = ()


class Unknown(Exception):
    """The other side could not be asked; nothing is known. The text is fit for an officer."""
