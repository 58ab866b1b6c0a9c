"""One YouTube channel.

The film is uploaded ahead as private, with its captions, and found again by its tag however the upload ended.
The one irreversible call makes it public, and making it public twice is one film: a lost answer is settled by
asking how it stands, and if it is still private it may be asked again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Batch,
    Figures,
    Health,
    Incoming,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.youtube import rendering, uploading
from dragoman.channels.connectors.youtube.kind import KIND
from dragoman.channels.connectors.youtube.talk import Talk, Wrong
from dragoman.channels.connectors.youtube.uploading import Upload, inner, status_of
from dragoman.lib.http import Door

__all__ = ["KIND", "YouTube", "connect"]

FILM_KEPT = timedelta(days=30)
COMMENT_PAGES = 40
# What is written in the same second as the last is read again; what is shown later is found by looking back.
OVERLAP = timedelta(seconds=30)
LOCKED = (
    "YouTube keeps films private that come from a project it has not yet examined. Ask for the examination "
    "(help, step 6), or make the film public by hand and tell the desk so."
)


def connect(account: Account, door: Door) -> "YouTube":
    """A connector for one account."""
    return YouTube(account, door)


class YouTube(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.session: Mapping[str, Any] = self.talk.session

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece, form=self.account.settings.get("form") or rendering.WHOLE)

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    async def check(self) -> Health:
        try:
            found = await self.talk.read(
                "channels", {"part": "snippet,status,contentDetails", "mine": "true"}
            )
        except Wrong as wrong:
            raise Refused(f"YouTube refuses: {wrong.says}", account=True) from None
        rows = found.get("items")
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            raise Refused(
                "This account has no YouTube channel.",
                shown="Make a channel on YouTube with it, or sign in with the account that has one.",
                account=True,
            )
        self.talk.session |= {"channel": str(rows[0].get("id") or "")}
        uploads = inner(rows[0], "contentDetails", "relatedPlaylists", "uploads")
        if isinstance(uploads, str) and uploads:
            self.talk.session["uploads"] = uploads
        who = self.talk.clean(
            inner(rows[0], "snippet", "customUrl") or inner(rows[0], "snippet", "title") or ""
        )
        long = inner(rows[0], "status", "longUploadsStatus") == "allowed"
        may = (
            "Upload films, with captions, and make them public: 100 a day, shared by the whole project",
            "Films of any length"
            if long
            else "Films of up to 15 minutes: the account is not verified for more",
            "Read comments and counts",
        )
        return Health(True, "Signed in.", who or "a channel without a name", None, may)

    async def prepare(self, post: Post) -> Prepared:
        """Uploads the film as private, with its captions."""
        number = await self._upload(post, uploading.SECONDS_AHEAD).film()
        await self._sound(number)
        return Prepared(post, {"id": number}, datetime.now(UTC) + FILM_KEPT)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        number = str(prepared.data.get("id") or "") or await self._upload(post).film()
        try:
            found = await self._set(number, "public", writes=True)
        except Wrong as wrong:
            raise self._refused(wrong) from None
        privacy = inner(found, "status", "privacyStatus")
        if found.get("id") != number or not isinstance(privacy, str):
            raise Unsure(
                "YouTube took the call but its answer does not name the film.", look_for=_url(number)
            )
        if privacy != "public":
            raise Refused("YouTube keeps the film private.", shown=LOCKED)
        return _sent(number)

    async def find(self, post: Post) -> Sent | None:
        number = await self._known(post)
        film = await self._film(number, "status") if number else None
        return _sent(number) if inner(film, "status", "privacyStatus") == "public" else None

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """The film becomes private, or is deleted, as the channel is set. Done twice, it succeeds twice."""
        # Of a film that a person has found only that is known.
        number = sent.remote_id if sent and sent.remote_id else await self._known(post)
        if not number:
            return
        try:
            if self.account.settings.get("withdrawal") == "delete":
                await self.talk.call("DELETE", "/youtube/v3/videos", params={"id": number})
            else:
                await self._set(number, "private", writes=False)
        except Wrong as wrong:
            if wrong.status != 404:
                raise Refused(f"YouTube refuses to take the film down: {wrong.says}") from None

    async def fetch(self, cursor: str) -> Batch:
        """Comments on the channel's films, and what is answered to them, since the last time."""
        last = _moment(cursor)
        found = await self._since(last - OVERLAP if last else None)
        newest = max([one.at for one in found[-1:]] + ([last] if last else []), default=None)
        return Batch(found, newest.isoformat() if newest else cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return Batch(await self._since(since), "")

    async def _since(self, since: datetime | None) -> tuple[Incoming, ...]:
        if not self.talk.session.get("channel"):
            await self.check()
        own = str(self.talk.session.get("channel") or "")
        params = {
            "part": "snippet,replies",
            "allThreadsRelatedToChannelId": str(self.talk.session.get("channel") or ""),
            "order": "time",
            "maxResults": "100",
            "textFormat": "plainText",
        }
        found: list[Incoming] = []
        for _ in range(COMMENT_PAGES):
            page = await self._comments(params)
            threads = page.get("items", [])
            comments = [one for thread in threads for one in _comments(thread)]
            new = [one for one in comments if since is None or (one.edited or one.at) > since]
            found += [one for one in new if one.author_id != own]
            if not page.get("nextPageToken") or not new:
                break
            params = {**params, "pageToken": str(page["nextPageToken"])}
        return tuple(sorted(found, key=lambda one: one.at))

    async def figures(self, sent: Sent) -> Figures:
        film = await self._film(sent.remote_id, "statistics")
        if film is None:
            raise Refused("YouTube no longer has the film.")
        names = {"views": "viewCount", "likes": "likeCount", "comments": "commentCount"}
        counts = {ours: inner(film, "statistics", theirs) for ours, theirs in names.items()}
        return Figures({name: int(n) for name, n in counts.items() if _is_number(n)}, datetime.now(UTC))

    # --- films ---

    def _upload(self, post: Post, seconds: float = uploading.SECONDS) -> Upload:
        return Upload(self.talk, post, self.account.settings, seconds=seconds)

    async def _known(self, post: Post) -> str:
        upload = self._upload(post)
        return str(upload.state.get("id") or "") or await upload.look()

    async def _film(self, number: str, part: str) -> Mapping[str, Any] | None:
        try:
            found = await self.talk.read("videos", {"part": part, "id": number})
        except Wrong as wrong:
            raise TryLater(f"YouTube does not let us look: {wrong.says}") from None
        rows = found.get("items")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise TryLater("YouTube answered with something that is not a list.")
        return rows[0] if rows else None

    async def _sound(self, number: str) -> None:
        """What YouTube thinks of the film, told ahead of the moment."""
        status = inner(await self._film(number, "status"), "status") or {}
        if inner(status, "uploadStatus") in ("failed", "rejected"):
            why = inner(status, "failureReason") or inner(status, "rejectionReason") or "no reason given"
            raise Refused(
                f"YouTube cannot use the film ({self.talk.clean(why)}).",
                shown="Delete it on YouTube, put another file into the statement, and have it approved.",
            )

    async def _set(self, number: str, privacy: str, *, writes: bool) -> dict[str, Any]:
        body = {"id": number, "status": status_of(privacy, self.account.settings)}
        return await self.talk.call(
            "PUT", "/youtube/v3/videos", params={"part": "status"}, body=body, writes=writes
        )

    def _refused(self, wrong: Wrong) -> Refused:
        if wrong.status == 404:
            return Refused(
                "The film that was uploaded ahead is no longer on YouTube.",
                shown="Somebody may have deleted it there. Look, and decide.",
            )
        return Refused(f"YouTube refuses to make the film public: {wrong.says} ({wrong.reason})")

    async def _comments(self, params: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            page = await self.talk.read("commentThreads", params)
        except Wrong as wrong:
            raise Refused(f"YouTube does not show the comments: {wrong.says}") from None
        if not isinstance(page.get("items", []), list):
            raise TryLater("YouTube answered with something that is not a list.")
        return page


def _url(number: str) -> str:
    return f"https://www.youtube.com/watch?v={number}"


def _sent(number: str) -> Sent:
    return Sent(number, _url(number), datetime.now(UTC))


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _comments(thread: Any) -> Sequence[Incoming]:
    top = inner(thread, "snippet", "topLevelComment")
    answers = inner(thread, "replies", "comments")
    both = [top, *(answers if isinstance(answers, list) else ())]
    return [one for one in map(_comment, both) if one is not None]


def _comment(value: Any) -> Incoming | None:
    at = _moment(inner(value, "snippet", "publishedAt"))
    number, text = inner(value, "id"), inner(value, "snippet", "textOriginal")
    text = text if isinstance(text, str) else inner(value, "snippet", "textDisplay")
    if at is None or not isinstance(number, str) or not isinstance(text, str):
        return None
    film = str(inner(value, "snippet", "videoId") or "")
    parent = str(inner(value, "snippet", "parentId") or "")
    changed = _moment(inner(value, "snippet", "updatedAt"))
    return Incoming(
        number,
        text,
        at,
        url=f"{_url(film)}&lc={number}",
        in_reply_to=parent or film,
        author=str(inner(value, "snippet", "authorDisplayName") or ""),
        author_id=str(inner(value, "snippet", "authorChannelId", "value") or ""),
        conversation=film,
        edited=changed if changed and changed > at else None,
    )
