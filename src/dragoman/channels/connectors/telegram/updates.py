"""What Telegram tells a bot: of a discussion group, and of what people write to the bot itself. Pure.

Telegram tells no bot that a message was deleted (core.telegram.org/bots/api, Update).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Batch, Incoming

PAGE = 100
ASKED = ("message", "edited_message")
ATTACHED = ("photo", "video", "document", "voice", "audio", "video_note", "animation", "sticker")
START = "/start"  # what an app sends when somebody opens the bot
# Threads of the discussion group of which it is remembered to which post of ours they belong.
MOST_THREADS = 300


def batch(said: object, chat: Mapping[str, Any], cursor: str, threads: dict[str, str], bot: str) -> Batch:
    """The texts of people, and where to go on: Telegram forgets what lies before when asked next.

    `threads` is kept between readings: the message in the group under which people comment, and our post.
    """
    found: list[Incoming] = []
    following = int(cursor or 0)
    updates = said if isinstance(said, list) else []
    for update in updates:
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            continue
        following = max(following, update["update_id"] + 1)
        for name in ASKED:
            message = update.get(name)
            if isinstance(message, dict):
                found += _incoming(message, chat, threads, bot)
    for old in list(threads)[:-MOST_THREADS]:
        del threads[old]
    return Batch(tuple(found), str(following) if following else cursor, more=len(updates) >= PAGE)


def _incoming(
    message: Mapping[str, Any], chat: Mapping[str, Any], threads: dict[str, str], bot: str
) -> list[Incoming]:
    where, number, date = _dict(message.get("chat")), message.get("message_id"), message.get("date")
    private = where.get("type") == "private"
    if not (private or (where.get("id") is not None and where.get("id") == chat.get("linked_chat_id"))):
        return []
    if message.get("is_automatic_forward"):
        # Telegram has copied our own post into the group: people comment under the copy.
        if post := _own_post(message, chat):
            threads[str(number)] = post
        return []
    text, writer = message.get("text") or message.get("caption"), _dict(message.get("from"))
    ours = str(writer.get("id")) == bot or _dict(message.get("sender_chat")).get("id") == chat.get("id")
    if not text or text == START or ours or not isinstance(number, int) or not isinstance(date, int):
        return []
    edited = message.get("edit_date")
    before = _dict(message.get("reply_to_message"))
    root = threads.get(str(message.get("message_thread_id"))) or _own_post(before, chat)
    return [
        Incoming(
            outside_id=f"{where['id']}:{number}",
            text=str(text),
            at=datetime.fromtimestamp(date, UTC),
            lang=str(writer.get("language_code") or ""),
            url=f"https://t.me/{where['username']}/{number}" if where.get("username") and not private else "",
            in_reply_to="" if private else _own_post(before, chat) or _comment(before, where) or root,
            author=_name(writer),
            author_id=str(writer.get("id") or ""),
            conversation="" if private else root,
            edited=datetime.fromtimestamp(edited, UTC) if isinstance(edited, int) else None,
            private=private,
            attachments=sum(1 for name in ATTACHED if message.get(name)),
        )
    ]


def _comment(message: Mapping[str, Any], where: Mapping[str, Any]) -> str:
    """Somebody else's comment that is answered."""
    number = message.get("message_id")
    return f"{where['id']}:{number}" if isinstance(number, int) else ""


def _own_post(message: Mapping[str, Any], chat: Mapping[str, Any]) -> str:
    origin = _dict(message.get("forward_origin"))
    if _dict(origin.get("chat")).get("id") != chat.get("id") or not isinstance(origin.get("message_id"), int):
        return ""
    return f"{chat['id']}:{origin['message_id']}"


def _name(writer: Mapping[str, Any]) -> str:
    if writer.get("username"):
        return f"@{writer['username']}"
    return " ".join(str(writer[name]) for name in ("first_name", "last_name") if writer.get(name))


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
