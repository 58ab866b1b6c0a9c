"""Telegram's Bot API, as its description (version 10.1) has it, and as strict.

It keeps what was posted but lets no bot read it back, takes the same text twice, and deletes for 48 hours.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tests.fakes.network import Asked, Network, Says, route

TOKEN = "123456:AAH-of_the_bot"
BOT_ID = 123456
CHAT_ID = -1001234567890
GROUP_ID = -1009876543210
NAME = "ministry_example"
MAX = 4096
MAX_CAPTION = 1024
MAX_PHOTO = 10_000_000


@dataclass
class Kept:
    """One message of the channel."""

    id: int
    text: str
    date: int
    entities: list[dict[str, Any]]
    photo: bytes = b""
    silent: bool = False
    preview: dict[str, Any] | None = None


class FakeTelegram(Network):
    kind = "telegram"

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.name = NAME
        self.chat_id = CHAT_ID
        self.status = "administrator"
        self.may_post = True
        self.moved_to = 0
        self.kept: dict[int, Kept] = {}
        self.updates: list[dict[str, Any]] = []
        self._last = 100

    # --- for tests ---

    def settings(self) -> dict[str, str]:
        return {"channel": f"@{NAME}", "service": self.url}

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        return self.settings(), {"token": TOKEN}, {}

    def comment(self, text: str, *, under: int = 0, group: int = GROUP_ID) -> None:
        """Somebody writes in the discussion group, under one of our messages."""
        self._last += 1
        person = {"id": 5, "is_bot": False, "first_name": "A", "language_code": "uk"}
        message: dict[str, Any] = {
            "message_id": self._last,
            "date": int(time.time()),
            "chat": {"id": group, "type": "supergroup", "title": "Talk"},
            "from": person,
            "text": text,
        }
        if under:
            origin = {"type": "channel", "date": 1, "chat": self._chat(), "message_id": under}
            message["reply_to_message"] = {
                "message_id": 7,
                "date": 1,
                "chat": message["chat"],
                "is_automatic_forward": True,
                "forward_origin": origin,
            }
        self.updates.append({"update_id": 9000 + len(self.updates), "message": message})

    def copied(self, post: int) -> int:
        """Telegram copies a post of the channel into the group; the number of the copy."""
        self._last += 1
        origin = {"type": "channel", "date": 1, "chat": self._chat(), "message_id": post}
        self.updates.append(
            {
                "update_id": 9000 + len(self.updates),
                "message": {
                    "message_id": self._last,
                    "date": int(time.time()),
                    "chat": {"id": GROUP_ID, "type": "supergroup", "title": "Talk"},
                    "sender_chat": self._chat(),
                    "is_automatic_forward": True,
                    "forward_origin": origin,
                    "text": "Ours",
                },
            }
        )
        return self._last

    def write(self, text: str, *, name: str = "message", **more: Any) -> None:
        """Somebody writes to the bot itself, or changes what they wrote."""
        message = {
            "message_id": 11,
            "date": 1_790_000_000,
            "chat": {"id": 5, "type": "private", "first_name": "A"},
            "from": {"id": 5, "is_bot": False, "first_name": "A", "username": "ana", "language_code": "uk"},
            "text": text,
            **more,
        }
        self.updates.append({"update_id": 9000 + len(self.updates), name: message})

    # --- methods ---

    @route("POST", "/bot{token}/getMe", "getMe")
    def get_me(self, asked: Asked) -> Says:
        bot = {"id": BOT_ID, "is_bot": True, "first_name": "Ministry desk", "username": "ministry_desk_bot"}
        return self._refused(asked) or _ok(bot)

    @route("POST", "/bot{token}/getChat", "getChat")
    def get_chat(self, asked: Asked) -> Says:
        more = {
            "accent_color_id": 1,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": True,
                "limited_gifts": True,
                "unique_gifts": True,
                "premium_subscription": True,
                "gifts_from_channels": True,
            },
            "linked_chat_id": GROUP_ID,
        }
        return self._refused(asked) or self._no_chat(asked.json["chat_id"]) or _ok(self._chat() | more)

    @route("POST", "/bot{token}/getChatMember", "getChatMember")
    def get_chat_member(self, asked: Asked) -> Says:
        refused = self._refused(asked) or self._no_chat(asked.json["chat_id"])
        if refused:
            return refused
        user = {"id": asked.json["user_id"], "is_bot": True, "first_name": "Ministry desk"}
        if self.status != "administrator":
            return _ok({"status": self.status, "user": user})
        rights = (
            *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages"),
            *("can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_change_info"),
            *("can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories"),
        )
        member = {"status": "administrator", "user": user, **dict.fromkeys(rights, False)}
        return _ok(member | {"can_post_messages": self.may_post})

    @route("POST", "/bot{token}/sendMessage", "sendMessage")
    def send_message(self, asked: Asked) -> Says:
        body = asked.json
        refused = self._may_not(asked, body["chat_id"]) or _wrong_text(body.get("text", ""), MAX, empty=False)
        if refused:
            return refused
        entities = body.get("entities", [])
        return _wrong_entities(body["text"], entities) or _ok(
            self._keep(body["text"], entities, body.get("disable_notification", False), b"", body)
        )

    @route("POST", "/bot{token}/sendPhoto", "sendPhoto")
    def send_photo(self, asked: Asked) -> Says:
        form = {name: value.decode("utf-8", "replace") for name, value in asked.multipart.items()}
        caption = form.get("caption", "")
        entities = json.loads(form.get("caption_entities", "[]"))
        photo = asked.multipart["photo"]
        refused = (
            self._may_not(asked, form["chat_id"])
            or _wrong_text(caption, MAX_CAPTION)
            or _wrong_entities(caption, entities)
            or _wrong_photo(photo)
        )
        silent = form.get("disable_notification") == "true"
        return refused or _ok(self._keep(caption, entities, silent, photo))

    @route("POST", "/bot{token}/sendMediaGroup", "sendMediaGroup")
    def send_media_group(self, asked: Asked) -> Says:
        media = json.loads(asked.multipart["media"])
        refused = self._may_not(asked, asked.multipart["chat_id"].decode())
        if refused:
            return refused
        if not 2 <= len(media) <= 10:
            return _bad("Bad Request: wrong number of messages in the album")
        made = []
        for each in media:
            photo = asked.multipart[each["media"].removeprefix("attach://")]
            caption, entities = each.get("caption", ""), each.get("caption_entities", [])
            wrong = (
                _wrong_text(caption, MAX_CAPTION) or _wrong_entities(caption, entities) or _wrong_photo(photo)
            )
            if wrong:
                return wrong
            made.append((caption, entities, photo))
        return _ok([self._keep(caption, entities, False, photo) for caption, entities, photo in made])

    @route("POST", "/bot{token}/deleteMessage", "deleteMessage")
    def delete_message(self, asked: Asked) -> Says:
        refused = self._refused(asked) or self._no_chat(asked.json["chat_id"])
        if refused:
            return refused
        number = asked.json["message_id"]
        if number not in self.kept or str(number) in self.gone:
            return _bad("Bad Request: message to delete not found")
        if time.time() - self.kept[number].date > 48 * 3600:
            return _bad("Bad Request: message can't be deleted")
        self.gone.add(str(number))
        return _ok(True)

    @route("POST", "/bot{token}/getUpdates", "getUpdates")
    def get_updates(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        offset = asked.json.get("offset", 0)
        self.updates = [each for each in self.updates if each["update_id"] >= offset]
        return _ok(self.updates[: asked.json.get("limit", 100)])

    # --- inside ---

    def _chat(self) -> dict[str, Any]:
        named = {"username": self.name} if self.name else {}
        return {"id": self.chat_id, "type": "channel", "title": "Ministry", **named}

    def _keep(
        self,
        text: str,
        entities: list[dict[str, Any]],
        silent: bool,
        photo: bytes = b"",
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        self._last += 1
        preview = (body or {}).get("link_preview_options")
        kept = Kept(self._last, text, int(time.time()), entities, photo, silent, preview)
        self.kept[kept.id] = kept
        self.make(str(kept.id), text)
        message: dict[str, Any] = {
            "message_id": kept.id,
            "date": kept.date,
            "chat": self._chat(),
            "sender_chat": self._chat(),
        }
        if photo:
            size = {"file_id": f"f{kept.id}", "file_unique_id": f"u{kept.id}", "width": 4, "height": 4}
            return message | {"photo": [size]} | ({"caption": text} if text else {})
        return message | {"text": text} | ({"entities": entities} if entities else {})

    def _may_not(self, asked: Asked, chat: object) -> Says | None:
        refused = self._refused(asked) or self._no_chat(chat)
        if refused:
            return refused
        if self.status in ("left", "kicked"):
            return _bad(f"Forbidden: bot was {self.status} from the channel chat", 403)
        if self.status != "administrator" or not self.may_post:
            return _bad("Bad Request: need administrator rights in the channel chat")
        return None

    def _no_chat(self, chat: object) -> Says | None:
        if self.moved_to and str(chat) != str(self.moved_to):
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            return _bad(description, 400, {"migrate_to_chat_id": self.moved_to})
        known = (str(self.chat_id), f"@{self.name}", str(self.moved_to))
        return None if str(chat) in known else _bad("Bad Request: chat not found")

    def _refused(self, asked: Asked) -> Says | None:
        return None if asked.parts["token"] == self.token else self.expired()

    def expired(self) -> Says:
        return _bad("Unauthorized", 401)

    def limited(self) -> Says:
        description = f"Too Many Requests: retry after {self.limit_seconds}"
        return _bad(description, 429, {"retry_after": self.limit_seconds})

    def missing(self, asked: Asked) -> Says:
        return _bad("Not Found", 404)


def _ok(result: Any) -> Says:
    return Says(200, {"ok": True, "result": result})


def _bad(description: str, status: int = 400, parameters: dict[str, Any] | None = None) -> Says:
    value: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return Says(status, value | ({"parameters": parameters} if parameters else {}))


def _wrong_text(text: str, limit: int, *, empty: bool = True) -> Says | None:
    if not text.strip() and not empty:
        return _bad("Bad Request: message text is empty")
    return _bad("Bad Request: message is too long") if len(text.strip()) > limit else None


def _wrong_entities(text: str, entities: list[dict[str, Any]]) -> Says | None:
    units = text.encode("utf-16-le")
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if not 0 <= start < end <= len(units) // 2:
            return _bad("Bad Request: entity is outside of the text")
        try:
            units[2 * start : 2 * end].decode("utf-16-le")
        except UnicodeDecodeError:
            return _bad("Bad Request: entity begins or ends in the middle of a UTF-16 symbol")
    return None


def _wrong_photo(photo: bytes) -> Says | None:
    return None if 0 < len(photo) <= MAX_PHOTO else _bad("Bad Request: PHOTO_INVALID_DIMENSIONS")
