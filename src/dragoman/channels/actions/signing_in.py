"""Signing a channel in at its network, and keeping it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import oauth, queries, sign_in
from dragoman.channels.actions.accounts import check_channel
from dragoman.channels.actions.common import channel_target, may_administer
from dragoman.channels.connector import Account, Connector, OAuth, TryLater
from dragoman.channels.models import BegunSignIn, Channel, Standing
from dragoman.channels.speak import Spoken, speak
from dragoman.lib.http import Door
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, Problem
from dragoman.staff.models import Officer

LIFE = timedelta(minutes=10)
KEPT = timedelta(days=1)
EXCHANGE_LIMIT = timedelta(seconds=60)
AGAIN = "Open the channel and press “Connect” once more."


@dataclass(frozen=True, slots=True)
class Returned:
    """What the network sent the officer back with."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    description: str = ""
    iss: str = ""


def begin_sign_in(*, by: Officer, channel: Channel, redirect_uri: str) -> str:
    """Begin to sign a channel in. Gives the address at the network to send the officer to.

    What was signed in before stays until the new sign-in is whole.
    """
    may_administer(by, channel.mission)
    declared = _declared(channel)
    account = queries.account_of(channel)
    if not account.settings.get("client_id"):
        raise Invalid(
            "The channel has no client id, so the network would not know who asks.",
            mend="Enter the id and the secret of your app on the network first.",
            code="no-client",
        )
    begun = oauth.begin(declared, account, redirect_uri)
    with transaction.atomic():
        BegunSignIn.objects.create(
            channel=channel,
            officer=by,
            state_hash=oauth.hashed(begun.state),
            sealed=queries.vault().seal({"verifier": begun.verifier, "redirect_uri": redirect_uri}),
            expires=clock.now() + LIFE,
        )
        audit.note(by=by, verb="channels.begin_sign_in", target=channel_target(channel))
    return begun.url


def finish_sign_in(*, by: Officer, returned: Returned) -> Channel:
    """The network sent the officer back: fetch the tokens, keep them sealed, and ask who we are there.

    A state that is foreign, used, too old or another officer's changes nothing and is noted. An answer
    without a token never replaces the sign-in that is there. Never inside a transaction but a test's.
    """
    begun = _take(by, returned)
    channel = begun.channel
    may_administer(by, channel.mission)
    declared, account = _declared(channel), queries.account_of(channel)
    if returned.error:
        raise _refuse(by, channel, Invalid(oauth.denial(returned.error, returned.description), mend=AGAIN))
    if oauth.other_issuer(declared, account, returned.iss):
        words = "The answer came from another network than the one that was asked."
        raise _refuse(by, channel, Invalid(words, mend=AGAIN, code="issuer"))
    if not returned.code:
        raise _refuse(by, channel, Invalid("The network sent no code.", mend=AGAIN, code="no-code"))
    opened = queries.vault().open(begun.sealed)
    spoken = _exchange(channel, account, declared, returned.code, opened)
    if spoken.outcome.what != "done" or not isinstance(spoken.value, Mapping):
        words = f"{spoken.outcome.why} {spoken.outcome.shown}".strip()
        raise _refuse(by, channel, Problem(words, title="The channel was not signed in", mend=AGAIN))
    _keep(by, channel, account, spoken.value)
    return check_channel(by=by, channel=channel)


def renew_sign_in(*, by: Actor, channel: Channel) -> bool:
    """Renew a sign-in if its time has come. Any number may call it at once: one asks the network."""
    fresh = sign_in.ensure_fresh(by=by, channel=channel)
    return fresh.session != channel.session


@transaction.atomic
def sweep_sign_ins(*, by: Actor) -> int:
    """Start the renewal of every sign-in whose time has come, however long ago; forget old beginnings."""
    now = clock.now()
    due = list(Standing.objects.to_renew(now).values_list("channel_id", flat=True))
    for pk in due:
        later("channels.renew", channel_id=pk)
    BegunSignIn.objects.filter(expires__lt=now - KEPT).delete()
    return len(due)


