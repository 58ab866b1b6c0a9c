"""What others say on the network, and how often: read through an AppView, which a server alone does not have.

Answers are indexed a little after they are written, and not always in order: each reading goes back ten
minutes before the last, and what is read twice is told apart by its address.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dragoman.channels.connector import Batch, Figures, Gone, Incoming, Refused, TryLater
from dragoman.channels.connectors.bluesky.talk import Talk, Wrong

ASKED = frozenset({"reply", "mention", "quote"})
OVERLAP = timedelta(minutes=10)
PAGES = 10
POSTS = 25  # app.bsky.feed.getPosts takes no more
COUNTS = {"likes": "likeCount", "reposts": "repostCount", "replies": "replyCount", "quotes": "quoteCount"}
WITHOUT = frozenset({"MethodNotImplemented", "NotImplemented", "XRPCNotSupported"})
BARE = "This server is not part of a whole network: it does not know answers, mentions and counts."
MEND = "Ask whoever runs the server to connect it to an AppView."


async def fetch(talk: Talk, cursor: str) -> Batch:
    """Answers, mentions and quotes since the cursor, oldest first; the first time the newest hundred.

    The network gives the newest first. Where it has more than are read at once, the cursor says how far this
    reading has come, and nothing counts as read before the whole of it is.
    """
    at = _Place.of(cursor)
    until = at.since - OVERLAP if at.since else None
    found, page, newest = await _back_to(talk, until, at.page, PAGES if until else 1)
    newest = max((one for one in (newest, at.newest, at.since) if one), default=None)
    if page and until:
        return Batch(found, _Place(at.since, newest, page).cursor, more=True)
    return Batch(found, newest.isoformat() if newest else cursor)


async def look_back(talk: Talk, since: datetime, cursor: str) -> Batch:
    """The same of all that was indexed since then."""
    found, page, _ = await _back_to(talk, since, cursor, PAGES)
    return Batch(found, page, more=bool(page))


async def vanished(talk: Talk, uris: Sequence[str]) -> list[Gone]:
    """Those that the network no longer shows to anybody."""
    standing: set[str] = set()
    for start in range(0, len(uris), POSTS):
        part = uris[start : start + POSTS]
        asked = urlencode([("uris", uri) for uri in part])
        page = await _appview(talk, f"app.bsky.feed.getPosts?{asked}", {})
        posts = page.get("posts")
        if not isinstance(posts, list):
            raise TryLater(f"{talk.host} answered with something that is not a list.")
        standing |= {str(_inner(post, "uri")) for post in posts}
    return [Gone(uri, datetime.now(UTC)) for uri in uris if uri not in standing]


@dataclass(frozen=True)
class _Place:
    """How far a reading has come: since when it reads, the newest that it saw, and the next page."""

    since: datetime | None
    newest: datetime | None = None
    page: str = ""

    @classmethod
    def of(cls, cursor: str) -> "_Place":
        if not cursor.startswith("["):
            return cls(_moment(cursor))
        since, newest, page = json.loads(cursor)
        return cls(_moment(since), _moment(newest), str(page))

    @property
    def cursor(self) -> str:
        times = [one.isoformat() if one else "" for one in (self.since, self.newest)]
        return json.dumps([*times, self.page])


async def _back_to(
    talk: Talk, until: datetime | None, page: str, most: int
) -> tuple[tuple[Incoming, ...], str, datetime | None]:
    """Pages back to that moment: what they say, oldest first, the page to go on with, the newest moment."""
    did, found, newest = await talk.did(), [], None
    for _ in range(most):
        params = {"limit": "100", **({"cursor": page} if page else {})}
        said = await _appview(talk, "app.bsky.notification.listNotifications", params)
        notes = said.get("notifications")
        if not isinstance(notes, list):
            raise TryLater(f"{talk.host} answered with something that is not a list.")
        times = [_moment(_inner(note, "indexedAt")) for note in notes]
        fresh = [
            (note, at) for note, at in zip(notes, times, strict=True) if at and (not until or at > until)
        ]
        newest = max([at for _, at in fresh] + ([newest] if newest else []), default=None)
        found += [one for one in (_incoming(note) for note, _ in fresh) if one and one.author_id != did]
        page = str(said.get("cursor") or "")
        if len(fresh) < len(notes) or not notes or not page:
            page = ""
            break
    found.sort(key=lambda one: one.at)
    return tuple(found), page, newest


async def figures(talk: Talk, uri: str) -> Figures:
    """The network's counts for one post."""
    found = await _post(talk, uri)
    if found is None:
        raise Refused("The network does not show the post.")
    counts = {ours: found[theirs] for ours, theirs in COUNTS.items() if isinstance(found.get(theirs), int)}
    return Figures(counts, datetime.now(UTC))


