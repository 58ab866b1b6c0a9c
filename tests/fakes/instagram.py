"""Instagram as its documentation has it: containers with states, publication once, JPEG only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from tests.fakes.graph import ACCOUNT, SECRET, Graph, Thing
from tests.fakes.network import Asked, Says, route

from dragoman.lib.text.unicode_re import regex

CLIENT = "990602627938098"
TAG = regex.compile(r"[#＃][\p{L}\p{M}\p{N}_]+")


class Instagram(Graph):
    """One professional account. `polls` is how often a container says that it is not ready yet; `hasty`, how
    often publication says so although it is."""

    kind: ClassVar[str] = "instagram"

    def __init__(self) -> None:
        super().__init__()
        self.polls = 0
        self.quota = 50
        self.loses = 0
        self.hasty = 0
        self.exchanged: list[str] = []
        self.told: list[str] = []

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """What the desk would have entered: settings, secrets, sign-in."""
        settings = {"client_id": CLIENT, "service": self.url, "authorize_at": self.url, "token_at": self.url}
        return settings, {"client_secret": SECRET, "webhook_token": "a word of ours"}, self.session()

    def posts(self) -> list[Thing]:
        return [thing for thing in self.things.values() if "container" in thing.fields]

    def state_of(self, thing: Thing) -> str:
        if thing.fields.get("published"):
            return "PUBLISHED"
        if thing.at < self.now - timedelta(hours=24):
            return "EXPIRED"
        return "IN_PROGRESS" if thing.fields["polls"] > 0 else "FINISHED"

    # --- account and sign-in ---

    @route("GET", "/v25.0/me", "me")
    def me(self, asked: Asked) -> Says:
        return self.guard(asked) or Says(200, {"id": "26", "user_id": ACCOUNT, "username": "ministry"})

    @route("GET", "/access_token", "exchange")
    def exchange(self, asked: Asked) -> Says:
        given = asked.query
        if given.get("client_secret") != self.secret or given.get("grant_type") != "ig_exchange_token":
            return self.error(101, "Error validating client secret.")
        self.exchanged.append(given.get("access_token", ""))
        return self._fresh()

    @route("GET", "/refresh_access_token", "refresh")
    def refresh(self, asked: Asked) -> Says:
        if asked.query.get("access_token") != self.token or self.ran_out:
            return self.error(190, "Error validating access token", subcode=463 if self.ran_out else 0)
        return self._fresh()

    def _fresh(self) -> Says:
        self.token = f"IGAAfresh{len(self.calls)}"
        return Says(200, {"access_token": self.token, "token_type": "bearer", "expires_in": 60 * 86400})

    @route("GET", "/v25.0/{user}/content_publishing_limit", "limit")
    def limit(self, asked: Asked) -> Says:
        row = {"quota_usage": self._used(), "config": {"quota_total": self.quota, "quota_duration": 86400}}
        return self.guard(asked) or Says(200, {"data": [row]})

    def _used(self) -> int:
        return len([at for at in self.made_today if at > self.now - timedelta(hours=24)])

    @route("POST", "/v25.0/{user}/subscribed_apps", "subscribe")
    def subscribe(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "instagram_business_manage_comments"):
            return wrong
        self.told.append(asked.form["subscribed_fields"])
        return Says(200, {"success": True})

    # --- publishing ---

    @route("POST", "/v25.0/{user}/media", "container")
    def container(self, asked: Asked) -> Says:
        wrong = self.guard(asked, "instagram_business_content_publish") or self._wrong(asked)
        if wrong:
            return wrong
        return Says(200, {"id": self.put(asked.form, status="", polls=self.polls).id})

    def _wrong(self, asked: Asked) -> Says | None:
        form = asked.form
        if asked.parts["user"] != ACCOUNT:
            return self.nothing(asked.parts["user"])
        caption = form.get("caption", "")
        if len(caption) > 2200:
            return self.error(36004, "The caption is too long.", subcode=2207010)
        if len(TAG.findall(caption)) > 5:
            return self.error(100, "Too many hashtags", subcode=2207040)
        if len(form.get("alt_text", "")) > 1000:
            return self.error(100, "(#100) Param alt_text must be at most 1000 characters long")
        if form.get("media_type") == "CAROUSEL":
            return self._wrong_children(form.get("children", "").split(","))
        return self._wrong_picture(form.get("image_url", ""))

    def _wrong_picture(self, url: str) -> Says | None:
        if not url:
            return self.error(100, "The parameter image_url is required")
        error = self.download(url, formats=("JPEG",))
        if error == "FAILED_DOWNLOADING_IMAGE":
            words = "The media could not be fetched from this URI."
            return self.error(9004, "Only photo or video can be accepted", subcode=2207052, words=words)
        if error:
            return self.error(36001, "The image format is not supported.", subcode=2207005)
        return None

    def _wrong_children(self, children: list[str]) -> Says | None:
        if not 2 <= len(children) <= 10:
            return self.error(100, "(#100) A carousel has 2 to 10 children")
        for child in children:
            thing = self.things.get(child)
            if not thing or "is_carousel_item" not in thing.fields or self.state_of(thing) != "FINISHED":
                return self.error(9007, "Media ID is not available", subcode=2207027)
        return None

    @route("POST", "/v25.0/{user}/media_publish", "publish")
    def publish(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "instagram_business_content_publish"):
            return wrong
        thing = self.things.get(asked.form.get("creation_id", ""))
        if thing and self.loses:
            self.loses -= 1
            del self.things[thing.id]
            thing = None
        if wrong := self._unpublishable(thing):
            return wrong
        assert thing is not None
        thing.fields["published"] = True
        self.made_today.append(self.now)
        caption = thing.fields.get("caption", "")
        post = self.put({"container": thing.id, "caption": caption, "form": dict(thing.fields)})
        self.make(post.id, caption, thing.id)
        return Says(200, {"id": post.id})

    def _unpublishable(self, thing: Thing | None) -> Says | None:
        if thing is None or "status" not in thing.fields or self.state_of(thing) == "PUBLISHED":
            return self.error(24, "The requested resource does not exist", subcode=2207008)
        if self.state_of(thing) == "EXPIRED":
            return self.error(-2, "The media you are trying to access has expired.", subcode=2207020)
        if self.state_of(thing) == "IN_PROGRESS" or self.hasty:
            self.hasty = max(0, self.hasty - 1)
            return self.error(9007, "Media ID is not available", subcode=2207027)
        if self._used() >= self.quota:
            return self.error(9, "Reached maximum number of posts", subcode=2207042, status=403)
        return None

    # --- reading ---

    @route("GET", "/v25.0/{user}/media", "list")
    def media(self, asked: Asked) -> Says:
        return self.guard(asked) or self.page(asked, self.posts(), lambda row: self.show(row, asked))

    @route("GET", "/v25.0/{id}/comments", "comments")
    def comments(self, asked: Asked) -> Says:
        post = asked.parts["id"]
        rows = [thing for thing in self.things.values() if thing.fields.get("under") == post]
        return self.guard(asked, "instagram_business_manage_comments") or self.page(
            asked, rows, lambda row: {"id": row.id, "timestamp": self.stamp(row.at), **row.fields["comment"]}
        )

    @route("GET", "/v25.0/{id}/insights", "insights")
    def insights(self, asked: Asked) -> Says:
        names = asked.query.get("metric", "").split(",")
        known = {"views", "reach", "likes", "comments", "saved", "shares", "total_interactions"}
        if set(names) - known:
            return self.error(100, f"(#100) metric[0] must be one of: {', '.join(sorted(known))}")
        rows = [{"name": name, "period": "lifetime", "values": [{"value": 7}]} for name in names]
        return self.guard(asked, "instagram_business_manage_insights") or Says(200, {"data": rows})

    @route("GET", "/v25.0/{id}", "read")
    def read(self, asked: Asked) -> Says:
        if wrong := self.guard(asked):
            return wrong
        thing = self.things.get(asked.parts["id"])
        if thing is None:
            return self.nothing(asked.parts["id"])
        if "status" not in thing.fields:
            return Says(200, self.show(thing, asked))
        state = self.state_of(thing)
        thing.fields["polls"] -= 1
        return Says(200, {"status_code": state, "status": thing.fields["status"] or state, "id": thing.id})

    def show(self, post: Thing, asked: Asked) -> dict[str, Any]:
        comments = [thing for thing in self.things.values() if thing.fields.get("under") == post.id]
        whole = {
            "id": post.id,
            "caption": post.fields["caption"],
            "timestamp": self.stamp(post.at),
            "permalink": f"https://www.instagram.com/p/{post.id[-6:]}/",
            "comments_count": len(comments),
        }
        wanted = asked.query.get("fields", "id").split(",")
        return {name: value for name, value in whole.items() if name in wanted or name == "id"}

    def somebody_writes(self, post: str, text: str, username: str = "somebody") -> str:
        """Somebody of the public, or we ourselves, under a post."""
        comment = {"text": text, "username": username, "from": {"id": "77", "username": username}}
        return self.put({"under": post, "comment": comment}).id
