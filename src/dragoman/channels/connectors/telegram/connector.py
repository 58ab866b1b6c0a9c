"""One Telegram channel, written to by a bot.

A bot cannot read back what it has posted, and Telegram takes the same text as often as it comes. So a lost
answer goes to a person, with words on what to look for; of a text in several messages, those that are surely
out are kept in the session, and sending again begins after them.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Batch,
    Health,
    Picture,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.telegram import rendering, updates
from dragoman.channels.connectors.telegram.kind import KIND
from dragoman.channels.connectors.telegram.talk import RIGHTS, Talk, Wrong
from dragoman.lib.http import Door
from dragoman.lib.multipart import File
from dragoman.lib.pictures import within
from dragoman.lib.problems import Problem
from dragoman.lib.steps import step

__all__ = ["KIND", "Telegram", "connect"]

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def connect(account: Account, door: Door) -> "Telegram":
    """A connector for one channel."""
    return Telegram(account, door)


class Telegram(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.kept: dict[str, Any] = dict(account.session)
        self.session: Mapping[str, Any] = self.kept

    @property
    def named(self) -> str:
        """The channel as the settings have it."""
        return self.account.settings.get("channel", "").strip()

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece, form=self.account.settings.get("form") or rendering.WHOLE)

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    # --- the channel and the bot ---

    async def check(self) -> Health:
        try:
            bot = await self.talk.call("getMe", {})
            chat = await self._chat()
            member = await self._member(chat["id"])
        except Wrong as wrong:
            raise Refused(f"Telegram refuses: {wrong.says}", shown=RIGHTS, account=True) from None
        name = f"@{chat['username']}" if chat.get("username") else str(chat.get("title", chat["id"]))
        who = f"{self.talk.clean(name)}, by @{self.talk.clean(_dict(bot).get('username', ''))}"
        may = _may(chat, member)
        if "post" not in may:
            return Health(False, "The bot is no administrator of the channel with the right to post.", who)
        if self.named.startswith("@") and self.named.lower() != name.lower():
            says = f"The channel is called {self.talk.clean(name)} by now. Mend its name in the settings."
            return Health(True, says, who, may=may)
        return Health(True, "The bot may post.", who, may=may)

    async def _chat(self) -> dict[str, Any]:
        """The channel, by its lasting number once that is known: its name may change."""
        chat = _dict(await self.talk.call("getChat", {"chat_id": self._chat_id()}))
        if not isinstance(chat.get("id"), int):
            raise TryLater("Telegram did not say which channel this is.")
        self.kept |= {"chat_id": chat["id"], "chat_of": self.named}
        if chat.get("linked_chat_id"):
            self.kept["linked_chat_id"] = chat["linked_chat_id"]
        return chat

    def _chat_id(self) -> int | str:
        if self.kept.get("chat_of") == self.named and isinstance(self.kept.get("chat_id"), int):
            return int(self.kept["chat_id"])
        return self.named if self.named.startswith("@") else int(self.named or 0)

    async def _member(self, chat_id: int) -> dict[str, Any]:
        body = {"chat_id": chat_id, "user_id": self.talk.bot_id}
        return _dict(await self.talk.call("getChatMember", body))

    # --- one post ---

    async def prepare(self, post: Post) -> Prepared:
        """Looks whether the bot may post. Telegram has no way to bring pictures before the message."""
        try:
            chat = await self._chat()
            member = await self._member(chat["id"])
        except Wrong as wrong:
            raise Refused(f"Telegram refuses: {wrong.says}", shown=RIGHTS, account=True) from None
        if "post" not in _may(chat, member):
            raise Refused("The bot may not post in the channel.", shown=RIGHTS, account=True)
        return Prepared(post)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        parts = post.rendition.parts
        done = self._out(post)
        for number in range(len(done), len(parts)):
            try:
                done.append(await self._say(post, number))
            except port.ChannelError as problem:
                self._remember(post, done, doubt=isinstance(problem, Unsure))
                raise _with_progress(problem, len(done), len(parts)) from None
            step(f"telegram.part-{number + 1}")
        ids = [number for each in done for number in each["ids"]]
        chat = done[0]["chat"]
        names = [f"{chat['id']}:{number}" for number in ids]
        extra = {"chat": chat, "messages": ids, "names": names}
        return Sent(names[0], _url(chat, ids[0]), datetime.now(UTC), extra)

    async def find(self, post: Post) -> Sent | None:
        raise Unsure(
            "A bot cannot read back what it has posted.",
            look_for=self._look_for(post, len(self._out(post))),
        )

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Deletes every message, the last first. What is not there any more is no failure."""
        known = _confirmed(sent) if sent else []
        in_doubt = not known
        known = known or self._out(post)
        await self._delete(known)
        if in_doubt and (not known or self.kept.get(f"doubt:{post.key}")):
            raise Refused(
                "The desk does not know the number of the message whose answer was lost, if it is there.",
                shown=f"{self._look_for(post, len(known))} If it is there, delete it by hand.",
            )

    async def _delete(self, known: list[dict[str, Any]]) -> None:
        for chat, number in reversed([(each["chat"], number) for each in known for number in each["ids"]]):
            try:
                await self.talk.call("deleteMessage", {"chat_id": chat["id"], "message_id": number})
            except Wrong as wrong:
                if "not found" not in wrong.says.lower():
                    raise Refused(
                        f"Telegram does not let the bot delete the message: {wrong.says}",
                        shown=f"After 48 hours only a person may. Delete {_url(chat, number)} by hand.",
                    ) from None

    async def _say(self, post: Post, number: int) -> dict[str, Any]:
        """One message or album: which channel it is in, and its numbers."""
        method, body, files = self._message(post, number)
        try:
            said = await self.talk.call(method, body, files=files, writes=True)
        except Wrong as wrong:
            raise self._refused(wrong) from None
        except Unsure as unsure:
            raise Unsure(unsure.why, look_for=self._look_for(post, number)) from None
        messages = [_dict(each) for each in said] if isinstance(said, list) else [_dict(said)]
        ids = [each.get("message_id") for each in messages]
        chat = _dict(messages[0].get("chat")) if messages else {}
        if not ids or not all(isinstance(each, int) for each in ids) or not isinstance(chat.get("id"), int):
            why = "Telegram took the message but its answer does not name it."
            raise Unsure(why, look_for=self._look_for(post, number))
        return {"chat": {name: chat[name] for name in ("id", "username") if name in chat}, "ids": ids}

    def _message(self, post: Post, number: int) -> tuple[str, dict[str, Any], dict[str, File]]:
        part = post.rendition.parts[number]
        entities = list(part.extra.get("entities", ()))
        body: dict[str, Any] = {"chat_id": self._chat_id()}
        if number:
            body["disable_notification"] = True
        shown = part.extra.get("pictures", ())
        if not shown:
            body |= {"text": part.text, "link_preview_options": dict(part.extra.get("preview", {}))}
            return "sendMessage", body | ({"entities": entities} if entities else {}), {}
        files = self._files(post, [str(each["sha256"]) for each in shown])
        caption: dict[str, Any] = {"caption": part.text} if part.text else {}
        caption |= {"caption_entities": entities} if entities else {}
        if len(files) == 1:
            return "sendPhoto", _texts(body | caption), {"photo": files[0]}
        media: list[dict[str, Any]] = [
            {"type": "photo", "media": f"attach://p{n}", **(caption if n == 0 else {})}
            for n in range(len(files))
        ]
        named = {f"p{n}": file for n, file in enumerate(files)}
        return "sendMediaGroup", _texts(body | {"media": media}), named

    def _files(self, post: Post, digests: list[str]) -> list[File]:
        found = {picture.sha256: picture for picture in post.pictures if picture.data}
        if any(digest not in found for digest in digests):
            raise Refused(
                "A picture of the post is not among our files.", shown="Restore it from the backup."
            )
        return [_file(found[digest], number) for number, digest in enumerate(digests, 1)]

    def _refused(self, wrong: Wrong) -> port.ChannelError:
        if wrong.moved_to is not None:
            self.kept |= {"chat_id": wrong.moved_to, "chat_of": self.named}
            return TryLater("Telegram has given the channel a new number; it is used from now on.")
        return Refused(f"Telegram refuses the message: {wrong.says}")

    # --- what is surely out ---

    def _out(self, post: Post) -> list[dict[str, Any]]:
        """The messages of an earlier attempt that Telegram has confirmed."""
        kept = self.kept.get(f"out:{post.key}")
        return [_dict(each) for each in kept] if isinstance(kept, list) else []

    def _remember(self, post: Post, done: list[dict[str, Any]], *, doubt: bool) -> None:
        # Under names of their own, so that two deliveries never write over each other's.
        if done:
            self.kept[f"out:{post.key}"] = done
        if doubt:
            self.kept[f"doubt:{post.key}"] = True

    def _look_for(self, post: Post, number: int) -> str:
        part = post.rendition.parts[min(number, len(post.rendition.parts) - 1)]
        where = f"https://t.me/{self.named.lstrip('@')}" if self.named.startswith("@") else "the channel"
        begins = " ".join(part.text.split())[:120]
        return f"Look at {where} for the message that begins: “{begins}”."

    # --- what comes in ---

    async def fetch(self, cursor: str) -> Batch:
        """What people write under our posts, where there is a discussion group and the bot is in it, and what
        they write to the bot itself."""
        body: dict[str, Any] = {"limit": updates.PAGE, "timeout": 0, "allowed_updates": list(updates.ASKED)}
        if cursor:
            body["offset"] = int(cursor)
        try:
            chat = await self._chat()
            said = await self.talk.call("getUpdates", body)
        except Wrong as wrong:
            raise TryLater(f"Telegram does not let us read: {wrong.says}") from None
        threads = {str(name): str(post) for name, post in _dict(self.kept.get("threads")).items()}
        found = updates.batch(said, chat, cursor, threads, str(self.talk.bot_id))
        if threads:
            self.kept["threads"] = threads
        return found


