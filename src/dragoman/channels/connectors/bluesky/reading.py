"""What others say on the network, and how often: read through an AppView, which a server alone does not have.

Answers are indexed a little after they are written, and not always in order: each reading goes back ten
minutes before the last, and what is read twice is told apart by its address.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels.connector import Batch, Figures, Incoming, Refused, TryLater
from dragoman.channels.connectors.bluesky.talk import Talk, Wrong

ASKED = frozenset({"reply", "mention", "quote"})
OVERLAP = timedelta(minutes=10)
PAGES = 10
COUNTS = {"likes": "likeCount", "reposts": "repostCount", "replies": "replyCount", "quotes": "quoteCount"}
WITHOUT = frozenset({"MethodNotImplemented", "NotImplemented", "XRPCNotSupported"})
BARE = "This server is not part of a whole network: it does not know answers, mentions and counts."
MEND = "Ask whoever runs the server to connect it to an AppView."


async def fetch(talk: Talk, cursor: str) -> Batch:
    """Answers, mentions and quotes since the cursor, oldest first."""
    since = _moment(cursor)
    until = since - OVERLAP if since else None
    found: list[Incoming] = []
    params = {"limit": "100"}
    newest = since
    for _ in range(PAGES):
        page = await _appview(talk, "app.bsky.notification.listNotifications", params)
        notes = page.get("notifications")
        if not isinstance(notes, list):
            raise TryLater(f"{talk.host} answered with something that is not a list.")
        times = [_moment(_inner(note, "indexedAt")) for note in notes]
        fresh = [
            (note, at) for note, at in zip(notes, times, strict=True) if at and (not until or at > until)
        ]
        newest = max([at for _, at in fresh] + ([newest] if newest else []), default=None)
        found += [one for one in (_incoming(note) for note, _ in fresh) if one is not None]
        if len(fresh) < len(notes) or not notes or not isinstance(page.get("cursor"), str) or until is None:
            break
        params = {**params, "cursor": page["cursor"]}
    found.sort(key=lambda one: one.at)
    return Batch(tuple(found), newest.isoformat() if newest else cursor)


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
    parent = _inner(note, "record", "reply", "parent", "uri")
    return Incoming(
        outside_id=uri,
        text=text,
        at=at or datetime.now(UTC),
        lang=str(langs[0]) if isinstance(langs, list) and langs else "",
        url=address(uri),
        in_reply_to=parent if isinstance(parent, str) else "",
    )


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
