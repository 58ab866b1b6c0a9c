"""One signature of a party over a round, checked; and if it is over something else, said what it is over."""

from __future__ import annotations

import hashlib

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.negotiations.actions.seats import last_line
from dragoman.negotiations.models import Nonce, Party, PartyKey, Round
from dragoman.negotiations.queries import bodies
from dragoman.negotiations.rules import body as rules_body
from dragoman.negotiations.rules import judging, keyring, orders, signing
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.record.models import Entry


def verified(about: Round, party: Party, given: str) -> tuple[str, PartyKey]:
    """The signature line and the key of a consent that holds for this round, and for nothing else.

    `given` is the line alone or a whole note. Raises Invalid with a code that names what is wrong; NotAllowed
    for another party's key, or one that is frozen or was removed.
    """
    expected = unchanged_body(about)
    ring = unchanged_keyring(about)
    if "\n\n" in given.strip():
        judging.compare(rules_body.parse(judging.open_note(given.encode()).text), expected)
    line = last_line(given)
    data = rules_body.dump(expected)
    try:
        signed = signing.verify_line(line, data, ring)
    except Invalid as problem:
        _say_what_it_is_over(about, party, line, problem)
        raise
    if signed.party != party.name:
        raise NotAllowed(
            f"This signature is by a key of {signed.party}, and you speak for {party.name}.",
            code="another-party",
        )
    judging.judge(judging.assemble(expected, [line]), ring, expected)
    key = party.keys.filter(vkey=signed.vkey).first()
    if key is None or not key.usable:
        raise NotAllowed(
            "This key is frozen or was removed; it signs nothing any more.",
            mend="Sign with another key of the party that the keyring names.",
            code="key-removed" if key is None or key.removed_at else "key-frozen",
        )
    return line, key


def once(party: Party, order: str) -> None:
    """A signed order counts once. Raises Conflict (code "order-used") when it was carried out before."""
    value = hashlib.sha256(orders.dump(orders.read(order))).hexdigest()
    _, fresh = Nonce.objects.get_or_create(party=party, value=value, defaults={"used_at": clock.now()})
    if not fresh:
        raise Conflict("This order was carried out already; it counts once.", code="order-used")


def unchanged_body(about: Round) -> rules_body.ConsentBody:
    """The body as the rows give it. Raises Conflict unless it is the very one that was put to the parties."""
    now = bodies.body_of(about)
    if rules_body.dump(now).decode() != about.body:
        raise Conflict(
            "The text is not the one that was put to the parties; it was changed in the database.",
            mend="Put the text to the parties again, as another round. Find out who changed the rows.",
            code="not-what-was-signed",
        )
    return now


def unchanged_keyring(about: Round) -> Keyring:
    """The keyring that judges the round. Raises Conflict unless it is the very one that the record holds, or
    for the founding protocol the one that is itself put to the parties."""
    if about.parties_index is None:
        sums = {text.lang: bodies.sum_of(about.kind, text).sha256 for text in about.texts.all()}
        held = sums.get(bodies.KEYRING)
    else:
        entry = Entry.objects.filter(index=about.parties_index, ref=about.process.ref).first()
        leaf = entry.read() if entry else None
        held = next((one.sha256 for one in leaf.texts if one.lang == bodies.KEYRING), None) if leaf else None
    if held != bodies.digest(about.keyring.encode()):
        raise Conflict(
            "The round is not judged by the keyring that the record holds; it was changed in the database.",
            mend="Put the text to the parties again. Find out who changed the rows.",
            code="keyring-changed",
        )
    return keyring.parse(about.keyring)


def _say_what_it_is_over(about: Round, party: Party, line: str, problem: Invalid) -> None:
    """A signature of the party's own key over another round's text is a replay: say of which."""
    if problem.code not in ("wrong-signature", "wrong-challenge", "unknown-key"):
        return
    keys = [key.vkey for key in party.keys.all()]
    others = Round.objects.filter(process__parties__keys__vkey__in=keys).exclude(pk=about.pk).exclude(body="")
    for other in others.select_related("process").distinct():
        try:
            signing.verify_with_any(line, other.body.encode(), keys)
        except Invalid:
            continue
        raise Invalid(
            f"This signature is over round {other.number} of {other.process.ref}, not over this one.",
            mend="A consent holds for one text only: sign this round's.",
            code="another-round",
        ) from problem
