"""Deeds on access tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from dragoman.audit.actions import note
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff import queries, rules
from dragoman.staff.models import Officer, Token


class NewToken(NamedTuple):
    """The row, and the token itself, which is shown once and never again."""

    token: Token
    raw: str


def make_token(
    *,
    by: Actor,
    officer: Officer,
    name: str,
    scopes: Sequence[str] = (),
    days: int = rules.TOKEN_DAYS,
    on_server: bool = False,
) -> NewToken:
    """Make a key to the API that acts for `officer`. In the browser an officer makes one for themself, with
    the scopes read and write; on the server's shell (`on_server=True`) one may be made for any officer, with
    every scope, approvals and releases included."""
    if not on_server and not (isinstance(by, Officer) and by.pk == officer.pk):
        raise NotAllowed("An officer makes access tokens for themself only.")
    allowed = rules.SCOPES if on_server else rules.PAGE_SCOPES
    wanted = tuple(dict.fromkeys(scopes)) or allowed
    _check(name, wanted, allowed, days)
    if not officer.is_active:
        raise Conflict(f"{officer} is not active.", mend="Activate the account first.", code="wrong-state")
    raw = rules.new_token()
    with transaction.atomic():
        token = Token.objects.create(
            officer=officer,
            name=name.strip(),
            digest=rules.token_digest(raw),
            scopes=list(wanted),
            on_server=on_server,
            expires=clock.now() + timedelta(days=days),
        )
        note(
            by=by,
            verb="staff.make_token",
            target=target(token),
            data={
                "name": token.name,
                "officer": officer.username,
                "scopes": wanted,
                "days": days,
                "on_server": on_server,
            },
        )
    return NewToken(token, raw)


def revoke_token(*, by: Actor, token: Token, why: str = "") -> None:
    """End a token now. Its officer may, and whoever administers that officer."""
    own = isinstance(by, Officer) and by.pk == token.officer_id
    if not own and not queries.manages(by, token.officer):
        raise NotAllowed("Only its officer or an administrator may revoke this token.")
    with transaction.atomic():
        if not Token.objects.filter(pk=token.pk, revoked=None).update(
            revoked=clock.now(), updated=clock.now()
        ):
            raise Conflict("The token is revoked already.", code="wrong-state")
        token.refresh_from_db()
        note(
            by=by,
            verb="staff.revoke_token",
            target=target(token),
            why=why,
            data={"name": token.name, "officer": token.officer.username},
        )


def mark_token_used(*, token: Token) -> None:
    """Keep when a token was last used, to the minute. No deed of anybody, so the audit does not have it."""
    now = clock.now()
    stale = Q(used=None) | Q(used__lt=now - queries.TOKEN_USE_STEP)
    Token.objects.filter(stale, pk=token.pk).update(used=now)


def target(token: Token) -> str:
    return f"token:{token.pk}"


def _check(name: str, wanted: Sequence[str], allowed: Sequence[str], days: int) -> None:
    if not name.strip() or len(name) > 100:
        raise Invalid(
            "A token needs a name of at most 100 characters.",
            where=[{"field": "name", "message": "1 to 100"}],
        )
    unknown = [scope for scope in wanted if scope not in rules.SCOPES]
    if unknown:
        raise Invalid(
            f"There is no scope {', '.join(unknown)}.",
            mend=f"Scopes: {', '.join(rules.SCOPES)}.",
            where=[{"field": "scope", "message": "unknown"}],
        )
    beyond = [scope for scope in wanted if scope not in allowed]
    if beyond:
        raise NotAllowed(
            f"A token made in the browser cannot hold {', '.join(beyond)}.",
            mend="Make it on the server: dragoman token NAME --officer USERNAME --scope …",
        )
    if not 1 <= days <= rules.LONGEST_TOKEN_DAYS:
        raise Invalid(
            f"A token lives between 1 and {rules.LONGEST_TOKEN_DAYS} days, not {days}.",
            where=[{"field": "days", "message": f"1 to {rules.LONGEST_TOKEN_DAYS}"}],
        )
