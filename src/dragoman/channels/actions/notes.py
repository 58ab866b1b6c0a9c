"""A letter to one person who wrote to us: no list, no recipient's row, nothing kept of the address."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.channels import queries, registry
from dragoman.channels.actions.common import ask, channel_target
from dragoman.channels.connector import LETTERS, Connector, Copied, Piece, Post, Prepared, Recipient
from dragoman.channels.models import Channel
from dragoman.lib.http import Door


def send_note(*, by: Actor, channel: Channel, key: str, piece: Piece, address: str) -> tuple[str, str]:
    """Send one letter. Returns what became of it (done, later, refused, gone, unsure) and why.

    At most once a call: whoever asks must have written down beforehand that it asks. Never in a transaction.
    """
    if not queries.able(channel, LETTERS):
        return "refused", "This channel writes no letters."
    post = _post(channel, key, piece)
    recipient = Recipient(ref=key, address={"email": address}, lang=piece.lang)

    async def send(connector: Connector) -> Sequence[Copied]:
        try:
            return await connector.send_each(Prepared(post), [recipient])
        finally:
            await connector.rest()

    spoken = ask(channel, send, changes=True)
    told = spoken.value[0] if spoken.value else Copied("", spoken.outcome.what, spoken.outcome.why)
    outcome = "later" if told.outcome in ("later", "try_later", "skipped") else told.outcome
    with transaction.atomic():
        audit.note(
            by=by,
            verb="channels.send_note",
            target=channel_target(channel),
            why=told.why,
            data={"key": key, "outcome": outcome},
        )
    return outcome, told.why


def _post(channel: Channel, key: str, piece: Piece) -> Post:
    connector = registry.connect(channel.kind, queries.account_of(channel, secrets=False), Door())
    return Post(
        key=key,
        rendition=connector.letter(piece),
        lang=piece.lang,
        url=piece.url,
        at=clock.now(),
        title=piece.title,
        summary=piece.summary,
        reply_to=piece.reply_to,
    )
