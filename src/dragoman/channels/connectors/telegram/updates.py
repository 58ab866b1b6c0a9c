"""What Telegram tells a bot of a channel's discussion group. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Batch, Incoming


def batch(said: object, chat: Mapping[str, Any], cursor: str) -> Batch:
    """The texts of people, and where to go on: Telegram forgets what lies before when asked next."""
    found: list[Incoming] = []
    following = int(cursor or 0)
    for update in said if isinstance(said, list) else []:
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            continue
        following = max(following, update["update_id"] + 1)
        message = update.get("message")
        if isinstance(message, dict):
            found += _incoming(message, chat)
    return Batch(tuple(found), str(following) if following else cursor)


def _incoming(message: Mapping[str, Any], chat: Mapping[str, Any]) -> list[Incoming]:
    where = message.get("chat")
    if not isinstance(where, dict) or where.get("id") != chat.get("linked_chat_id"):
        return []
    text, number, date = (
        message.get("text") or message.get("caption"),
        message.get("message_id"),
        message.get("date"),
    )
    if (
        message.get("is_automatic_forward")
        or not text
        or not isinstance(number, int)
        or not isinstance(date, int)
    ):
        return []
    language = (message.get("from") or {}).get("language_code", "")
    return [
        Incoming(
            outside_id=f"{where['id']}:{number}",
            text=str(text),
            at=datetime.fromtimestamp(date, UTC),
            lang=str(language or ""),
            url=f"https://t.me/{where['username']}/{number}" if where.get("username") else "",
            in_reply_to=_answers(message, chat),
        )
    ]


def _answers(message: Mapping[str, Any], chat: Mapping[str, Any]) -> str:
    """Our own post, which Telegram has copied into the group by itself."""
    before = message.get("reply_to_message")
    origin = before.get("forward_origin") if isinstance(before, dict) else None
    if not isinstance(origin, dict) or (origin.get("chat") or {}).get("id") != chat.get("id"):
        return ""
    return f"{chat['id']}:{origin.get('message_id')}"