def _declared(channel: Channel) -> OAuth:
    declared = queries.kind_of(channel).oauth
    if declared is None:
        raise Conflict("This kind of channel is not signed in on the network's own page.", code="no-oauth")
    return declared


def _take(by: Officer, returned: Returned) -> BegunSignIn:
    """The beginning that this end belongs to, used up by this very call."""
    now = clock.now()
    found = (
        BegunSignIn.objects.select_related("channel__mission", "officer")
        .filter(state_hash=oauth.hashed(returned.state))
        .first()
    )
    if found is None:
        words = "This sign-in was not begun at this desk, or too long ago. Nothing was changed."
        raise _refuse(by, None, Invalid(words, mend=AGAIN, code="foreign-state"))
    if found.officer_id != by.pk:
        words = "Another officer began this sign-in. Nothing was changed."
        raise _refuse(by, found.channel, NotAllowed(words, mend=AGAIN, code="other-officer"))
    if found.used_at is not None:
        words = "This answer of the network was used already. Nothing was changed."
        raise _refuse(by, found.channel, Conflict(words, mend=AGAIN, code="used-state"))
    if found.expires <= now:
        words = f"The sign-in took longer than {LIFE.seconds // 60} minutes. Nothing was changed."
        raise _refuse(by, found.channel, Conflict(words, mend=AGAIN, code="old-state"))
    if not BegunSignIn.objects.filter(pk=found.pk, used_at__isnull=True).update(used_at=now):
        words = "This answer of the network is being used already. Nothing was changed."
        raise _refuse(by, found.channel, Conflict(words, mend=AGAIN, code="used-state"))
    return found


def _refuse(by: Actor, channel: Channel | None, problem: Problem) -> Problem:
    """Note why a sign-in was refused: a foreign state may be an attack on an administrator."""
    target = channel_target(channel) if channel else "channel:unknown"
    data = {"code": problem.code, "says": problem.detail}
    audit.note(by=by, verb="channels.refuse_sign_in", target=target, data=data)
    return problem


def _exchange(
    channel: Channel, account: Account, declared: OAuth, code: str, opened: Mapping[str, Any]
) -> Spoken:
    loopback = settings.DRAGOMAN.allow_loopback

    async def question(connector: Connector) -> Mapping[str, Any]:
        async with Door(allow_loopback=loopback) as door:
            tokens = await oauth.exchange(
                door,
                declared,
                account,
                code=code,
                verifier=str(opened["verifier"]),
                redirect_uri=str(opened["redirect_uri"]),
                now=clock.now(),
            )
        kept = await connector.signed_in(tokens)
        if not kept.get("access"):
            raise TryLater("The network answered, but gave no token.")
        return kept

    if not connection.in_atomic_block:
        connection.close()
    return speak(
        channel.kind, account, question, changes=False, allow_loopback=loopback, limit=EXCHANGE_LIMIT
    )


def _keep(by: Officer, channel: Channel, account: Account, found: Mapping[str, Any]) -> None:
    now = clock.now()
    with transaction.atomic():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        if row.sealed != channel.sealed or row.settings != channel.settings:
            words = "The channel was changed meanwhile, so this sign-in is not its own."
            raise Conflict(words, mend=AGAIN, code="changed")
        session = {name: value for name, value in found.items() if value not in (None, "")}
        if "refresh" not in session and account.session.get("refresh"):
            # Some networks give it at the first consent only; what we have stays good.
            session["refresh"] = account.session["refresh"]
        session.setdefault("access_since", now.isoformat())
        sign_in.keep(row, session, now, first=True)
        missing = oauth.missing_scopes(_declared(channel), session)
        audit.note(
            by=by,
            verb="channels.finish_sign_in",
            target=channel_target(row),
            data={"until": str(session.get("access_until", "")), "missing": list(missing)},
        )
