"""The letter that asks the owner of an address whether they want copies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import queries, registry, rules, wording
from dragoman.channels.actions.common import ask
from dragoman.channels.connector import LETTERS, Connector, Copied, Piece, Post, Prepared
from dragoman.channels.models import Recipient
from dragoman.channels.queries import recipients as reads
from dragoman.channels.rules import Outcome
from dragoman.lib.http import Door
from dragoman.lib.steps import step

LETTER_USEFUL = timedelta(hours=24)


def send_letter(*, by: Actor, recipient_id: int) -> str:
    """Send the letter that waits, if one does. Returns what became of it.

    At most once: a letter whose sender dies is not sent again by itself, for its reader can ask for another.
    """
    row = Recipient.objects.select_related("channel__mission").filter(pk=recipient_id).first()
    if row is None or row.letter_at is None or row.letter_at > clock.now() or not row.channel.on:
        return "none"
    if not queries.able(row.channel, LETTERS):
        return "none"
    if not Recipient.objects.filter(pk=row.pk, letter_at=row.letter_at).update(letter_at=None):
        return "none"  # another was first
    step("channels.letter-claimed")
    prepared, value = Prepared(_post(row)), reads.value_of(row)

    async def send(connector: Connector) -> Sequence[Copied]:
        try:
            return await connector.send_each(prepared, [value])
        finally:
            await connector.rest()

    spoken = ask(row.channel, send, changes=True)
    told = spoken.value[0] if spoken.value else Copied("", spoken.outcome.what, spoken.outcome.why)
    return _book(by, row, told, spoken.outcome)


def _book(by: Actor, row: Recipient, told: Copied, outcome: Outcome) -> str:
    now = clock.now()
    later_on = told.outcome in ("later", "try_later") or (outcome.what == "refused" and outcome.account)
    with transaction.atomic():
        if later_on and row.asked_at and now - row.asked_at < LETTER_USEFUL:
            at = rules.next_try(outcome, 3, now)
            Recipient.objects.filter(pk=row.pk, letter_at__isnull=True).update(letter_at=at)
            later("channels.letter", at=at, recipient_id=row.pk)
        elif told.outcome == "gone":
            Recipient.objects.filter(pk=row.pk, state="asked").update(state="gone", state_at=now, sealed="")
        audit.note(
            by=by,
            verb="channels.send_letter",
            target=row.target,
            why=told.why,
            data={"channel": row.channel.slug, "outcome": told.outcome},
        )
    return told.outcome


def _post(row: Recipient) -> Post:
    address = reads.address_of(row)
    w = wording.load(row.lang or address.get("reads", "") or wording.FALLBACK)
    ministry = row.channel.settings.get("from_name") or row.channel.label
    if row.state == "confirmed":
        url = reads.leave_url(row)
        piece = Piece(w.lang, w.say("known_subject", ministry=ministry), "", w["known_text"], url)
    else:
        url = reads.confirm_url(row)
        body = "\n\n".join((w.say("letter_hello", ministry=ministry), w["letter_act"]))
        piece = Piece(w.lang, w.say("letter_subject", ministry=ministry), w["letter_ignore"], body, url)
    connector = registry.connect(row.channel.kind, queries.account_of(row.channel, secrets=False), Door())
    return Post(
        key=f"letter:{row.ref}:{row.letters}:{row.asked_at:%Y%m%dT%H%M%S}",
        rendition=connector.letter(piece),
        lang=piece.lang,
        url=url,
        at=clock.now(),
        title=piece.title,
        summary=piece.summary,
    )