def _file(picture: Picture, number: int) -> File:
    """The picture as a file, made smaller only where Telegram would not take it."""
    try:
        data, media_type = within(picture.data, picture.media_type, max_bytes=rendering.MAX_PICTURE_BYTES)
    except Problem as problem:
        raise Refused(problem.detail, shown="Put another picture into the statement.") from None
    return File(f"picture-{number}.{_ENDINGS.get(media_type, 'jpg')}", media_type, data)


def _confirmed(sent: Sent) -> list[dict[str, Any]]:
    """The messages that Telegram has named; none where a person has found the post."""
    if "chat" not in sent.extra:
        return []
    return [{"chat": sent.extra["chat"], "ids": sent.extra["messages"]}]


def _may(chat: Mapping[str, Any], member: Mapping[str, Any]) -> tuple[str, ...]:
    if member.get("status") == "creator":
        return ("post", "delete")
    if member.get("status") != "administrator":
        return ()
    if chat.get("type") == "channel" and not member.get("can_post_messages"):
        return ()
    return ("post", "delete")


def _texts(body: Mapping[str, Any]) -> dict[str, Any]:
    """A form has texts only: all else travels as JSON inside it."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}


def _url(chat: Mapping[str, Any], number: int) -> str:
    if chat.get("username"):
        return f"https://t.me/{chat['username']}/{number}"
    return f"https://t.me/c/{str(chat['id']).removeprefix('-100')}/{number}"


def _dict(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _with_progress(problem: port.ChannelError, done: int, all_parts: int) -> port.ChannelError:
    if done and all_parts > 1:
        problem.why = f"{problem.why} {done} of {all_parts} messages are out."
    return problem