async def answered(talk: Talk, uri: str) -> dict[str, dict[str, str]]:
    """The post that is answered and the root of its thread, as a reply names them."""
    there = await _ours(talk, uri) or await _post(talk, uri)
    cid = _inner(there, "cid")
    if not isinstance(cid, str) or not cid:
        raise Refused("The post that is answered is no longer there.", shown="Look at it on the network.")
    parent = {"uri": uri, "cid": cid}
    record = _inner(there, "record") or _inner(there, "value")
    root = _inner(record, "reply", "root")
    whole = isinstance(_inner(root, "uri"), str) and isinstance(_inner(root, "cid"), str)
    return {"root": {"uri": root["uri"], "cid": root["cid"]} if whole else parent, "parent": parent}


async def _ours(talk: Talk, uri: str) -> Mapping[str, Any] | None:
    """A post of our own is read from the server itself."""
    repo, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, rkey = rest.partition("/")
    if repo != await talk.did() or not rkey:
        return None
    try:
        return await talk.read(
            "com.atproto.repo.getRecord", {"repo": repo, "collection": collection, "rkey": rkey}
        )
    except Wrong as wrong:
        if wrong.name == "RecordNotFound":
            return {}
        raise TryLater(f"{talk.host} does not let us look: {wrong.says}") from None


async def _post(talk: Talk, uri: str) -> Mapping[str, Any] | None:
    page = await _appview(talk, "app.bsky.feed.getPosts", {"uris": uri})
    posts = page.get("posts")
    if not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        raise TryLater(f"{talk.host} answered with something that is not a list.")
    return posts[0] if posts else None


async def _appview(talk: Talk, name: str, params: Mapping[str, str]) -> dict[str, Any]:
    try:
        return await talk.signed(name, None, writes=False, method="GET", params=params)
    except Wrong as wrong:
        if wrong.name in WITHOUT or "No service configured" in wrong.says:
            raise Refused(BARE, shown=MEND) from None
        raise TryLater(f"{talk.host} does not let us look: {wrong.says}") from None


def _incoming(note: Any) -> Incoming | None:
    uri, text = _inner(note, "uri"), _inner(note, "record", "text")
    if _inner(note, "reason") not in ASKED or not isinstance(uri, str) or not isinstance(text, str):
        return None
    at = _moment(_inner(note, "record", "createdAt")) or _moment(_inner(note, "indexedAt"))
    langs = _inner(note, "record", "langs")
    answers = _word(note, "record", "reply", "parent", "uri") or _quoted(note)
    return Incoming(
        outside_id=uri,
        text=text,
        at=at or datetime.now(UTC),
        lang=str(langs[0]) if isinstance(langs, list) and langs else "",
        url=address(uri),
        in_reply_to=answers,
        author=_word(note, "author", "handle"),
        author_id=_word(note, "author", "did") or uri.removeprefix("at://").partition("/")[0],
        conversation=_word(note, "record", "reply", "root", "uri") or answers,
        attachments=_attached(_inner(note, "record", "embed")),
    )


def _quoted(note: Any) -> str:
    """The post that is quoted, where it stands alone or beside pictures."""
    return _word(note, "record", "embed", "record", "uri") or _word(
        note, "record", "embed", "record", "record", "uri"
    )


def _attached(embed: Any) -> int:
    media = _inner(embed, "media") or embed
    images = _inner(media, "images")
    return len(images) if isinstance(images, list) else int(_inner(media, "video") is not None)


def _word(value: Any, *names: str) -> str:
    found = _inner(value, *names)
    return found if isinstance(found, str) else ""


def address(uri: str) -> str:
    """Where people see a post."""
    repo, _, rest = uri.removeprefix("at://").partition("/")
    return f"https://bsky.app/profile/{repo}/post/{rest.rpartition('/')[2]}"


def _inner(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None
