"""One account on a server that speaks the Mastodon API.

Every post carries our key as `Idempotency-Key`. Mastodon remembers a key for one hour; GoToSocial was seen
to ignore it, and Pixelfed is said to. So a lost answer is settled by looking for the text among the account's
own posts since the moment, and what is not found is for a person to decide: it is not sent again blindly.
"""

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Batch,
    Figures,
    Headroom,
    Health,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.mastodon import reading, receiving, rendering
from dragoman.channels.connectors.mastodon.kind import KIND
from dragoman.channels.connectors.mastodon.talk import Talk, Wrong, reset
from dragoman.lib.http import Door
from dragoman.lib.steps import step

__all__ = ["KIND", "Mastodon", "connect"]

MEDIA_KEPT = timedelta(hours=12)  # the server sweeps files that no post names, after about a day
CLOCKS = timedelta(minutes=5)
SECOND_TRY = timedelta(minutes=1)
PAGE, PAGES = 40, 10
WAIT_FOR_MEDIA = 30.0
ALT_LIMIT = 1500


def connect(account: Account, door: Door) -> "Mastodon":
    """A connector for one account."""
    return Mastodon(account, door)


class Mastodon(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.session: Mapping[str, Any] = self.talk.session

    def render(self, piece: Piece) -> Rendition:
        settings = self.account.settings
        return rendering.render(
            piece,
            rendering.Rules(
                limit=_number(settings.get("max_characters"), rendering.MAX_CHARACTERS),
                per_link=_number(settings.get("url_characters"), rendering.PER_LINK),
                form=settings.get("form") or rendering.SUMMARY,
                warning=(settings.get("warning") or "").strip(),
                visibility=settings.get("visibility") or "public",
            ),
        )

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    async def check(self) -> Health:
        me = await self._me()
        headroom = _headroom(self.talk.headers)
        server = await self._server()
        says = " ".join(["Signed in.", *self._differences(server), *_verified(me)])
        return Health(True, says, self._name(me), None, _may(server), headroom)

    async def prepare(self, post: Post) -> Prepared:
        """Signs in and uploads the pictures."""
        await self._account_id()
        media = await self._upload(post)
        return Prepared(post, {"media": media}, datetime.now(UTC) + MEDIA_KEPT)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
        media = prepared.data.get("media", []) if fresh else await self._upload(post)
        done = await self._begun(post)
        texts = [part.text for part in post.rendition.parts]
        for number in range(len(done), len(texts)):
            try:
                done.append(await self._post(post, number, done, media if number == 0 else ()))
            except port.ChannelError as problem:
                raise self._with_progress(problem, post, done) from None
            self._keep(post, done)
            step(f"mastodon.part-{number + 1}")
        return self._sent(done)

    async def find(self, post: Post) -> Sent | None:
        posts, whole = await self._own(post.at - CLOCKS)
        texts = [part.text for part in post.rendition.parts]
        found = reading.chain(posts, texts, post.reply_to)
        if len(found) == len(texts):
            return self._sent(found)
        if not whole:
            raise Unsure(
                "The account has posted too much since to look through.",
                look_for=f"A post that begins: {texts[0][:200]}",
            )
        return None

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Deletes every part, the last first. What is not there is deleted with success as well."""
        # Of a post that a person has found only that is known.
        ids = [str(one) for one in (sent.extra.get("parts") or [sent.remote_id]) if one] if sent else []
        if not ids:
            posts, _ = await self._own(post.at - CLOCKS)
            texts = [part.text for part in post.rendition.parts]
            ids = [str(one["id"]) for one in reading.chain(posts, texts, post.reply_to)]
        for one in reversed(ids):
            try:
                await self.talk.change("DELETE", f"/api/v1/statuses/{one}", writes=False)
            except Wrong as wrong:
                if wrong.status not in (404, 410):
                    raise Refused(f"{self.talk.host} refuses to delete the post: {wrong.says}") from None

    async def fetch(self, cursor: str) -> Batch:
        return await receiving.fetch(self.talk, await self._account_id(), cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return await receiving.look_back(self.talk, await self._account_id(), since, cursor)

    async def vanished(self, outside_ids: Sequence[str]) -> Sequence[port.Gone]:
        return await receiving.vanished(self.talk, outside_ids)

    async def figures(self, sent: Sent) -> Figures:
        try:
            found = await self.talk.read(f"/api/v1/statuses/{sent.remote_id}")
        except Wrong as wrong:
            raise Refused(f"{self.talk.host} does not show the post: {wrong.says}") from None
        names = {"favourites": "favourites_count", "boosts": "reblogs_count", "replies": "replies_count"}
        value = found if isinstance(found, dict) else {}
        counts = {ours: value[theirs] for ours, theirs in names.items() if isinstance(value.get(theirs), int)}
        return Figures(counts, datetime.now(UTC))

    # --- the account and its server ---

    async def _me(self) -> Mapping[str, Any]:
        try:
            me = await self.talk.read("/api/v1/accounts/verify_credentials")
        except Wrong as wrong:
            raise Refused(f"{self.talk.host} refuses: {wrong.says}", account=True) from None
        if not isinstance(me, dict) or not isinstance(me.get("id"), str) or not me["id"]:
            raise TryLater(f"{self.talk.host} did not say whose sign-in this is.")
        self.talk.session |= {"id": me["id"], "name": self._name(me)}
        return me

    async def _account_id(self) -> str:
        return str(self.talk.session.get("id") or (await self._me())["id"])

    def _name(self, me: Mapping[str, Any]) -> str:
        return f"@{self.talk.clean(me.get('acct') or me.get('username') or '')}@{self.talk.host}"

    async def _server(self) -> Mapping[str, Any]:
        """What the server says about itself; servers before Mastodon 4 only know the first version."""
        try:
            found = await self.talk.open("/api/v2/instance")
        except Wrong:
            try:
                found = await self.talk.open("/api/v1/instance")
            except Wrong:
                return {}
        value = found.get("configuration") if isinstance(found, dict) else None
        return value if isinstance(value, dict) else {}

    def _differences(self, server: Mapping[str, Any]) -> list[str]:
        """Where the settings and the server disagree, in words that say what to do."""
        statuses = server.get("statuses") if isinstance(server.get("statuses"), dict) else {}
        pairs = (
            ("max_characters", "max_characters", rendering.MAX_CHARACTERS, "characters a post"),
            ("url_characters", "characters_reserved_per_url", rendering.PER_LINK, "characters a link counts"),
        )
        said = []
        for ours, theirs, usual, words in pairs:
            there = (statuses or {}).get(theirs)
            here = _number(self.account.settings.get(ours), usual)
            if isinstance(there, int) and there != here:
                said.append(f"The server says {there} {words}, the channel's settings say {here}: mend them.")
        return said

    # --- posting ---

    async def _upload(self, post: Post) -> list[str]:
        return [
            await self._upload_one(picture)
            for picture in post.pictures[: rendering.MAX_PICTURES]
            if picture.data
        ]

    async def _upload_one(self, picture: port.Picture) -> str:
        fields = {"description": picture.alt[:ALT_LIMIT]} if picture.alt else {}
        try:
            status, found = await self.talk.upload(picture.data, picture.media_type, fields)
            media = found.get("id") if isinstance(found, dict) else None
            if not isinstance(media, str) or not media:
                raise TryLater(f"{self.talk.host} took the picture but did not say how to name it.")
            waited = 0.0
            while status in (202, 206):
                if waited > WAIT_FOR_MEDIA:
                    raise TryLater(f"{self.talk.host} is still busy with the picture.")
                await asyncio.sleep(0.5)
                waited += 0.5
                status = await self.talk.state_of(media)
        except Wrong as wrong:
            raise Refused(
                f"{self.talk.host} refuses the picture: {wrong.says}",
                shown="Put another picture into the statement, or a smaller one.",
            ) from None
        return media

    async def _post(
        self, post: Post, number: int, done: Sequence[Mapping[str, Any]], media: Sequence[str]
    ) -> Mapping[str, Any]:
        part = post.rendition.parts[number]
        body: dict[str, Any] = {"status": part.text, "visibility": part.extra.get("visibility", "public")}
        if part.extra.get("warning"):
            body |= {"spoiler_text": part.extra["warning"], "sensitive": True}
        if post.lang:
            body["language"] = post.lang.partition("-")[0]
        if media:
            body["media_ids"] = list(media)
        if done or post.reply_to:
            body["in_reply_to_id"] = str(done[-1]["id"]) if done else post.reply_to
        headers = {"idempotency-key": f"dragoman/{post.key}/{number}"}
        try:
            found = await self.talk.change("POST", "/api/v1/statuses", body, writes=True, headers=headers)
        except Wrong as wrong:
            raise self._refused(wrong) from None
        if not reading.is_post(found):
            raise Unsure(
                f"{self.talk.host} took the post but its answer does not name it.",
                look_for=f"A post that begins: {part.text[:200]}",
            )
        return _slim(found)

    def _refused(self, wrong: Wrong) -> port.ChannelError:
        if "not finished processing" in wrong.says:
            return TryLater(f"{self.talk.host} is still busy with the picture.")
        if "character limit" in wrong.says.lower():
            return Refused(
                f"{self.talk.host} says that the text is too long: {wrong.says}",
                shown="Press Check now on the channel's page: it says how long a post may be on this server.",
            )
        if wrong.status == 410:
            return Refused(f"The account is gone from {self.talk.host}: {wrong.says}", account=True)
        return Refused(f"{self.talk.host} refuses the post: {wrong.says}")

    async def _begun(self, post: Post) -> list[Mapping[str, Any]]:
        """What is out already of a thread that was cut short; a single post that failed is surely not out."""
        if len(post.rendition.parts) == 1:
            return []
        kept = self.talk.session.get(_slot(post.key))
        if isinstance(kept, dict) and kept.get("key") == post.key:
            return list(kept.get("done", ()))
        if datetime.now(UTC) - post.at < SECOND_TRY:
            return []
        posts, _ = await self._own(post.at - CLOCKS)
        return [
            _slim(one) for one in reading.chain(posts, [p.text for p in post.rendition.parts], post.reply_to)
        ]

    def _keep(self, post: Post, done: Sequence[Mapping[str, Any]]) -> None:
        """Remember how far a thread has come, for the next attempt; forget it when it is whole."""
        if len(post.rendition.parts) > 1:
            whole = len(done) == len(post.rendition.parts)
            kept = {} if whole else {"key": post.key, "done": [dict(one) for one in done]}
            self.talk.session[_slot(post.key)] = kept

    def _sent(self, done: Sequence[Mapping[str, Any]]) -> Sent:
        first = done[0]
        url = str(first.get("url") or first.get("uri") or self.talk.service)
        ids = [str(one["id"]) for one in done]
        return Sent(ids[0], url, datetime.now(UTC), {"parts": ids, "names": ids})

    def _with_progress(
        self, problem: port.ChannelError, post: Post, done: Sequence[Any]
    ) -> port.ChannelError:
        if done:
            problem.why = (
                f"{problem.why} {len(done)} of {len(post.rendition.parts)} posts of the thread are out."
            )
        return problem

    # --- looking ---

    async def _own(self, since: datetime) -> tuple[list[Mapping[str, Any]], bool]:
        """The account's posts since then, newest first, and whether that is all of them."""
        path = f"/api/v1/accounts/{await self._account_id()}/statuses"
        found: list[Mapping[str, Any]] = []
        params = {"limit": str(PAGE), "exclude_reblogs": "true"}
        for _ in range(PAGES):
            page = await self._list(path, params)
            times = [reading.moment(one.get("created_at")) for one in page]
            found += [one for one, at in zip(page, times, strict=True) if at is None or at >= since]
            if not page or any(at is not None and at < since for at in times):
                return found, True
            params = {**params, "max_id": str(page[-1].get("id", ""))}
        return found, False

    async def _list(self, path: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        try:
            found = await self.talk.read(path, params)
        except Wrong as wrong:
            raise TryLater(f"{self.talk.host} does not let us look: {wrong.says}") from None
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise TryLater(f"{self.talk.host} answered with something that is not a list.")
        return found


def _number(value: object, usual: int) -> int:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else usual


def _slot(key: str) -> str:
    """Where the progress of a thread is kept. A few places, so that the session does not grow; who loses
    theirs to another finds the thread by its text."""
    return f"thread-{zlib.crc32(key.encode()) % 16}"


def _slim(post: Mapping[str, Any]) -> dict[str, Any]:
    return {name: post.get(name) for name in ("id", "url", "uri")}


def _headroom(headers: Mapping[str, str]) -> tuple[Headroom, ...]:
    left, limit = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-limit", "")
    if not (left.isdigit() and limit.isdigit()):
        return ()
    return (Headroom("calls", int(left), int(limit), reset(headers)),)


def _verified(me: Mapping[str, Any]) -> list[str]:
    """Pages that link back with rel=me, as the server has checked them."""
    fields = me.get("fields") if isinstance(me.get("fields"), list) else []
    shown = [
        reading.text_of(str(field.get("value", "")))
        for field in fields or []
        if isinstance(field, dict) and field.get("verified_at")
    ]
    return [f"Verified links: {', '.join(shown)}."] if shown else []


def _may(server: Mapping[str, Any]) -> tuple[str, ...]:
    statuses = server.get("statuses") if isinstance(server.get("statuses"), dict) else {}
    characters = (statuses or {}).get("max_characters", rendering.MAX_CHARACTERS)
    pictures = (statuses or {}).get("max_media_attachments", rendering.MAX_PICTURES)
    return (
        f"Post texts of {characters} characters, and threads of them",
        f"Put {pictures} pictures into a post, with words for those who cannot see them",
        "Delete its posts, and read what calls it by name, in public or in private",
    )
