"""A spokesperson's session at the table: asked by a challenge, opened by a key of the party."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils.crypto import constant_time_compare, salted_hmac

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.negotiations.actions import secret
from dragoman.negotiations.actions.common import ByKey, deed, locked_party, say, target_of
from dragoman.negotiations.models import Nonce, Party, PartyKey, Process, Seat, Spokesperson
from dragoman.negotiations.rules import orders, signing, timing, vkeys
from dragoman.record import keys

CHALLENGE_FOR = timedelta(minutes=10)
SEAT_FOR = timedelta(hours=12)
NONCE_LENGTH = 24
SEEN_EVERY = timedelta(minutes=1)


def challenge(*, party: Party) -> str:
    """A text to sign (`<origin>/sign-in/v1`, with a nonce that works once, for some minutes).

    Nothing is kept of it before it is used: its nonce carries a seal of this desk over party and time.
    """
    at, part = timing.stamp(clock.now()), secrets.token_urlsafe(18)
    return orders.dump(
        orders.Order(
            kind="sign-in",
            origin=keys.origin(),
            process=party.process.ref,
            party=party.name,
            at=at,
            nonce=part + _seal_of(party, at, part),
        )
    ).decode()


def sign_in(*, text: str, line: str) -> tuple[Spokesperson, str]:
    """Open a seat for who signed the challenge; gives the token for the cookie. The challenge is used up.

    `line` is the signature line alone, or the whole signed note. Raises Invalid for a wrong signature,
    Conflict for a challenge that was used or is too old, NotAllowed for a frozen key or a person who may no
    longer speak.
    """
    order = orders.parse(text.encode())
    process = Process.objects.filter(ref=order.process).first()
    party = process.parties.filter(name=order.party).first() if process else None
    if order.kind != "sign-in" or party is None:
        raise NotFound("There is no such party.", code="unknown-party")
    return _sign_in(by=ByKey(party), order=order, line=line)


@deed("negotiations.sign_in")
def _sign_in(*, by: ByKey, order: orders.Order, line: str) -> tuple[Spokesperson, str]:
    party = locked_party(by.party.pk)
    part, seal = order.nonce[:NONCE_LENGTH], order.nonce[NONCE_LENGTH:]
    if order.origin != keys.origin() or not constant_time_compare(seal, _seal_of(party, order.at, part)):
        raise Invalid("This is no challenge of this desk.", mend="Begin the sign-in again.", code="challenge")
    if timing.from_stamp(order.at) <= clock.now() - CHALLENGE_FOR:
        raise Conflict("This challenge is too old.", mend="Begin the sign-in again.", code="challenge-used")
    key = key_that_signed(party, orders.dump(order), line)
    if key.spokesperson is None:
        raise NotAllowed("This key is nobody's at the table.", code="no-seat")
    spend(party=party, value=order.nonce)
    return key.spokesperson, _seat(key.spokesperson, key, party)


def spend(*, party: Party, value: str) -> None:
    """Use up what works once. Raises Conflict (code "challenge-used") when it was used before."""
    kept = hashlib.sha256(value.encode()).hexdigest()
    _, fresh = Nonce.objects.get_or_create(party=party, value=kept, defaults={"used_at": clock.now()})
    if not fresh:
        raise Conflict(
            "This challenge was used already.", mend="Begin the sign-in again.", code="challenge-used"
        )


@deed("negotiations.sit_down")
def sit_down(*, spokesperson: Spokesperson, key: PartyKey | None = None) -> str:
    """Open a seat for one whose key was just shown; gives its token, of which only the digest is kept."""
    party = locked_party(spokesperson.party_id)
    return _seat(Spokesperson.objects.get(pk=spokesperson.pk), key, party)


@deed("negotiations.stand_up")
def stand_up(*, seat: Seat) -> None:
    """End a seat."""
    party = locked_party(seat.spokesperson.party_id)
    if Seat.objects.filter(pk=seat.pk, ended_at__isnull=True).update(ended_at=clock.now()):
        say(by=seat.spokesperson, verb="stand_up", process=party.process, target=target_of(party))


def keep_seat(*, seat: Seat) -> None:
    """Note that it is in use (at most once a minute)."""
    now = clock.now()
    if now - seat.seen_at >= SEEN_EVERY:
        Seat.objects.filter(pk=seat.pk, ended_at__isnull=True).update(seen_at=now)


def key_that_signed(party: Party, text: bytes, line: str) -> PartyKey:
    """The usable key of the party that made the line over the text. Raises Invalid, or NotAllowed for a key
    that is frozen or was removed."""
    held = {key.vkey: key for key in party.keys.select_related("spokesperson")}
    key = held[signing.verify_with_any(last_line(line), text, held).vkey]
    if not key.usable:
        raise NotAllowed(
            "This key is frozen or was removed; it opens nothing any more.",
            mend="Use another key of the party, or ask the host for an invitation.",
            code="key-frozen" if key.frozen_at else "key-removed",
        )
    return key


def last_line(given: str) -> str:
    """The signature line of what was handed in: the line itself, or the last one of a signed note."""
    lines = [line for line in given.replace("\r\n", "\n").split("\n") if line.strip()]
    return f"{lines[-1]}\n" if lines else ""


def _seat(person: Spokesperson, key: PartyKey | None, party: Party) -> str:
    if not person.active or party.state == "left":
        raise NotAllowed("You no longer speak at this table.", code="no-seat")
    if key is not None and not PartyKey.objects.get(pk=key.pk).usable:
        raise NotAllowed("This key is frozen or was removed.", code="key-frozen")
    token, now = secret.new_token(), clock.now()
    Seat.objects.create(
        spokesperson=person,
        token=secret.token_digest(token),
        key=key,
        seen_at=now,
        ends_at=now + SEAT_FOR,
    )
    kind = vkeys.kind_of(key.vkey) if key else ""
    say(by=person, verb="sit_down", process=party.process, target=target_of(party), data={"kind": kind})
    return token


def _seal_of(party: Party, at: str, part: str) -> str:
    return salted_hmac("negotiations.sign-in", f"{party.pk} {at} {part}", algorithm="sha256").hexdigest()[:32]
