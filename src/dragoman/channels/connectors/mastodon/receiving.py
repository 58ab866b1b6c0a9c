"""What others write to the account, from its notifications (docs.joinmastodon.org/methods/notifications).

A notification shows its post as it stands now, so that looking back finds what was changed since; Mastodon
notifies of a change only those who have shared the post. A post is named by its id on the account's own
server: by that it can be answered.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Batch, Gone, Incoming, TryLater
from dragoman.channels.connectors.mastodon import reading
from dragoman.channels.connectors.mastodon.talk import Talk, Wrong

PAGE = 40
PUBLIC = ("public", "unlisted")
# Ids that one question names (Mastodon 4.3, GET /api/v1/statuses), and how many are then looked at singly.
AT_ONCE = 20
SINGLY = 40


async def fetch(talk: Talk, own: str, cursor: str) -> Batch:
    """Posts that call the account by name, in public or in private, since the notification `cursor`."""
    notes = await _mentions(talk, {"min_id": cursor} if cursor else {})
    newest = max((str(note.get("id", "")) for note in notes), key=_order, default=cursor)
    newest = newest if _order(newest) > _order(cursor) else cursor
    return Batch(_said(notes, own), newest, more=bool(cursor) and len(notes) >= PAGE)


async def look_back(talk: Talk, own: str, since: datetime, cursor: str) -> Batch:
    """The same back to that moment, the newest first; `cursor` is the oldest notification that was read."""
    notes = await _mentions(talk, {"max_id": cursor} if cursor else {})
    times = [reading.moment(note.get("created_at")) for note in notes]
    fresh = [note for note, at in zip(notes, times, strict=True) if at is None or at >= since]
    oldest = min((str(note.get("id", "")) for note in notes), key=_order, default="")
    return Batch(_said(fresh, own), oldest, more=len(notes) >= PAGE and len(fresh) == len(notes))


async def vanished(talk: Talk, ids: Sequence[str]) -> list[Gone]:
    """Those that the server has no more. What it merely does not show in a list is asked for by itself."""
    standing: set[str] = set()
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        query = "&".join(f"id[]={one}" for one in part if one.isalnum())
        try:
            found = await talk.read(f"/api/v1/statuses?{query}")
        except Wrong:
            return []  # an older server: it cannot be asked for many, and asking for each is asking too often
        if not isinstance(found, list):
            raise TryLater(f"{talk.host} answered with something that is not a list.")
        standing |= {str(one.get("id")) for one in found if isinstance(one, dict)}
    missing = [one for one in ids if one not in standing and one.isalnum()]
    return [Gone(one, datetime.now(UTC)) for one in missing[:SINGLY] if await _is_gone(talk, one)]


async def _is_gone(talk: Talk, one: str) -> bool:
    try:
        await talk.read(f"/api/v1/statuses/{one}")
    except Wrong as wrong:
        return wrong.status in (404, 410)
    return False


async def _mentions(talk: Talk, where: Mapping[str, str]) -> list[Mapping[str, Any]]:
    try:
        found = await talk.read("/api/v1/notifications", {"types[]": "mention", "limit": str(PAGE), **where})
    except Wrong as wrong:
        raise TryLater(f"{talk.host} does not let us look: {wrong.says}") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise TryLater(f"{talk.host} answered with something that is not a list.")
    return found


def _said(notes: Sequence[Mapping[str, Any]], own: str) -> tuple[Incoming, ...]:
    posts = [note["status"] for note in reversed(notes) if reading.is_post(note.get("status"))]
    return tuple(one for one in map(_incoming, posts) if one.author_id != own)


def _incoming(post: Mapping[str, Any]) -> Incoming:
    given = post.get("account")
    account: Mapping[str, Any] = given if isinstance(given, dict) else {}
    media = post.get("media_attachments")
    warning, words = str(post.get("spoiler_text") or ""), reading.text_of(str(post["content"]))
    return Incoming(
        outside_id=str(post["id"]),
        text=f"{warning}\n\n{words}" if warning else words,
        at=reading.moment(post.get("created_at")) or datetime.now(UTC),
        lang=str(post.get("language") or ""),
        url=str(post.get("url") or ""),
        in_reply_to=str(post.get("in_reply_to_id") or ""),
        author=str(account.get("acct") or ""),
        author_id=str(account.get("id") or ""),
        edited=reading.moment(post.get("edited_at")),
        private=post.get("visibility") not in PUBLIC,
        attachments=len(media) if isinstance(media, list) else 0,
    )


def _order(value: str) -> tuple[int, str]:
    """Ids are numbers on Mastodon and ULIDs on GoToSocial; both grow with time."""
    return len(value), value
