"""Decisions about official accounts, on plain values. Time is passed in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from dragoman.lib.problems import Invalid, NotAllowed

REVIEW_EVERY = timedelta(days=365)
CHECK_EVERY = timedelta(days=7)
CHECK_AGAIN = timedelta(days=1)
"""After a check that failed or could not be made."""
REFRESH_EVERY = timedelta(days=7)
"""Only the days of the last checks have changed: one new version of the register a week says so."""
REMIND_AHEAD = timedelta(days=30)
LATE = timedelta(minutes=5)

DOMAIN, SENDER, OTHER = OWN_KINDS = ("domain", "sender", "other")
REL_ME, AT_HANDLE, WEBFINGER, DNS, SENDER_DNS, BY_HAND = METHODS = (
    "rel-me",
    "at-handle",
    "webfinger",
    "dns",
    "sender-dns",
    "by-hand",
)
WORDS = {
    REL_ME: "links both ways (rel=me)",
    AT_HANDLE: "handle and DID name each other",
    WEBFINGER: "WebFinger and the profile's own link",
    DNS: "the domain's own word (DNS or trust.txt)",
    SENDER_DNS: "SPF, DKIM and DMARC of the domain",
    BY_HAND: "by hand",
}
USUAL = {
    DOMAIN: DNS,
    SENDER: SENDER_DNS,
    "bluesky": AT_HANDLE,
    "mastodon": WEBFINGER,
    "activitypub": WEBFINGER,
    "email": SENDER_DNS,
}

REF = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,60}[A-Za-z0-9])?")
MATERIAL = ("kind", "handle", "address", "channel")
"""What names the account to the world: a change of it needs the second person anew."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether an account may speak at a moment."""

    state: str
    valid_from: date
    valid_to: date | None


def method_of(kind: str) -> str:
    """How an account of this kind is usually verified."""
    return USUAL.get(kind, REL_ME)


def why_not(standings: Sequence[Standing], day: date) -> str:
    """Why none of these accounts may speak on this day; "" when one may."""
    if not standings:
        return "is not registered as an official account"
    reasons = [_why_not(one, day) for one in standings]
    return "" if "" in reasons else reasons[-1]


def _why_not(one: Standing, day: date) -> str:
    if one.state == "compromised":
        return "is reported as compromised"
    if one.state != "confirmed":
        return {
            "proposed": "is proposed as an official account, and nobody has confirmed it yet",
            "retired": "is retired as an official account",
        }.get(one.state, "is not registered as an official account")
    if day < one.valid_from:
        return f"is an official account only from {one.valid_from.isoformat()}"
    if one.valid_to is not None and day > one.valid_to:
        return f"was an official account until {one.valid_to.isoformat()}"
    return ""


def need_two(*, first: int | None, first_administers: bool, second: int | None, administers: bool) -> None:
    """Two persons, one of them an administrator of the owner. Raises NotAllowed."""
    if first is not None and first == second:
        raise NotAllowed(
            "This needs a second person: you did the first half of it.",
            mend="Ask an administrator or a releaser of the mission that owns the account.",
            code="second-person",
        )
    if not (administers or first_administers):
        raise NotAllowed(
            "One of the two persons must be an administrator of the mission that owns the account.",
            mend="Ask an administrator of that mission.",
            code="needs-administrator",
        )


def next_check(ok: bool | None, now: datetime) -> datetime:
    """When to look again."""
    return now + (CHECK_EVERY if ok else CHECK_AGAIN)


def review_due(day: date) -> date:
    """When a person is asked again whether the account is still ours."""
    return day + REVIEW_EVERY


def wrong(values: Mapping[str, Any], kinds: Iterable[str]) -> list[dict[str, str]]:
    """What is wrong with an account as it was entered, field by field."""
    found: list[tuple[str, str]] = []
    kind, handle, address = (str(values.get(name, "")) for name in ("kind", "handle", "address"))
    if kind not in kinds:
        found.append(("kind", f"{kind!r} is no kind of account."))
    if not REF.fullmatch(str(values.get("ref", ""))):
        found.append(("ref", "Use small letters, digits and hyphens, such as bluesky-en."))
    if not str(values.get("network", "")).strip():
        found.append(("network", "Name the network as people know it, such as Bluesky."))
    if not handle.strip():
        found.append(("handle", "Give the name of the account, such as @ministry.example."))
    found += _wrong_place(kind, handle, address)
    found += [
        ("languages", f"{code!r} is not a language code such as en or zh-Hant.")
        for code in values.get("languages", ())
        if not LANGUAGE.fullmatch(code)
    ]
    begins, ends = values.get("valid_from"), values.get("valid_to")
    if begins and ends and ends < begins:
        found.append(("valid_to", "The last day is before the first."))
    selector = str(values.get("selector", ""))
    if selector and not SELECTOR.fullmatch(selector):
        found.append(("selector", "A DKIM selector has letters, digits, dots and hyphens, such as mail2026."))
    return [{"field": field, "message": message} for field, message in found]


def check(values: Mapping[str, Any], kinds: Iterable[str]) -> None:
    """Raises Invalid with all that `wrong` finds."""
    where = wrong(values, kinds)
    if where:
        raise Invalid(" ".join(one["message"] for one in where), where=where)


def _wrong_place(kind: str, handle: str, address: str) -> list[tuple[str, str]]:
    if kind == DOMAIN:
        return [] if HOST.fullmatch(handle) else [("handle", "Give the domain alone, such as mfa.example.")]
    if kind == SENDER:
        user, at, domain = handle.rpartition("@")
        fine = bool(at) and HOST.fullmatch(domain) and (not user or not re.search(r"[\s@<>]", user))
        return [] if fine else [("handle", "Give the sender's address, such as press@mfa.example.")]
    if not address:
        return []
    parts = _split(address)
    plain = parts is not None and parts.scheme in ("https", "http") and parts.hostname and not parts.username
    if plain or re.fullmatch(r"(did:(plc|web):[A-Za-z0-9.:%_-]+|acct:[^\s@]+@[^\s@/]+)", address):
        return []
    return [("address", "Give the address of the profile, beginning with https://, or its DID or acct:.")]


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError:
        return None
