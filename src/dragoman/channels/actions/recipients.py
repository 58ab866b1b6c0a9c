"""Recipients: who asked, said yes, changed their mind, left, or is no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, registry
from dragoman.channels.actions.common import channel_target, may_administer
from dragoman.channels.connector import BROWSERS, MANY, Refused
from dragoman.channels.models import ALL_TOPICS, Channel, Copy, Mailing, Recipient
from dragoman.channels.queries import recipients as reads
from dragoman.lib import dsn
from dragoman.lib.http import Door
from dragoman.lib.problems import Conflict, Invalid, Unavailable

CONFIRM_WITHIN = timedelta(hours=48)
BETWEEN_LETTERS = timedelta(minutes=10)
MOST_LETTERS = 5  # to one address that never answered, until the asking is forgotten
MOST_ASKED = 600  # a minute, on one channel
FORGET_ASKED = timedelta(days=3)
FORGET_LEFT = timedelta(days=30)
KEEP_COPIES = timedelta(days=30)
SOFT_BOUNCES = 3
MOST_TOPICS = 30


@transaction.atomic
def add_recipient(
    *,
    by: Actor,
    channel: Channel,
    identity: str,
    address: Mapping[str, str],
    lang: str = "",
    topics: Sequence[str] = (),
    basis: str = "",
) -> Recipient:
    """Take in somebody who needs no letter: a follower, a browser that said yes, one who proved it elsewhere.

    `identity` finds them again; added twice they are one, with the newer address and wishes.
    """
    now = clock.now()
    wishes: dict[str, Any] = {
        "lang": lang,
        "topics": _topics(topics),
        "sealed": reads.address_vault().seal(address),
    }
    row = _row(channel, identity)
    if row.state == "confirmed":
        Recipient.objects.filter(pk=row.pk).update(**wishes, basis=basis[:300])
    else:
        row.move_to("confirmed", confirmed_at=now, letter_at=None, basis=basis[:300], **wishes)
    row.refresh_from_db()
    _note(by, "add_recipient", row, basis=basis)
    return row


def add_browser(
    *, by: Actor, channel: Channel, told: Mapping[str, Any], lang: str, topics: Sequence[str]
) -> Recipient:
    """A browser said yes on our page: its own address is proof enough, for nobody else knows it."""
    if not queries.able(channel, BROWSERS) or not channel.on:
        raise Conflict("Nothing can be subscribed to here.", code="no-recipients")
    door = Door(allow_loopback=settings.DRAGOMAN.allow_loopback)
    connector = registry.connect(channel.kind, queries.account_of(channel, secrets=False), door)
    try:
        identity, address = connector.accept(told)
    except Refused as problem:
        raise Invalid(problem.why, code="subscription") from None
    return add_recipient(by=by, channel=channel, identity=identity, address=address, lang=lang, topics=topics)


@transaction.atomic
def ask_to_subscribe(
    *,
    by: Actor,
    channel: Channel,
    identity: str,
    address: Mapping[str, str],
    lang: str = "",
    topics: Sequence[str] = (),
) -> None:
    """Somebody wrote this address into our form: send a letter that only its owner can answer.

    Says nothing and returns nothing, whether the address is known or not. One address gets a letter every ten
    minutes at most, and no more than five that it does not answer. Wishes of one who is confirmed are not
    touched: whoever filled in the form may be anybody.
    """
    now = clock.now()
    wishes: dict[str, Any] = {
        "lang": lang,
        "topics": _topics(topics),
        "sealed": reads.address_vault().seal(address),
    }
    asked = Recipient.objects.filter(channel=channel, state="asked", asked_at__gt=now - timedelta(minutes=1))
    if asked.count() >= MOST_ASKED:
        # whoever writes strangers' addresses into the form by the thousand must not make us write to them
        raise Unavailable("Very many ask at this moment.", mend="Please try again in a few minutes.")
    row = _row(channel, identity)
    if _written_to_lately(row, now):
        return
    if row.state == "confirmed":
        wishes = {}
    elif row.state != "asked":
        row.move_to("asked", letters=0)
    Recipient.objects.filter(pk=row.pk).update(
        asked_at=now, letter_at=now, letters=F("letters") + 1, **wishes
    )
    later("channels.letter", recipient_id=row.pk)
    _note(by, "ask_to_subscribe", row)


@transaction.atomic
def confirm_recipient(*, by: Actor, token: str) -> Recipient:
    """The owner of the address said yes by the link of the newest letter. Said twice, it is one yes."""
    row = _locked(reads.of_confirm_token(token))
    now = clock.now()
    if row.state == "confirmed":
        return row
    if row.asked_at is None or now - row.asked_at > CONFIRM_WITHIN:
        raise Conflict(
            "The link was good for 48 hours, and they have passed.",
            mend="Ask again for a letter.",
            code="link-too-old",
        )
    row.move_to("confirmed", frm="asked", confirmed_at=now, letter_at=None, letters=0)
    _note(by, "confirm_recipient", row)
    return row


@transaction.atomic
def change_recipient(*, by: Actor, recipient: Recipient, lang: str, topics: Sequence[str]) -> Recipient:
    """Their wishes, changed by themselves."""
    row = _locked(recipient)
    if row.state != "confirmed":
        raise Conflict("You do not receive anything now.", mend="Subscribe again.", code="wrong-state")
    Recipient.objects.filter(pk=row.pk).update(lang=lang, topics=_topics(topics))
    row.refresh_from_db()
    _note(by, "change_recipient", row)
    return row


@transaction.atomic
def leave(*, by: Actor, recipient: Recipient, why: str = "") -> None:
    """They want no more. The address is emptied at once, the row forgotten after a month: until then an old
    link still works, and copies under way are left out. Done twice, it succeeds twice."""
    row = _locked(recipient)
    if row.state not in ("asked", "confirmed"):
        return
    row.move_to("left", sealed="", letter_at=None, letters=0, topics=[])
    _note(by, "leave", row, why=why)


@transaction.atomic
def erase_recipient(*, by: Actor, recipient: Recipient, why: str) -> None:
    """Delete all that is known of one, as the law allows. Their copies keep their count, and no name."""
    may_administer(by, recipient.channel.mission)
    if not why.strip():
        words = "Say by whose wish, for example a letter and its date."
        raise Invalid(words, code="reason", where=[{"field": "why", "message": words}])
    _note(by, "erase_recipient", recipient, why=why)
    Recipient.objects.filter(pk=recipient.pk).delete()


@transaction.atomic
def import_recipients(
    *, by: Actor, channel: Channel, people: Iterable[tuple[str, str, Sequence[str]]], basis: str
) -> int:
    """Take in e-mail addresses that said yes elsewhere, as (address, language, topics). `basis` is the
    declared proof: without one nobody is taken in. Those who are known here, also who has left, stay as they
    are. Returns how many are new."""
    may_administer(by, channel.mission)
    if len(basis.strip()) < 20:
        words = "Say where and when they confirmed, and where the proof is kept (20 characters or more)."
        raise Invalid(words, code="basis", where=[{"field": "basis", "message": words}])
    now = clock.now()
    rows = [
        Recipient(
            channel=channel,
            address_hash=reads.address_mark(channel, address),
            sealed=reads.address_vault().seal({"email": address}),
            lang=lang,
            topics=_topics(topics),
            basis=basis.strip()[:300],
            state="confirmed",
            state_at=now,
            confirmed_at=now,
        )
        for address, lang, topics in people
    ]
    before = Recipient.objects.filter(channel=channel).count()
    Recipient.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
    new = Recipient.objects.filter(channel=channel).count() - before
    data = {"given": len(rows), "new": new, "basis": basis}
    audit.note(by=by, verb="channels.import_recipients", target=channel_target(channel), data=data)
    return new


@transaction.atomic
def take_bounce(*, by: Actor, tag: str, lasting: bool, unknown: bool, why: str) -> str:
    """A mail came back to the address with this tag. `unknown`: there is no such box; `lasting`: it will not
    be taken tomorrow either. Three of those, and we stop. Returns the recipient's state; "" for a tag that is
    not of our making: anybody can send such mails."""
    found = reads.of_bounce_tag(tag)
    if found is None:
        return ""
    row = _locked(found)
    if row.state not in ("asked", "confirmed") or not lasting:
        return row.state
    bounces = row.soft_bounces + 1
    if unknown or bounces >= SOFT_BOUNCES:
        row.move_to("gone", sealed="", letter_at=None, soft_bounces=bounces)
        Copy.objects.filter(recipient=row, state="done", state_at__gt=clock.now() - timedelta(days=7)).update(
            state="gone", why=why[:300]
        )
    else:
        Recipient.objects.filter(pk=row.pk).update(soft_bounces=bounces)
    _note(by, "take_bounce", row, why=why, unknown=unknown)
    return row.state


def take_returned_mail(*, by: Actor, raw: bytes) -> str:
    """A whole mail that came back to the address for returned mail. Says in a few words what came of it.

    Nothing in it is trusted but the tag in the address it came to, which only we can make.
    """
    returned = dsn.read(raw)
    if returned is None:
        return "not a returned mail of ours"
    for tag in returned.tags:
        state = take_bounce(
            by=by,
            tag=tag,
            lasting=returned.lasting,
            unknown=returned.unknown,
            why=f"returned with {returned.status}",
        )
        if state:
            return f"{returned.status}: the recipient is {state}"
    return "not a returned mail of ours"


def purge_recipients(*, by: Actor) -> int:
    """Forget those who never answered, who have left or are no more, and the single copies of mailings long
    over; their counts stay. Returns how many recipients were forgotten."""
    now = clock.now()
    forgotten = _forget("asked", now - FORGET_ASKED) + _forget("left", now - FORGET_LEFT)
    forgotten += _forget("gone", now - FORGET_LEFT)
    folded = 0
    for mailing in Mailing.objects.filter(state="ended", tally={}, ended_at__lte=now - KEEP_COPIES)[:100]:
        with transaction.atomic():
            tally = reads.copy_counts(mailing.delivery_id) or {"none": 0}
            Mailing.objects.filter(pk=mailing.pk).update(tally=tally)
            Copy.objects.filter(delivery_id=mailing.delivery_id)._raw_delete("default")
        folded += 1
    if forgotten or folded:
        data = {"recipients": forgotten, "mailings": folded}
        audit.note(by=by, verb="channels.purge_recipients", target="recipients", data=data)
    return forgotten


def _written_to_lately(row: Recipient, now: datetime) -> bool:
    if row.asked_at is None:
        return False
    since = now - row.asked_at
    return since < BETWEEN_LETTERS or (row.letters >= MOST_LETTERS and since < FORGET_ASKED)


def _forget(state: str, until: datetime) -> int:
    rows = Recipient.objects.filter(state=state, state_at__lte=until)
    return rows.filter(asked_at__lte=until).delete()[0] if state == "asked" else rows.delete()[0]


def _row(channel: Channel, identity: str) -> Recipient:
    """The locked row of this address, made if it was not there: two askings at once find the same one."""
    if not queries.able(channel, MANY):
        raise Conflict("This channel has no recipients.", code="no-recipients")
    mark = reads.address_mark(channel, identity)
    fresh = Recipient(channel=channel, address_hash=mark, state="asked")
    Recipient.objects.bulk_create([fresh], ignore_conflicts=True)
    rows = Recipient.objects.select_for_update(of=("self",)).select_related("channel")
    return rows.get(channel=channel, address_hash=mark)


def _locked(recipient: Recipient) -> Recipient:
    return Recipient.objects.select_for_update(of=("self",)).select_related("channel").get(pk=recipient.pk)


def _topics(topics: Sequence[str]) -> list[str]:
    kept = list(dict.fromkeys(topic.strip().casefold()[:60] for topic in topics if topic.strip()))
    return [ALL_TOPICS] if not kept or ALL_TOPICS in kept else kept[:MOST_TOPICS]


def _note(by: Actor, verb: str, row: Recipient, *, why: str = "", **data: object) -> None:
    about = {"channel": row.channel.slug, "lang": row.lang, **data}
    audit.note(by=by, verb=f"channels.{verb}", target=row.target, why=why, data=about)
