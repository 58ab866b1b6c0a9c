"""What is read from X: our own timeline, mentions, counts. Changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Batch, Figures, Incoming, TryLater
from dragoman.channels.connectors.x.talk import Talk, Wrong

# X lets us read back 3,200 posts of a timeline and 800 mentions.
PAGES = 32
MENTION_PAGES = 8
FIELDS = "created_at,conversation_id,entities,lang"
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
        found, _ = await self._pages(f"/2/users/{user_id}/mentions", params, MENTION_PAGES if cursor else 1)
        incoming = [
            incoming_of(post) for post in reversed(found) if str(post.get("author_id", "")) != user_id
        ]
        newest = max((int(str(post["id"])) for post in found), default=0)
        return Batch(tuple(incoming), str(max(newest, int(cursor or 0))) if newest else cursor)

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
        self, path: str, params: Mapping[str, str], most: int
    ) -> tuple[list[dict[str, Any]], bool]:
        found: list[dict[str, Any]] = []
        token = ""
        for _ in range(most):
            said = await self._get(path, {**params, **({"pagination_token": token} if token else {})}, FIELDS)
            found += _posts(said.get("data"))
            meta = said.get("meta")
            if not isinstance(meta, dict):
                raise TryLater("X answered with something that is no list of posts.")
            token = str(meta.get("next_token") or "")
            if not token:
                return found, True
        return found, False

    async def _get(self, path: str, params: Mapping[str, str], fields: str) -> dict[str, Any]:
        names = [self.talk.session.get("fields") or NAMES[0], *NAMES]
        for name in dict.fromkeys(names):
            try:
                said = await self.talk.call("GET", path, params={**params, str(name): fields})
            except Wrong as wrong:
                if wrong.status == 400 and str(name) in wrong.says:
                    continue
                raise TryLater(f"X does not let us look: {wrong.says}") from None
            if name != NAMES[0]:
                self.talk.session["fields"] = name
            return said
        raise TryLater("X takes none of the words that we know for asking.")


def incoming_of(post: Mapping[str, Any]) -> Incoming:
    """A post of somebody else."""
    number, conversation = str(post["id"]), str(post.get("conversation_id") or "")
    return Incoming(
        outside_id=number,
        text=str(post.get("text", "")),
        at=moment(str(post.get("created_at", ""))),
        lang="" if post.get("lang") in ("und", "zxx", None) else str(post["lang"]),
        url=f"https://x.com/i/status/{number}",
        in_reply_to="" if conversation == number else conversation,
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
