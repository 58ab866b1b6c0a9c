"""What the host gives a party for each thing that it did: a text signed with the record's key, in a chain."""

from __future__ import annotations

import hashlib

from dragoman.base import clock
from dragoman.lib.problems import Unavailable
from dragoman.lib.tlog import note
from dragoman.negotiations.models import Party, Receipt, Round, Spokesperson
from dragoman.negotiations.rules import orders, timing
from dragoman.negotiations.rules import receipts as rules
from dragoman.record import keys


def give(
    *,
    party: Party,
    deed: str,
    spokesperson: Spokesperson | None = None,
    about: Round | None = None,
    digest: str = "",
) -> Receipt:
    """A receipt (`<origin>/receipt/v1`), in the deed's transaction; the party's row is locked.

    It names the deed, the digest of what it was about, the time, and the SHA-256 of the receipt before it, so
    that a receipt that was left out or changed afterwards is seen by whoever kept the others.
    """
    signers = keys.signing()
    if not signers:
        raise Unavailable("The record has no key yet, so no receipt can be given.", code="record-keys")
    last = party.receipts.order_by("-number").first()
    number = last.number + 1 if last else 1
    before = hashlib.sha256(last.note.encode()).hexdigest() if last else rules.NONE
    now = clock.now()
    text = orders.dump(
        orders.Order(
            kind="receipt",
            origin=signers[0].name,
            process=party.process.ref,
            party=party.name,
            at=timing.stamp(now),
            round=about.number if about else None,
            digest=digest or (about.digest if about else ""),
            words=rules.words_of(number, deed, before),
        )
    )
    signed = bytes(note.Note(text, tuple(key.sign(text) for key in signers)))
    return Receipt.objects.create(
        party=party,
        spokesperson=spokesperson,
        number=number,
        deed=deed,
        round=about,
        note=signed.decode(),
        at=now,
    )
