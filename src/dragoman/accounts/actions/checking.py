"""Looking at an account from outside, or by hand, and keeping what was seen."""

from __future__ import annotations

import asyncio

import dns.exception
from django.conf import settings
from django.db import connection, transaction
from dns.asyncresolver import Resolver

from dragoman.accounts import queries, rules, states
from dragoman.accounts.actions.common import ADMINISTRATOR, PROPOSERS, locked, need, note
from dragoman.accounts.models import Check, OfficialAccount
from dragoman.accounts.verification.values import Outside, Result, Subject
from dragoman.accounts.verification.ways import WAYS, look
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.http import Door
from dragoman.lib.problems import Conflict, Invalid
from dragoman.public import queries as public

PATIENCE = 8.0


def check_account(*, by: Actor, account: OfficialAccount, outside: Outside | None = None) -> Check:
    """Look whether the other side says that it is ours, and keep what was seen. Changes nothing but that: a
    failed check never takes an account out of the register.

    Holds no database connection while it asks. An account that was verified by hand is looked at in the way
    that its kind offers, and keeps the hand's word when that shows nothing.
    """
    account = OfficialAccount.objects.select_related("mission").get(pk=account.pk)
    need(by, account.mission, *PROPOSERS)
    if account.state in ("discarded", "retired"):
        raise Conflict(f"{account} is {account.state}; it is not checked any more.", code="wrong-state")
    method = account.method if account.method in WAYS else rules.method_of(account.kind)
    subject = Subject(
        kind=account.kind,
        handle=account.handle,
        address=account.address,
        token=account.token,
        selector=account.selector,
        published=_is_published(account),
    )
    if not connection.in_atomic_block:
        connection.close()
    result = asyncio.run(_look(subject, method, outside))
    return _keep(by, account, method, result)


@transaction.atomic
def verify_by_hand(*, by: Actor, account: OfficialAccount, why: str, document: str) -> Check:
    """A person vouches that it is ours, with the reason and the document that shows it."""
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR)
    if account.state in ("discarded", "retired"):
        raise Conflict(f"{account} is {account.state}.", code="wrong-state")
    missing = [name for name, text in (("why", why), ("document", document)) if not text.strip()]
    if missing:
        raise Invalid(
            "Say how you know, and name the document that shows it.",
            where=[{"field": name, "message": "This is needed."} for name in missing],
        )
    now = clock.now()
    check = Check.objects.create(
        account=account,
        at=now,
        by=by.audit_name,
        method=rules.BY_HAND,
        ok=True,
        says=why.strip(),
        seen=[f"Document: {document.strip()}"],
    )
    account.method, account.verified_at = rules.BY_HAND, now
    account.checked_at, account.checked_ok, account.check_says = now, True, why.strip()
    account.save()
    note(by, "verify_by_hand", account, why=why.strip(), document=document.strip())
    return check


async def _look(subject: Subject, method: str, outside: Outside | None) -> Result:
    if outside is not None:
        return await look(subject, method, outside)
    try:
        resolver = Resolver()
    except (dns.exception.DNSException, OSError):
        resolver = Resolver(configure=False)
    resolver.lifetime = PATIENCE
    allow = bool(settings.DRAGOMAN.allow_loopback)
    async with Door(allow_loopback=allow) as door:
        return await look(subject, method, Outside(door, resolver, queries.site()))


def _keep(by: Actor, account: OfficialAccount, method: str, result: Result) -> Check:
    with transaction.atomic():
        row = locked(account)
        now = clock.now()
        check = Check.objects.create(
            account=row,
            at=now,
            by=by.audit_name,
            method=method,
            ok=result.ok,
            says=result.says[:2000],
            seen=[line[:500] for line in result.seen[:20]],
        )
        was = row.checked_ok
        by_hand = row.method == rules.BY_HAND
        if result.ok or not by_hand:
            row.checked_at, row.check_says = now, result.says[:2000]
            row.checked_ok = result.ok
            if result.ok:
                row.verified_at, row.method = row.verified_at or now, method
        row.next_check = rules.next_check(result.ok, now) if row.state in states.LIVE else None
        row.save()
        if was != row.checked_ok or by.audit_kind == "officer":
            note(by, "check_account", row, method=method, ok=result.ok, says=result.says[:500])
    return check


def _is_published(account: OfficialAccount) -> bool:
    """Whether our public page lists it already."""
    now = public.register()
    return now is not None and any(
        one["id"] == account.ref and one["state"] == "confirmed" for one in now.accounts
    )
