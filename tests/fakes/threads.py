"""Threads as its documentation has it: containers with states, publication once, replies, limits."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar

from tests.fakes.graph import ACCOUNT, SECRET, Graph, Thing
from tests.fakes.network import Asked, Says, route

from dragoman.lib.text.unicode_re import regex

LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?')]", re.IGNORECASE)
EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3\ufe0f]")
CLIENT = "990602627938098"


def weight(text: str) -> int:
    """Characters, emojis as their bytes."""
    return sum(len(each.encode()) if EMOJI.search(each) else len(each) for each in regex.findall(r"\X", text))


class Threads(Graph):
    """One profile. `polls` is how often a container says that it is not ready yet."""

    kind: ClassVar[str] = "threads"

    def __init__(self) -> None:
        super().__init__()
        self.polls = 0
        self.quota = 250
        self.loses: int = 0  # containers that the network will lose: 24/4279009 at publication
        self.exchanged: list[str] = []
        self.token_days = 60

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """What the desk would have entered: settings, secrets, sign-in."""
        settings = {"client_id": CLIENT, "service": self.url, "authorize_at": self.url}
        return settings, {"client_secret": SECRET, "webhook_token": "a word of ours"}, self.session()

    def posts(self) -> list[Thing]:
        return [thing for thing in self.things.values() if "container" in thing.fields]

    def state_of(self, thing: Thing) -> str:
        if thing.fields.get("published"):
            return "PUBLISHED"
        if thing.fields["error"]:
            return "ERROR"
        if thing.at < self.now - timedelta(hours=24):
            return "EXPIRED"
        return "IN_PROGRESS" if thing.fields["polls"] > 0 else "FINISHED"

    # --- profile and sign-in ---

    @route("GET", "/v1.0/me", "me")
    def me(self, asked: Asked) -> Says:
        return self.guard(asked) or Says(200, {"id": ACCOUNT, "username": "ministry"})

    @route("GET", "/access_token", "exchange")
    def exchange(self, asked: Asked) -> Says:
        given = asked.query
        if given.get("client_secret") != self.secret or given.get("grant_type") != "th_exchange_token":
            return self.error(101, "Error validating client secret.")
        self.exchanged.append(given.get("access_token", ""))
        return self._fresh()

    @route("GET", "/refresh_access_token", "refresh")
    def refresh(self, asked: Asked) -> Says:
        if asked.query.get("access_token") != self.token or self.ran_out:
            return self.error(190, "Error validating access token", subcode=0 if not self.ran_out else 463)
        return self._fresh()

    def _fresh(self) -> Says:
        self.token = f"THAAfresh{len(self.calls)}"
        seconds = self.token_days * 86400
        return Says(200, {"access_token": self.token, "token_type": "bearer", "expires_in": seconds})

    @route("GET", "/v1.0/me/threads_publishing_limit", "limit")
    def limit(self, asked: Asked) -> Says:
        used = len([at for at in self.made_today if at > self.now - timedelta(hours=24)])
        row: dict[str, Any] = {
            "quota_usage": used,
            "config": {"quota_total": self.quota, "quota_duration": 86400},
        }
        row |= {"reply_quota_usage": 0, "reply_config": {"quota_total": 1000, "quota_duration": 86400}}
        row |= {"delete_quota_usage": 0, "delete_config": {"quota_total": 100, "quota_duration": 86400}}
        wanted = asked.query.get("fields", "").split(",")
        return self.guard(asked) or Says(200, {"data": [{k: v for k, v in row.items() if k in wanted}]})

    # --- publishing ---

    @route("POST", "/v1.0/me/threads", "container")
    def container(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "threads_content_publish"):
            return wrong
        form = asked.form
        if wrong := self._wrong(form):
            return wrong
        error = ""
        if form["media_type"] == "IMAGE":
            error = self.download(form["image_url"], formats=("JPEG", "PNG"))
        made = self.put(form, error=error, polls=self.polls)
        return Says(200, {"id": made.id})

    def _wrong(self, form: Any) -> Says | None:  # noqa: PLR0911 - one answer for each rule of the network
        kind, text = form.get("media_type", ""), form.get("text", "")
        if kind not in ("TEXT", "IMAGE", "CAROUSEL"):
            return self.error(100, "(#100) Param media_type must be one of TEXT, IMAGE, VIDEO, CAROUSEL")
        if kind == "TEXT" and not text:
            return self.error(100, "(#100) The parameter text is required")
        if kind == "IMAGE" and not form.get("image_url"):
            return self.error(100, "(#100) The parameter image_url is required")
        if weight(text) > 500:
            return self.error(100, "Param text must be at most 500 characters long.")
        found = set(LINK.findall(text)) | ({form["link_attachment"]} if "link_attachment" in form else set())
        if len(found) > 5:
            return self.error(100, "THREADS_API__LINK_LIMIT_EXCEEDED")
        if "link_attachment" in form and kind != "TEXT":
            return self.error(100, "(#100) link_attachment is for text-only posts")
        topic = form.get("topic_tag", "x")
        if not 1 <= len(topic) <= 50 or set(topic) & set(".&"):
            return self.error(100, "(#100) Param topic_tag is not valid")
        if len(form.get("alt_text", "")) > 1000:
            return self.error(100, "(#100) Param alt_text must be at most 1000 characters long")
        if "reply_to_id" in form and form["reply_to_id"] not in self.things:
            return self.nothing(form["reply_to_id"])
        return self._wrong_children(form) if kind == "CAROUSEL" else None

    def _wrong_children(self, form: Any) -> Says | None:
        children = form.get("children", "").split(",")
        if not 2 <= len(children) <= 20:
            return self.error(100, "(#100) A carousel has 2 to 20 children")
        for child in children:
            thing = self.things.get(child)
            if not thing or "is_carousel_item" not in thing.fields or self.state_of(thing) != "FINISHED":
                return self.error(24, "The requested resource does not exist", subcode=4279009)
        return None

    @route("POST", "/v1.0/me/threads_publish", "publish")
    def publish(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "threads_content_publish"):
            return wrong
        thing = self.things.get(asked.form.get("creation_id", ""))
        if thing and self.loses:
            self.loses -= 1
            del self.things[thing.id]
            thing = None
        if not thing or "error" not in thing.fields or self.state_of(thing) != "FINISHED":
            return self.error(
                24,
                "The requested resource does not exist",
                subcode=4279009,
                words="The media cannot be found.",
            )
        if len([at for at in self.made_today if at > self.now - timedelta(hours=24)]) >= self.quota:
            return self.error(
                4,
                "Application request limit reached",
                subcode=2207051,
                words="Reached the daily limit of posts.",
            )
        thing.fields["published"] = True
        self.made_today.append(self.now)
        text = thing.fields.get("text", "")
        post = self.put({"container": thing.id, "text": text, "form": dict(thing.fields)})
        self.make(post.id, text, thing.id)
        return Says(200, {"id": post.id})

    # --- reading ---

    @route("GET", "/v1.0/me/threads", "list")
    def threads(self, asked: Asked) -> Says:
        roots = [post for post in self.posts() if "reply_to_id" not in post.fields["form"]]
        return self.guard(asked) or self.page(asked, roots, lambda row: self.show(row, asked))

    @route("GET", "/v1.0/me/replies", "list")
    def replies(self, asked: Asked) -> Says:
        rows = [post for post in self.posts() if "reply_to_id" in post.fields["form"]]
        return self.guard(asked, "threads_read_replies") or self.page(
            asked, rows, lambda row: self.show(row, asked)
        )

    @route("GET", "/v1.0/{id}/conversation", "conversation")
    def conversation(self, asked: Asked) -> Says:
        rows = [
            thing for thing in self.things.values() if thing.fields.get("replied_to") == asked.parts["id"]
        ]
        rows += [p for p in self.posts() if p.fields["form"].get("reply_to_id") == asked.parts["id"]]
        return self.guard(asked, "threads_read_replies") or self.page(
            asked, rows, lambda row: self.show(row, asked)
        )

    @route("GET", "/v1.0/{id}/insights", "insights")
    def insights(self, asked: Asked) -> Says:
        names = asked.query.get("metric", "").split(",")
        if set(names) - {"views", "likes", "replies", "reposts", "quotes", "shares"}:
            return self.error(
                100, "(#100) metric must be one of views, likes, replies, reposts, quotes, shares"
            )
        rows = [{"name": name, "period": "lifetime", "values": [{"value": 7}]} for name in names]
        return self.guard(asked, "threads_manage_insights") or Says(200, {"data": rows})

    @route("GET", "/v1.0/{id}", "read")
    def read(self, asked: Asked) -> Says:
        if wrong := self.guard(asked):
            return wrong
        thing = self.things.get(asked.parts["id"])
        if thing is None or (thing.id in self.gone):
            return self.error(24, "The requested resource does not exist", subcode=4279009)
        if "error" not in thing.fields:
            if "status" in asked.query.get("fields", ""):
                return self.error(100, "Tried accessing nonexisting field (status)")
            return Says(200, self.show(thing, asked))
        state = self.state_of(thing)
        thing.fields["polls"] -= 1
        value = {"status": state, "id": thing.id}
        return Says(200, {**value, "error_message": thing.fields["error"]} if state == "ERROR" else value)

    @route("DELETE", "/v1.0/{id}", "delete")
    def delete(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "threads_delete"):
            return wrong
        thing = self.things.get(asked.parts["id"])
        if thing is None or "container" not in thing.fields or thing.id in self.gone:
            return self.nothing(asked.parts["id"])
        self.gone.add(thing.id)
        return Says(200, {"success": True, "deleted_id": thing.id})

    def show(self, post: Thing, asked: Asked) -> dict[str, Any]:
        to = post.fields.get("replied_to")
        whole = {
            "id": post.id,
            "text": post.fields["text"],
            "timestamp": self.stamp(post.at),
            "permalink": f"https://www.threads.com/@ministry/post/{post.id[-6:]}",
            "has_replies": any(t.fields.get("replied_to") == post.id for t in self.things.values()),
            "is_reply_owned_by_me": "container" in post.fields,
            **({"replied_to": {"id": to}} if to else {}),
        }
        wanted = asked.query.get("fields", "id").split(",")
        return {name: value for name, value in whole.items() if name in wanted or name == "id"}

    def somebody_answers(self, post: str, text: str) -> str:
        """Somebody of the public replies."""
        return self.put({"text": text, "replied_to": post}).id
