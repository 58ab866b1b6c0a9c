"""What is read from X: our own timeline, mentions, counts. Changes nothing."""

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Batch, Figures, Gone, Incoming, TryLater
from dragoman.channels.connectors.x.talk import Talk, Wrong

# X lets us read back 3,200 posts of a timeline and 800 mentions.
PAGES = 32
MENTION_PAGES = 8
FIELDS = "created_at,conversation_id,entities,lang"
# What the official description has no word for among `post.fields`, and the guides have.
MORE_FIELDS = {"tweet.fields": ",author_id,referenced_tweets,attachments", "post.fields": ",attachments"}
LOOKUP = 100
NOT_FOUND = "resource-not-found"
# The official description of August 2026 says `post.fields` where the guides still say `tweet.fields`.
NAMES = ("post.fields", "tweet.fields")
COUNTS = {
    "like_count": "likes",
    "reply_count": "replies",
    "repost_count": "reposts",
    "retweet_count": "reposts",
    "quote_count": "quotes",
    "bookmark_count": "bookmarks",
    "impression_count": "views",
}


class Reader:
    """Reads for one account."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk

    async def own(self, user_id: str, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        """Our own posts since then, newest first, and whether these are all."""
        params = {"max_results": "100", "start_time": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return await self._pages(f"/2/users/{user_id}/tweets", params, PAGES)

    async def mentions(self, user_id: str, cursor: str) -> Batch:
        """Posts that name us, made after the post `cursor`; the first time the newest hundred."""
        params = {"max_results": "100"} | ({"since_id": cursor} if cursor else {})
        found, whole = await self._mentions(user_id, params, MENTION_PAGES if cursor else 1)
        newest = max((int(str(post["id"])) for post in found), default=0)
        following = str(max(newest, int(cursor or 0))) if newest else cursor
        return Batch(_of_others(found, user_id), following, more=bool(cursor) and not whole)

    async def look_back(self, user_id: str, since: datetime) -> Batch:
        """Posts that name us since that moment, in one go: X gives 800 at the most."""
        params = {"max_results": "100", "start_time": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        found, _ = await self._mentions(user_id, params, MENTION_PAGES)
        return Batch(_of_others(found, user_id), "")

    async def vanished(self, numbers: Sequence[str]) -> list[Gone]:
        """Posts that X says it cannot find. What it merely does not show us is not told."""
        asked = [one for one in numbers if one.isascii() and one.isdigit()]
        gone: list[Gone] = []
        for start in range(0, len(asked), LOOKUP):
            said = await self._get("/2/tweets", {"ids": ",".join(asked[start : start + LOOKUP])}, "lang")
            errors = said.get("errors")
            for error in errors if isinstance(errors, list) else []:
                named = str(error.get("resource_id") or error.get("value")) if isinstance(error, dict) else ""
                if named in asked and str(error.get("type", "")).endswith(NOT_FOUND):
                    gone.append(Gone(named, datetime.now(UTC)))
        return gone

    async def _mentions(
        self, user_id: str, params: Mapping[str, str], most: int
    ) -> tuple[list[dict[str, Any]], bool]:
        return await self._pages(f"/2/users/{user_id}/mentions", params, most, more=True)

    async def figures(self, number: str) -> Figures:
        """The counts of one post."""
        said = await self._get(f"/2/tweets/{number}", {}, "public_metrics")
        data = said.get("data")
        counts = data.get("public_metrics") if isinstance(data, dict) else None
        if not isinstance(counts, dict):
            raise TryLater("X gives no counts for this post: it may be gone.")
        found = {COUNTS[name]: value for name, value in counts.items() if name in COUNTS and _whole(value)}
        return Figures(found, datetime.now(UTC))

    async def _pages(
        self, path: str, params: Mapping[str, str], most: int, *, more: bool = False
    ) -> tuple[list[dict[str, Any]], bool]:
        found: list[dict[str, Any]] = []
        token = ""
        for _ in range(most):
            page = {**params, **({"pagination_token": token} if token else {})}
            said = await self._get(path, page, FIELDS, more=more)
            found += _posts(said.get("data"))
            meta = said.get("meta")
            if not isinstance(meta, dict):
                raise TryLater("X answered with something that is no list of posts.")
            token = str(meta.get("next_token") or "")
            if not token:
                return found, True
        return found, False

    async def _get(
        self, path: str, params: Mapping[str, str], fields: str, *, more: bool = False
    ) -> dict[str, Any]:
        names = [self.talk.session.get("fields") or NAMES[0], *NAMES]
        for name in dict.fromkeys(names):
            wanted = fields + (MORE_FIELDS.get(str(name), "") if more else "")
            try:
                said = await self.talk.call("GET", path, params={**params, str(name): wanted})
            except Wrong as wrong:
                if wrong.status == 400 and str(name) in wrong.says:
                    continue
                raise TryLater(f"X does not let us look: {wrong.says}") from None
            if name != NAMES[0]:
                self.talk.session["fields"] = name
            return said
        raise TryLater("X takes none of the words that we know for asking.")


def incoming_of(post: Mapping[str, Any]) -> Incoming:
    """A post of somebody else. A change makes a new post on X: all versions go by the id of the first."""
    number, conversation = str(post["id"]), str(post.get("conversation_id") or "")
    history = post.get("edit_history_post_ids") or post.get("edit_history_tweet_ids")
    versions = [str(one) for one in history] if isinstance(history, list) else []
    at = moment(str(post.get("created_at", "")))
    root = "" if conversation in (number, *versions[:1]) else conversation
    answers = _referred(post) or root
    return Incoming(
        outside_id=versions[0] if versions and versions[0].isdigit() else number,
        text=words_of(post),
        at=at,
        lang="" if post.get("lang") in ("und", "zxx", None) else str(post["lang"]),
        url=f"https://x.com/i/status/{number}",
        in_reply_to=answers,
        author=str(post.get("username") or ""),
        author_id=str(post.get("author_id") or ""),
        conversation=root or answers,
        edited=at if len(versions) > 1 else None,
        attachments=_attached(post),
    )


def words_of(post: Mapping[str, Any]) -> str:
    """The whole text, of a long post too; X writes three signs as HTML does."""
    long = post.get("note_post") or post.get("note_tweet")
    return html.unescape(str((long.get("text") if isinstance(long, dict) else "") or post.get("text", "")))


def _referred(post: Mapping[str, Any]) -> str:
    """The post that is answered, else the one that is quoted, where X says it."""
    rows = post.get("referenced_posts") or post.get("referenced_tweets")
    found = {str(row.get("type")): str(row.get("id") or "") for row in rows or () if isinstance(row, dict)}
    return found.get("replied_to") or found.get("quoted") or ""


def _attached(post: Mapping[str, Any]) -> int:
    given = post.get("attachments")
    keys = given.get("media_keys") if isinstance(given, dict) else None
    return len(keys) if isinstance(keys, list) else 0


def _of_others(posts: Sequence[Mapping[str, Any]], own: str) -> tuple[Incoming, ...]:
    return tuple(
        incoming_of(post) for post in reversed(posts) if not own or str(post.get("author_id", "")) != own
    )


def moment(text: str) -> datetime:
    """A moment as X writes it; now, where it writes none that can be read."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _posts(data: object) -> Sequence[dict[str, Any]]:
    if not isinstance(data, list):
        return []
    return [post for post in data if isinstance(post, dict) and str(post.get("id", "")).isdigit()]


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
