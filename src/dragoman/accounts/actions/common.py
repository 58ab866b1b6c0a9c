"""What the deeds of the register share."""

from __future__ import annotations

from typing import Any

from dragoman.accounts.models import OfficialAccount
from dragoman.audit import actions as audit
from dragoman.base.actor import Actor, System
from dragoman.channels import actions as channels
from dragoman.lib.problems import Invalid, NotAllowed
from dragoman.staff.models import Mission, Officer

ADMINISTRATOR, RELEASER = "administrator", "releaser"
PROPOSERS = ("author", "approver", RELEASER, ADMINISTRATOR)
WATCH = System("official accounts")


def locked(account: OfficialAccount) -> OfficialAccount:
    """The row as it now is, held for this transaction."""
    rows = OfficialAccount.objects.select_for_update(of=("self",)).select_related("mission", "channel")
    return rows.get(pk=account.pk)


def need(by: Actor, mission: Mission, *roles: str) -> None:
    """One of these roles at the mission; the system may as well (sample data, command line, the clock)."""
    if isinstance(by, Officer) and not any(by.may(role, mission) for role in roles):
        wanted = " or ".join(roles)
        raise NotAllowed(
            f"This needs the role of {wanted} at {mission.name}.",
            mend="Ask an administrator of the mission.",
        )


def officer_id(by: Actor) -> int | None:
    """The officer's number; None for the system."""
    return by.pk if isinstance(by, Officer) else None


def administers(officer: int | None, mission: Mission) -> bool:
    """Whether the officer of this number is an administrator of the mission; the system counts as one."""
    if officer is None:
        return True
    found = Officer.objects.filter(pk=officer).first()
    return found is not None and found.may(ADMINISTRATOR, mission)


def silence(account: OfficialAccount, why: str) -> None:
    """Switch its channel off, if it is on. Not the officer's deed: who decides about accounts need not be an
    administrator of the channel."""
    if account.channel is not None and account.channel.on:
        channels.pause_channel(by=WATCH, channel=account.channel, why=why)


def need_reason(why: str, field: str = "why") -> str:
    """A reason in words."""
    if not why.strip():
        raise Invalid("Say why.", where=[{"field": field, "message": "Say why."}])
    return why.strip()


def note(by: Actor, verb: str, account: OfficialAccount, *, why: str = "", **data: Any) -> None:
    """The audit of a deed on an account."""
    audit.note(
        by=by,
        verb=f"accounts.{verb}",
        target=account.target,
        why=why,
        mission=account.mission.slug,
        data=data,
    )
