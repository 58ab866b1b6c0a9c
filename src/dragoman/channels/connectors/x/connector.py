"""One account on X.

X knows no key of ours: what forbids a second post is that we look before we send again, and that X refuses
the same words twice (403, "duplicate content", without saying where they are). So a post is known by its
words in our own timeline, from a little before its frozen moment on; a thread by its first post, and by the
words of the others within that conversation.
"""

import re
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
    Receipt,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
    WebhookCall,
)
from dragoman.channels.connectors.x import hooks, rendering
from dragoman.channels.connectors.x.kind import KIND
from dragoman.channels.connectors.x.media import upload
from dragoman.channels.connectors.x.reading import Reader
from dragoman.channels.connectors.x.talk import DEFAULT_SITE, Talk, Wrong
from dragoman.channels.connectors.x.timeline import parts_out
from dragoman.lib.http import Door
from dragoman.lib.steps import step

# Later than this after its moment a post is looked for before it is sent: it may be a second attempt.
FRESH = timedelta(seconds=20)
EARLIER = timedelta(minutes=5)
MARGIN = timedelta(minutes=10)

__all__ = ["KIND", "X", "connect"]


def connect(account: Account, door: Door) -> "X":
    """A connector for one account."""
    return X(account, door)


class X(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.reader = Reader(self.talk)
        self.session: Mapping[str, Any] = self.talk.session

    @property
    def handle(self) -> str:
        return self.account.settings.get("handle", "").lstrip("@")

    def render(self, piece: Piece) -> Rendition:
        settings = self.account.settings
        return rendering.render(
            piece,
            form=settings.get("form") or rendering.SUMMARY,
            link=settings.get("link") or rendering.LAST,
            plan=settings.get("plan") or rendering.PAY_PER_USE,
        )

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    # --- sign-in and health ---

    async def check(self) -> Health:
        me = await self._me()
        who, until = "@" + me["username"], None if self.talk.session.get("refresh") else self.talk.until
        if me["username"].lower() != self.handle.lower():
            says = f"Connected, but as {who} and not as @{self.handle}: nothing will be posted."
            return Health(False, says, who, until)
        return Health(True, "Connected.", who, until, ("post", "delete", "read"), self.talk.headroom())

    async def signed_in(self, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """The tokens, once they are seen to belong to the account that this channel is for."""
        self.talk.session |= dict(tokens)
        me = await self._me()
        if me["username"].lower() != self.handle.lower():
            raise self._another(me["username"])
        return {**tokens, "user_id": me["id"], "username": me["username"]}

    async def _me(self) -> dict[str, str]:
        try:
            said = await self.talk.call("GET", "/2/users/me")
        except Wrong as wrong:
            raise Refused(f"X refuses: {wrong.says}", account=True, shown=_CONNECT) from None
        data = said.get("data")
        found = (
            {name: str(data.get(name, "")) for name in ("id", "username")} if isinstance(data, dict) else {}
        )
        if not all(found.values()) or not found:
            raise TryLater("X did not say whose sign-in this is.")
        self.talk.session |= {"user_id": found["id"], "username": self.talk.clean(found["username"])}
        return found

    async def _user_id(self) -> str:
        """The account's lasting number. Posting under another name than the registered one is refused."""
        if not self.talk.session.get("user_id"):
            await self._me()
        username = str(self.talk.session.get("username", self.handle))
        if username.lower() != self.handle.lower():
            raise self._another(username)
        return str(self.talk.session["user_id"])

    def _another(self, username: str) -> Refused:
        return Refused(
            f"The sign-in is that of @{self.talk.clean(username)}, and this channel is @{self.handle}.",
            shown="Connect the right account, or mend the name in the settings if the account was renamed.",
            account=True,
        )

    # --- one post ---

    async def prepare(self, post: Post) -> Prepared:
        """Looks whose sign-in it is and uploads the pictures. Nothing becomes visible."""
        await self._user_id()
        self._room_for(post)
        media, seconds = await self._upload(post)
        good = datetime.now(UTC) + max(timedelta(0), timedelta(seconds=seconds) - MARGIN)
        return Prepared(post, {"media": media}, good)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        await self._user_id()
        done = await self._already_out(post)
        media: Sequence[str] = ()
        if not done:
            fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
            media = prepared.data.get("media", ()) if fresh else (await self._upload(post))[0]
        for number in range(len(done), len(post.rendition.parts)):
            try:
                done.append(await self._post(post, number, done, media))
            except port.ChannelError as problem:
                self._remember(post, done)
                raise _with_progress(problem, len(done), len(post.rendition.parts)) from None
            step(f"x.part-{number + 1}")
        return self._sent(done, datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        done = await self._look(post)
        if len(done) == len(post.rendition.parts):
            return self._sent(done, datetime.now(UTC))
        if not done:
            return None
        self._remember(post, done)
        raise Unsure(
            f"{len(done)} of {len(post.rendition.parts)} posts of the thread are out.",
            look_for=f"Look at {self._url(done[0])}. Sending again adds what is missing.",
        )

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Deletes every part, the last first, so that no reply stands without what it replies to."""
        await self._user_id()
        known = _parts_of(sent) if sent else []
        for number in reversed(known or await self._look(post) or _in_address(sent)):
            try:
                await self.talk.call("DELETE", f"/2/tweets/{number}")
            except Wrong as wrong:
                if wrong.status != 404:
                    raise Refused(
                        f"X refuses to delete the post: {wrong.says}",
                        shown=f"Delete {self._url(number)} by hand.",
                    ) from None

    def _room_for(self, post: Post) -> None:
        """Trouble is told ahead: by what X said last, is there room for all posts at the moment?"""
        needed = len(post.rendition.parts)
        for room in self.talk.headroom():
            if room.left < needed and room.resets is not None and room.resets > post.at:
                words = (
                    f"X takes {room.left} more posts until {room.resets:%H:%M} UTC, and this needs {needed}."
                )
                raise TryLater(words, when=room.resets)

    async def _upload(self, post: Post) -> tuple[list[str], int]:
        """The ids of the pictures, and for how many seconds they are good."""
        bytes_of = {picture.sha256: picture for picture in post.pictures if picture.data}
        media: list[str] = []
        kept = 24 * 3600
        for shown in post.rendition.parts[0].extra.get("pictures", ()):
            if shown["sha256"] not in bytes_of:
                raise Refused(
                    "A picture of the post is not among our files.", shown="Restore it from the backup."
                )
            number, seconds = await upload(self.talk, bytes_of[shown["sha256"]], shown["alt"])
            media.append(number)
            kept = min(kept, seconds)
        return media, kept

    async def _post(self, post: Post, number: int, done: list[str], media: Sequence[str]) -> str:
        body: dict[str, Any] = {"text": post.rendition.parts[number].text}
        before = done[-1] if done else post.reply_to
        if before:
            body["reply"] = {"in_reply_to_tweet_id": before}
        if media and not number:
            body["media"] = {"media_ids": list(media)}
        try:
            said = await self.talk.call("POST", "/2/tweets", json=body, writes=True)
        except Wrong as wrong:
            if wrong.status == 403 and "duplicate" in wrong.says.lower():
                return await self._duplicate(post, number)
            raise _refused(wrong, reply=bool(before), thread=bool(done)) from None
        except Unsure as unsure:
            raise Unsure(unsure.why, look_for=self._look_for(post, number)) from None
        data = said.get("data")
        made = str(data.get("id", "")) if isinstance(data, dict) else ""
        if not (made.isascii() and made.isdigit()):
            why = "X took the post but its answer does not name it."
            raise Unsure(why, look_for=self._look_for(post, number))
        return made

    async def _duplicate(self, post: Post, number: int) -> str:
        """X says that these words are out already. Which post is it?"""
        found = await self._look(post)
        if len(found) > number:
            return found[number]
        raise Unsure(
            "X says that this text was posted already, and our timeline does not show it.",
            look_for=self._look_for(post, number),
        )

    # --- looking ---

    async def _already_out(self, post: Post) -> list[str]:
        """What an earlier attempt has left. A first attempt at its moment does not lose time by looking."""
        kept = str(self.talk.session.get(_name(post), "")).split()
        if not kept and datetime.now(UTC) - post.at < FRESH:
            return []
        found = await self._look(post)
        return kept if len(kept) > len(found) else found

    async def _look(self, post: Post) -> list[str]:
        since = min(post.at, datetime.now(UTC)) - EARLIER
        posts, whole = await self.reader.own(await self._user_id(), since)
        found = parts_out(posts, [part.text for part in post.rendition.parts])
        if not whole and len(found) < len(post.rendition.parts):
            raise TryLater("There are more posts in our timeline on X than it lets us read back.")
        return found

    def _remember(self, post: Post, done: list[str]) -> None:
        """How far a thread came, under a name of its own: two deliveries never write over each other's."""
        if done:
            self.talk.session[_name(post)] = " ".join(done)

    def _look_for(self, post: Post, number: int) -> str:
        begins = " ".join(post.rendition.parts[number].text.split())[:120]
        return f"Look at {self._url('')} for the post that begins: “{begins}”."

    def _sent(self, done: list[str], at: datetime) -> Sent:
        return Sent(done[0], self._url(done[0]), at, {"parts": done, "names": done})

    def _url(self, number: str) -> str:
        site = (self.account.settings.get("site") or DEFAULT_SITE).rstrip("/")
        return f"{site}/{self.handle}/status/{number}" if number else f"{site}/{self.handle}"

    # --- what comes in ---

    async def fetch(self, cursor: str) -> Batch:
        return await self.reader.mentions(await self._user_id(), cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return await self.reader.look_back(await self._user_id(), since)

    async def vanished(self, outside_ids: Sequence[str]) -> Sequence[port.Gone]:
        return await self.reader.vanished(outside_ids)

    async def figures(self, sent: Sent) -> Figures:
        return await self.reader.figures(sent.remote_id)

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | port.Gone | Receipt]:
        secret = self.account.secrets.get("consumer_secret", "")
        return hooks.read(call, secret, own=str(self.talk.session.get("user_id", "")))

    def challenge(self, query: Mapping[str, str]) -> str:
        return hooks.challenge(query, self.account.secrets.get("consumer_secret", ""))


_CONNECT = "Connect the channel again, and look at the app's permissions."


def _parts_of(sent: Sent) -> list[str]:
    """The ids of the parts as X gave them; none where a person has found the post."""
    return [str(each) for each in (sent.extra.get("parts") or [sent.remote_id]) if each]


def _in_address(sent: Sent | None) -> list[str]:
    """The id in the address that a person has given."""
    found = re.search(r"/status/([0-9]{1,19})(?:\D|$)", sent.url) if sent else None
    return [found.group(1)] if found else []


def _name(post: Post) -> str:
    return f"out:{post.key}"


def _refused(wrong: Wrong, *, reply: bool, thread: bool) -> Refused:
    if reply and wrong.status == 403:
        shown = (
            "The first posts of the thread are out. Finish it by hand on X, or withdraw it."
            if thread
            else "Except on the Enterprise plan, X takes a reply by API only where the author has mentioned "
            "the account. Answer by hand on X."
        )
        return Refused(f"X refuses the reply: {wrong.says}", shown=shown)
    return Refused(f"X refuses the post: {wrong.says}")


def _with_progress(problem: port.ChannelError, done: int, all_parts: int) -> port.ChannelError:
    if done and all_parts > 1:
        problem.why = f"{problem.why} {done} of {all_parts} posts of the thread are out."
    return problem
