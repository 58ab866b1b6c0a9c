"""A party's keys: enrolled by itself, frozen by itself, and the way out of the talks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotFound
from dragoman.negotiations.actions import counting, processes, receipts, secret
from dragoman.negotiations.actions.common import (
    ByKey,
    deed,
    locked_party,
    locked_process,
    must_be_named,
    page_due,
    say,
    speaks,
    target_of,
)
from dragoman.negotiations.actions.signatures import once
from dragoman.negotiations.models import Party, PartyKey, Process, Spokesperson
from dragoman.negotiations.queries import agreed
from dragoman.negotiations.rules import keyring as keyrings
from dragoman.negotiations.rules import orders, vkeys
from dragoman.record import keys as record_keys

MOST_KEYS = 20


def enrol(*, code: str, vkey: str, raw: Mapping[str, Any] | None = None) -> tuple[Spokesperson, PartyKey]:
    """Enrol the first key of an invited person. The code works once.

    `vkey` is named `<party>.<process>`. Raises NotFound for a code that is unknown, used or too old, Invalid
    for a key that is another party's, or one of the record's or of a witness.
    """
    person = Spokesperson.objects.filter(
        invitation=secret.digest(code), invited_until__gt=clock.now(), active=True
    ).first()
    if person is None or not code.strip():
        raise NotFound(
            "This invitation is unknown, was used, or is too old.",
            mend="Ask the host for a new one.",
            code="invitation",
        )
    return _enrol(by=person, vkey=vkey, raw=dict(raw or {}))


@deed("negotiations.enrol")
def _enrol(*, by: Spokesperson, vkey: str, raw: dict[str, Any]) -> tuple[Spokesperson, PartyKey]:
    party = locked_party(by.party_id)
    used = Spokesperson.objects.filter(pk=by.pk, invitation=by.invitation).update(
        invitation="", enrolled_at=clock.now()
    )
    if not used:
        raise Conflict("This invitation was used in this very moment.", code="invitation")
    key = _new_key(by, party, vkey, raw)
    if party.state == "invited":
        party.move_to("active", frm="invited")
    say(by=by, verb="enrol", process=party.process, target=target_of(party), data=_told(key))
    receipts.give(party=party, deed="enrol a key", spokesperson=by, digest=_digest(vkey))
    return Spokesperson.objects.select_related("party__process").get(pk=by.pk), key


@deed("negotiations.add_key")
def add_key(*, by: Spokesperson, vkey: str, raw: Mapping[str, Any] | None = None) -> PartyKey:
    """One more key. It binds nobody before a keyring that names it is in force."""
    process = locked_process(by.party.process_id)
    party = speaks(by, process, signs=False)
    key = _new_key(by, party, vkey, dict(raw or {}))
    say(by=by, verb="add_key", process=process, target=target_of(party), data=_told(key))
    receipts.give(party=party, deed="add a key", spokesperson=by, digest=_digest(vkey))
    return key


@deed("negotiations.drop_key")
def drop_key(*, by: Spokesperson, key: PartyKey) -> PartyKey:
    """Take back one of the party's keys that no keyring names. One that is named is dropped by a new protocol
    only, or frozen with the party."""
    process = locked_process(by.party.process_id)
    party = speaks(by, process, signs=False)
    if key.party_id != party.pk:
        raise NotFound("The party has no such key.")
    if key.vkey in process.keyring or process.protocols.filter(
        state__in=("put", "agreed"), keyring__contains=key.vkey
    ):
        raise Conflict(
            "A keyring names this key.",
            mend="Let the host draft a new protocol without it; if it is lost to others, freeze the party.",
            code="key-in-keyring",
        )
    if not PartyKey.objects.filter(pk=key.pk, removed_at__isnull=True).update(removed_at=clock.now()):
        raise Conflict("It was removed already.", code="key-removed")
    say(by=by, verb="drop_key", process=process, target=target_of(party), data=_told(key))
    receipts.give(party=party, deed="take a key back", spokesperson=by, digest=_digest(key.vkey))
    key.refresh_from_db()
    return key


def freeze_party(*, order: str) -> Party:
    """Freeze a party by its own order (`<origin>/freeze/v1`, signed): no sign-in is needed, the key is proof.

    Ends its seats, freezes all keys but the one that signed, takes back its consents that are not released.
    The key that signed is then good for one thing: to consent to the keyring with which the party returns.
    """
    read = orders.read(order)
    process = Process.objects.filter(ref=read.process).first()
    party = process.parties.filter(name=read.party).first() if process else None
    if party is None:
        raise NotFound("There is no such party in these talks.", code="unknown-party")
    return _freeze(by=ByKey(party), order=order, read=read)


@deed("negotiations.freeze_party")
def _freeze(*, by: ByKey, order: str, read: orders.Order) -> Party:
    party = locked_party(by.party.pk)
    process = party.process
    signer = _signer_of(party, process, order, read, "freeze")
    if party.state == "left":
        raise Conflict("The party has left the talks.", code="no-seat")
    now = clock.now()
    party.keys.filter(frozen_at__isnull=True, removed_at__isnull=True).exclude(pk=signer.pk).update(
        frozen_at=now, frozen_by=order
    )
    if party.state != "frozen":
        party.move_to("frozen", frm=("invited", "active"))
    ended = secret.end_seats(party)
    void = counting.void_answers(by=by, party=party, process=process, why="the party is frozen", order=order)
    page_due(process)
    say(
        by=by,
        verb="freeze_party",
        process=process,
        target=target_of(party),
        data={"seats_ended": ended, "rounds": void, "key": signer.pk},
    )
    receipts.give(party=party, deed="freeze the party", digest=_digest(order))
    return party


@deed("negotiations.leave")
def leave(*, by: Spokesperson, order: str = "", words: str = "") -> Party:
    """Leave the talks, as the protocol says what follows then. Consents that are not released are void.

    `order` is the signed `<origin>/leave/v1` of the offline tool, if it came as one.
    """
    process = locked_process(by.party.process_id)
    party = speaks(by, process, signs=False)
    if order:
        _signer_of(party, process, order, orders.read(order), "leave")
    elif not party.observer:
        must_be_named(by)
    receipts.give(party=party, deed="leave the talks", spokesperson=by, digest=_digest(order or words))
    party.move_to("left", frm=("invited", "active", "frozen"))
    party.keys.filter(removed_at__isnull=True).update(removed_at=clock.now())
    void = counting.void_answers(by=by, party=party, process=process, why="the party has left", order=order)
    say(by=by, verb="leave", process=process, target=target_of(party), data={"rounds": void})
    _after_leaving(by, process, party)
    secret.end_seats(party)
    if process.published:
        page_due(process)
    return party


def _after_leaving(by: Spokesperson, process: Process, party: Party) -> None:
    """The protocol says whether the others go on; they cannot when their rule asks for who has left."""
    if party.observer or process.state not in ("open", "paused"):
        return
    staying = process.parties.exclude(state="left").filter(observer=False).values_list("name", flat=True)
    rules = agreed.rules_of(process)
    if rules.leaving == "closes" or not keyrings.parse(process.keyring).satisfied(staying):
        processes.end(by=by, process=process, why=f"{party.name} has left the talks")


def _signer_of(party: Party, process: Process, order: str, read: orders.Order, kind: str) -> PartyKey:
    """The key of the keyring in force (before there is one: a usable key) that signed this order, once."""
    held = {key.vkey: key for key in party.keys.filter(frozen_at__isnull=True, removed_at__isnull=True)}
    if process.keyring:
        named = {one.vkey for one in keyrings.parse(process.keyring).keys if one.party == party.name}
        held = {vkey: key for vkey, key in held.items() if vkey in named}
    expected = orders.Order(
        kind="freeze" if kind == "freeze" else "leave",
        origin=record_keys.origin(),
        process=process.ref,
        party=party.name,
        at=read.at,
        nonce=read.nonce,
    )
    signed = orders.check(order, held, expected)
    once(party, order)
    return held[signed.vkey]


def _new_key(by: Spokesperson, party: Party, vkey: str, raw: dict[str, Any]) -> PartyKey:
    vkey = vkey.strip()
    process = party.process
    if party.state == "left" or process.state == "closed":
        raise Conflict("These talks are over for the party.", code="talks-not-open")
    kind = vkeys.kind_of(vkey)
    if vkeys.names_of(vkey) != (party.name, process.ref):
        raise Invalid(
            f"The key is not named {vkeys.name_of(party.name, process.ref)}.",
            mend="Make it for this party and these talks.",
            code="wrong-key-name",
        )
    public = vkeys.raw_public(vkey)
    if public in agreed.forbidden_keys():
        raise Invalid(
            "This is a key of the record or of a witness; such a key signs no consent.",
            mend="Make a key of the party's own.",
            code="forbidden-key",
        )
    for other in PartyKey.objects.filter(party__process=process).select_related("party"):
        if vkeys.raw_public(other.vkey) != public:
            continue
        if other.party_id != party.pk:
            raise Invalid(
                "Another party has this key already: one signer would count as two.",
                mend="Let each party make a key of its own.",
                code="one-key-two-parties",
            )
        raise Conflict("The party has this key already.", code="key-known")
    if party.keys.filter(frozen_at__isnull=True, removed_at__isnull=True).count() >= MOST_KEYS:
        raise Conflict(f"A party has at most {MOST_KEYS} keys that are in use.", code="too-many-keys")
    return PartyKey.objects.create(
        party=party,
        spokesperson=by,
        kind=kind,
        vkey=vkey,
        credential=str(raw.get("credential", "")),
        raw=raw,
        added_at=clock.now(),
    )


def _told(key: PartyKey) -> dict[str, object]:
    return {"key": key.pk, "kind": key.kind, "vkey": key.vkey}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
