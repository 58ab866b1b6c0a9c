"""An account enters the register, is changed, is looked at every year, and leaves it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from dragoman.accounts import queries, rules, states
from dragoman.accounts.actions.common import (
    ADMINISTRATOR,
    PROPOSERS,
    RELEASER,
    administers,
    locked,
    need,
    need_reason,
    note,
    officer_id,
    silence,
)
from dragoman.accounts.actions.publishing import publish_register
from dragoman.accounts.models import OfficialAccount
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels.models import Channel
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.models import Mission

FIELDS = (
    *("ref", "kind", "network", "handle", "address", "languages", "valid_from", "valid_to"),
    *("channel", "selector"),
)
NAMING = ("handle", "from_address", "username", "channel", "page")
"""Settings of a channel that name its account, the surest first."""


@transaction.atomic
def propose_account(*, by: Actor, mission: Mission, values: Mapping[str, Any]) -> OfficialAccount:
    """Propose an account for the register. It is not official before a second person confirms it.

    `values`: ref, kind, network, handle, and as far as known address, languages, valid_from, valid_to,
    channel, selector. Any officer with a role at the mission may propose.
    """
    need(by, mission, *PROPOSERS)
    given = _cleaned(values)
    _serves(by, given["channel"], *PROPOSERS)
    rules.check(given, queries.kinds())
    _must_be_free(given, None)
    account = OfficialAccount(mission=mission, **given)
    _describe_proposal(account, by)
    account.save()
    note(by, "propose_account", account, kind=account.kind, handle=account.handle, address=account.address)
    later("accounts.check", account_id=account.pk)
    return account


def propose_for_channel(*, by: Actor, channel: Channel) -> OfficialAccount:
    """Propose the account of a channel, as far as its settings name it. Asked again it gives the same one."""
    found = channel.official_accounts.exclude(state="discarded").first()
    if found is not None:
        return found
    network = queries.kinds().get(channel.kind, channel.kind)
    values = {
        "ref": _free_ref(channel.slug[:44]),
        "kind": channel.kind,
        "network": network,
        "handle": _free_handle(channel, network),
        "languages": channel.languages,
        "channel": channel,
    }
    return propose_account(by=by, mission=channel.mission, values=values)


@transaction.atomic
def confirm_account(*, by: Actor, account: OfficialAccount) -> OfficialAccount:
    """The second person's word that it is ours: from now on it is official and in the public register.

    One of the two persons is an administrator of the owner mission, the other an administrator or a releaser.
    Refused as long as the account was never verified, neither from outside nor by hand.
    """
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR, RELEASER)
    _serves(by, account.channel, ADMINISTRATOR, RELEASER)
    rules.need_two(
        first=account.proposer,
        first_administers=administers(account.proposer, account.mission) and account.proposer is not None,
        second=officer_id(by),
        administers=administers(officer_id(by), account.mission),
    )
    if account.verified_at is None:
        raise Conflict(
            f"{account} was not verified yet: nothing shows that it is ours.",
            mend="Check it, or verify it by hand with a reason and a document.",
            code="not-verified",
        )
    now = clock.now()
    account.move_to(
        "confirmed",
        frm="proposed",
        confirmed_by=by.audit_name,
        confirmed_at=now,
        review_due=rules.review_due(now.date()),
        next_check=rules.next_check(account.checked_ok, now),
    )
    note(by, "confirm_account", account, proposed_by=account.proposed_by, method=account.method)
    publish_register(by=by)
    return account


@transaction.atomic
def discard_account(*, by: Actor, account: OfficialAccount, why: str) -> None:
    """Refuse a proposal. The row stays, and the reason."""
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR, RELEASER)
    why = need_reason(why)
    account.move_to("discarded", frm="proposed", next_check=None)
    note(by, "discard_account", account, why=why)
    publish_register(by=by)


@transaction.atomic
def change_account(*, by: Actor, account: OfficialAccount, values: Mapping[str, Any]) -> OfficialAccount:
    """Change what is known of an account. A change of what names it (kind, handle, address, channel) makes a
    confirmed one a proposal again: a second person must say anew that it is ours, and its channel is switched
    off."""
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR)
    if account.state not in ("proposed", "confirmed"):
        raise Conflict(f"{account} is {account.state} and is not changed any more.", code="wrong-state")
    before = {name: getattr(account, name) for name in FIELDS}
    given = before | _cleaned({**before, **values})
    given["ref"] = account.ref
    if given["channel"] != account.channel:
        _serves(by, given["channel"], ADMINISTRATOR)
    rules.check(given, queries.kinds())
    _must_be_free(given, account)
    changed = [name for name in FIELDS if given[name] != before[name]]
    if not changed:
        return account
    for name in changed:
        setattr(account, name, given[name])
    anew = account.state == "confirmed" and any(name in rules.MATERIAL for name in changed)
    if any(name in rules.MATERIAL for name in changed):
        _describe_proposal(account, by)
    account.save()
    if anew:
        account.move_to("proposed", frm="confirmed", confirmed_at=None, confirmed_by="")
        silence(account, f"{account} was changed and waits for a second person")
    note(by, "change_account", account, changed=changed, was={name: str(before[name]) for name in changed})
    later("accounts.check", account_id=account.pk)
    publish_register(by=by)
    return account


@transaction.atomic
def retire_account(
    *,
    by: Actor,
    account: OfficialAccount,
    why: str,
    successor: OfficialAccount | None = None,
    valid_to: date | None = None,
) -> OfficialAccount:
    """The account speaks for us no longer; its channel is switched off. It stays listed for ever, with what
    follows it."""
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR)
    why = need_reason(why)
    if successor is not None and successor.pk == account.pk:
        raise Invalid(
            "An account does not follow itself.", where=[{"field": "successor", "message": "itself"}]
        )
    if account.notices.filter(state__in=("planned", "standing", "lifting")).exists():
        raise Conflict(
            f"A notice about {account} stands on the public site.",
            mend="Lift it first; the time in which it was not ours stays in the register.",
            code="notice-stands",
        )
    if account.confirmed_at is None:
        raise Conflict(f"{account} was never confirmed.", mend="Discard the proposal.", code="wrong-state")
    last = min(valid_to or clock.now().date(), clock.now().date())
    account.move_to(
        "retired",
        frm=("confirmed", "compromised", "proposed"),
        valid_to=max(last, account.valid_from),
        successor=successor,
        next_check=None,
    )
    silence(account, f"{account} is retired")
    note(by, "retire_account", account, why=why, successor=successor.ref if successor else "")
    publish_register(by=by)
    return account


@transaction.atomic
def review_account(*, by: Actor, account: OfficialAccount) -> OfficialAccount:
    """The yearly word of a person that the account is still ours, and still kept."""
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR, RELEASER)
    if account.state not in states.LIVE:
        raise Conflict(f"{account} is {account.state}; there is nothing to review.", code="wrong-state")
    account.review_due = rules.review_due(clock.now().date())
    account.reviewed_by = by.audit_name
    account.save(update_fields=["review_due", "reviewed_by", "updated"])
    note(by, "review_account", account, next=account.review_due.isoformat())
    later("accounts.check", account_id=account.pk)
    return account


def _serves(by: Actor, channel: Channel | None, *roles: str) -> None:
    """Who decides about an account decides whether its channel speaks, so it needs the role there too."""
    if channel is not None:
        need(by, channel.mission, *roles)


def _describe_proposal(account: OfficialAccount, by: Actor) -> None:
    """Who proposes, and what must be shown anew."""
    account.proposer, account.proposed_by = officer_id(by), by.audit_name
    account.method = rules.method_of(account.kind)
    account.verified_at = account.checked_at = account.checked_ok = None
    account.check_says = ""
    account.token = account.token or secrets.token_urlsafe(24)


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: values[name] for name in FIELDS if name in values}
    for name in ("ref", "kind", "network", "handle", "address", "selector"):
        given[name] = str(given.get(name) or "").strip()
    if given["kind"] in (rules.DOMAIN, rules.SENDER):
        given["handle"] = given["handle"].lower().rstrip(".")
    given["languages"] = list(dict.fromkeys(given.get("languages") or ()))
    given["valid_from"] = given.get("valid_from") or clock.now().date()
    given.setdefault("valid_to", None)
    given.setdefault("channel", None)
    if given["valid_from"] > clock.now().date() + timedelta(days=3660):
        raise Invalid("The first day is more than ten years away.", where=[{"field": "valid_from"}])
    return given


def _must_be_free(given: Mapping[str, Any], account: OfficialAccount | None) -> None:
    others = OfficialAccount.objects.exclude(pk=account.pk) if account else OfficialAccount.objects.all()
    if others.filter(ref=given["ref"]).exists():
        raise Conflict(f"There is an account {given['ref']!r} already.", mend="Choose another short name.")
    twin = others.filter(kind=given["kind"], handle__iexact=given["handle"], network=given["network"])
    alive = twin.exclude(state__in=("discarded", "retired")).first()
    if alive is not None:
        raise Conflict(
            f"{given['handle']} on {given['network']} is in the register already, as {alive.ref}.",
            mend="Change that one.",
            code="exists",
        )


def _free_handle(channel: Channel, network: str) -> str:
    """What the account is called there, as far as the channel knows; two channels may share one account."""
    settings = {str(name): str(value) for name, value in channel.settings.items()}
    named = [settings.get(name, "").strip() for name in NAMING]
    rows = OfficialAccount.objects.filter(kind=channel.kind, network=network)
    taken = {handle.casefold() for handle in rows.values_list("handle", flat=True)}
    known = [one[:300] for one in (*named, channel.who.strip(), channel.label, channel.slug) if one]
    return next((one for one in known if one.casefold() not in taken), f"{channel.label} {channel.pk}")


def _free_ref(wanted: str) -> str:
    taken = set(OfficialAccount.objects.filter(ref__startswith=wanted).values_list("ref", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (wanted, *numbered) if one not in taken)
