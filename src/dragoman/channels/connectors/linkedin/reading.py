"""What is read from LinkedIn: our own posts, comments, counts, roles. Changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Batch, Figures, Incoming, Refused, TryLater
from dragoman.channels.connectors.linkedin.talk import Talk, Wrong, key

PAGE = 100
PAGES = 10
COMMENTED = 10
COMMENTS, COMMENT_PAGES = 100, 20
# Milliseconds: what is shown late is not missed.
OVERLAP = 60_000
POSTERS = frozenset(
    {"ADMINISTRATOR", "CONTENT_ADMIN", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"}
)
COUNTS = {
    "likeCount": "likes",
    "commentCount": "replies",
    "shareCount": "reposts",
    "impressionCount": "views",
    "clickCount": "clicks",
}


class Reader:
    """Reads for one organisation."""

    def __init__(self, talk: Talk, author: str) -> None:
        self.talk = talk
        self.author = author

    async def own(self, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        """Our own posts that were made or changed since then, the last changed first, and whether these are
        all."""
        found: list[dict[str, Any]] = []
        for page in range(PAGES):
            posts = await self._own_page(PAGE, page * PAGE)
            found += [post for post in posts if moment(post.get("lastModifiedAt")) >= since]
            if len(posts) < PAGE or len(found) < (page + 1) * PAGE:
                return found, True
        return found, False

    async def post(self, urn: str) -> dict[str, Any] | None:
        """One post; None when it is not there."""
        try:
            return await self.talk.read(f"/posts/{key(urn)}")
        except Wrong as wrong:
            if wrong.status == 404:
                return None
            raise TryLater(f"LinkedIn does not let us look: {wrong.says}") from None

    async def roles(self) -> Sequence[str]:
        """The roles of the connected member on our page."""
        try:
            said = await self.talk.read(
                "/organizationAcls?q=roleAssignee&state=APPROVED&count=100", finder=True
            )
        except Wrong as wrong:
            raise Refused(f"LinkedIn does not tell our roles: {wrong.says}", account=True) from None
        return [
            str(each.get("role", ""))
            for each in _elements(said)
            if self.author in (each.get("organization"), each.get("organizationTarget"))
        ]

    async def name(self) -> str:
        """The name of our page."""
        try:
            said = await self.talk.read(f"/organizations/{self.author.rsplit(':', 1)[1]}")
        except Wrong as wrong:
            raise Refused(f"LinkedIn does not know this page: {wrong.says}", account=True) from None
        return self.talk.clean(said.get("localizedName") or self.author)

    async def comments(self, cursor: str) -> Batch:
        """What people wrote under our last posts, after the moment `cursor` (milliseconds)."""
        last = int(cursor or 0)
        found = await self.comments_since(last - OVERLAP if last else 0)
        newest = max([last, *(int(one.at.timestamp() * 1000) for one in found[-1:])])
        return Batch(found, str(newest) if newest else cursor)

    async def comments_since(self, since: int) -> tuple[Incoming, ...]:
        """What others wrote under our last posts, or changed, after that moment (milliseconds)."""
        found: list[Incoming] = []
        for post in await self._own_page(COMMENTED, 0):
            for comment in await self._comments_of(str(post.get("id", ""))):
                time, changed = _time(comment, "created"), _time(comment, "lastModified")
                if (
                    time is not None
                    and max(time, changed or 0) > since
                    and comment.get("actor") != self.author
                ):
                    found.append(_incoming(comment, time, changed, str(post["id"])))
        return tuple(sorted(found, key=lambda each: each.at))

    async def figures(self, urn: str) -> Figures:
        """The counts of one post."""
        kind = "ugcPosts" if ":ugcPost:" in urn else "shares"
        query = f"q=organizationalEntity&organizationalEntity={key(self.author)}&{kind}=List({key(urn)})"
        try:
            said = await self.talk.read(f"/organizationalEntityShareStatistics?{query}", finder=True)
        except Wrong as wrong:
            raise TryLater(f"LinkedIn gives no counts: {wrong.says}") from None
        rows = [each.get("totalShareStatistics") for each in _elements(said)]
        counts = next((row for row in rows if isinstance(row, dict)), {})
        found = {COUNTS[name]: value for name, value in counts.items() if name in COUNTS and _whole(value)}
        return Figures(found, datetime.now(UTC))

    async def _own_page(self, count: int, start: int) -> list[dict[str, Any]]:
        query = f"author={key(self.author)}&q=author&count={count}&start={start}&sortBy=LAST_MODIFIED"
        try:
            said = await self.talk.read(f"/posts?{query}", finder=True)
        except Wrong as wrong:
            raise TryLater(f"LinkedIn does not let us look: {wrong.says}") from None
        if not isinstance(said.get("elements"), list):
            raise TryLater("LinkedIn answered with something that is no list of posts.")
        return _elements(said)

    async def _comments_of(self, urn: str) -> list[dict[str, Any]]:
        if not urn:
            return []
        found: list[dict[str, Any]] = []
        for page in range(COMMENT_PAGES):
            path = f"/socialActions/{key(urn)}/comments?count={COMMENTS}&start={page * COMMENTS}"
            try:
                rows = _elements(await self.talk.read(path))
            except Wrong as wrong:
                if wrong.status == 404:
                    break
                raise TryLater(f"LinkedIn does not let us read comments: {wrong.says}") from None
            found += rows
            if len(rows) < COMMENTS:
                break
        return found


def moment(value: object) -> datetime:
    """A moment as LinkedIn writes it, in milliseconds; the beginning of time where it writes none."""
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**14
    return datetime.fromtimestamp(int(str(value)) / 1000 if usable else 0, UTC)


def _time(comment: Mapping[str, Any], name: str) -> int | None:
    made = comment.get(name)
    time = made.get("time") if isinstance(made, dict) else None
    return time if isinstance(time, int) and not isinstance(time, bool) else None


def _incoming(comment: Mapping[str, Any], time: int, changed: int | None, post: str) -> Incoming:
    message = comment.get("message")
    text = str(message.get("text", "")) if isinstance(message, dict) else ""
    content = comment.get("content")
    urn = str(comment.get("commentUrn") or comment.get("$URN") or comment.get("id") or "")
    return Incoming(
        outside_id=urn or f"{post}:{time}",
        text=text,
        at=moment(time),
        url=f"https://www.linkedin.com/feed/update/{post}",
        in_reply_to=str(comment.get("parentComment") or post),
        author_id=str(comment.get("actor") or ""),
        conversation=post,
        edited=moment(changed) if changed and changed > time else None,
        attachments=len(content) if isinstance(content, list) else 0,
    )


def _elements(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    elements = said.get("elements")
    return [each for each in elements if isinstance(each, dict)] if isinstance(elements, list) else []


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
