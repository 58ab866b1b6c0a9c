"""Asking the domain name system, and reading what domains say of themselves there."""

from __future__ import annotations

import dns.exception
import dns.resolver
from dns.asyncresolver import Resolver

from dragoman.accounts.verification.values import Unknown

TOKEN = "dragoman-verification="  # noqa: S105 - the name of a public record, no password


async def texts(resolver: Resolver, name: str) -> tuple[str, ...]:
    """The TXT records of a name; none when the name surely has none. Raises Unknown when that cannot be
    known."""
    try:
        answer = await resolver.resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError) as error:
        raise Unknown(f"the name {name} could not be looked up ({type(error).__name__})") from None
    return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in answer)


def token_in(records: tuple[str, ...], token: str) -> bool:
    """Whether the domain carries our token."""
    return bool(token) and f"{TOKEN}{token}" in [record.strip() for record in records]


def spf_of(records: tuple[str, ...]) -> str:
    """The SPF policy (RFC 7208): exactly one record; "" when there is none, or more than one."""
    found = [one for one in records if one.split(" ")[0].lower() == "v=spf1"]
    return found[0] if len(found) == 1 else ""


def dmarc_of(records: tuple[str, ...]) -> str:
    """The DMARC policy (RFC 7489), if it asks for something: `none`, `quarantine` or `reject`; else ""."""
    found = [tags for one in records if (tags := _tags(one)).get("v", "").upper() == "DMARC1"]
    return found[0].get("p", "").lower() if len(found) == 1 else ""


def dkim_of(records: tuple[str, ...]) -> bool:
    """Whether a key is published under the selector (RFC 6376); an empty key is a revoked one."""
    tags = [_tags(one) for one in records]
    return any(one.get("v", "DKIM1") == "DKIM1" and one.get("p") for one in tags)


def atproto_did(records: tuple[str, ...]) -> str:
    """The DID in `did=...`; "" when there is none, or more than one (atproto.com/specs/handle)."""
    found = {one.removeprefix("did=").strip() for one in records if one.startswith("did=")}
    return found.pop() if len(found) == 1 else ""


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
