"""Roles, what a place in the tree of missions covers, and when an officer must show again who they are.

Pure: time is passed in.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

ROLES = ("author", "approver", "releaser", "record_keeper", "auditor", "administrator")
BINDING_ROLES = ("approver", "releaser")
"""Roles whose yes binds the ministry: they need a second factor outside the sample."""

ROLE_WORDS = {
    "author": "Author",
    "approver": "Approver",
    "releaser": "Releaser",
    "record_keeper": "Record keeper",
    "auditor": "Auditor",
    "administrator": "Administrator",
}
ROLE_DEEDS = {
    "author": "writes statements and facts, sends them to review",
    "approver": "says yes to the exact text of every rendition",
    "releaser": "puts approved statements out, corrects and withdraws them",
    "record_keeper": "keeps the public record, its keys and witnesses",
    "auditor": "reads and exports the audit",
    "administrator": "manages officers, missions and access tokens",
}

SCOPES = ("read", "write", "approve", "release")
PAGE_SCOPES = ("read", "write")
"""What a token made in the browser may hold. Approvals and releases need a token made on the server."""

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
TOKEN_PREFIX = "drg_"  # noqa: S105 - the public beginning of every token, so that scanners find a lost one
TOKEN_DAYS = 90
LONGEST_TOKEN_DAYS = 366

# Nothing that is read out wrongly: no 0 and O, no 1, l and I.
EASY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def path_of(slug: str, parent_path: str = "") -> str:
    """A mission's path: the slugs from the top down, each followed by a slash."""
    return f"{parent_path}{slug}/"


def prefixes(path: str) -> list[str]:
    """The paths of a mission and of all above it: a role at any of them covers it."""
    parts = path.rstrip("/").split("/")
    return ["/".join(parts[: depth + 1]) + "/" for depth in range(len(parts))]


def covers(held_at: str, path: str) -> bool:
    """Does a role at `held_at` reach the mission at `path`?"""
    return path.startswith(held_at)


def one_time_password() -> str:
    """Twenty letters in groups of five, about 99 bits; fit to be read out."""
    letters = "".join(secrets.choice(EASY_LETTERS) for _ in range(20))
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_digest(raw: str) -> str:
    """What the database keeps of a token. It is random enough that a plain digest cannot be turned back."""
    return hashlib.sha256(raw.encode("utf-8", "replace")).hexdigest()


def step_up_missing(
    *,
    sample: bool,
    has_factor: bool,
    authenticated_at: datetime | None,
    now: datetime,
    within: timedelta,
) -> str | None:
    """Why an approval or a release cannot be taken from this officer now, or None.

    `authenticated_at` is when the officer last showed a second factor; for an officer of the sample that has
    none, when they last gave the password.
    """
    if not has_factor and not sample:
        return "Approving and releasing need a second factor, and none is set up on this account."
    thing = "the second factor" if has_factor else "the password"
    if authenticated_at is None:
        return f"Approving and releasing need {thing} once more; it has not been given in this session."
    age = now - authenticated_at
    if age > within:
        minutes = int(age.total_seconds() // 60)
        return f"Approving and releasing need {thing} once more; it was last given {minutes} minutes ago."
    return None
