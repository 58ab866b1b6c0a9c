"""A Facebook Page as the documentation has it: photos ahead, posts, comments, duplicates refused, a proof of
the app's secret with every call."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from datetime import timedelta
from typing import Any, ClassVar

from PIL import Image
from tests.fakes.graph import SECRET, Graph, Thing
from tests.fakes.network import Asked, Says, route

CLIENT = "990602627938098"
PAGE = "102030405060708"
PERSON = "EAABperson-of-the-fake"
V = "/v25.0"


class Facebook(Graph):
    """One Page. `others` are Pages that the person has besides; `blind` is a link that cannot be read."""

    kind: ClassVar[str] = "facebook"

    def __init__(self) -> None:
        super().__init__()
        self.has_role = True
        self.insights_end = False
        self.blind = ""
        self.told: list[str] = []
        self.tasks = ["CREATE_CONTENT", "MODERATE", "ANALYZE"]

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """What the desk would have entered: settings, secrets, sign-in."""
        settings = {
            "page": PAGE,
            "client_id": CLIENT,
            "service": self.url,
            "authorize_at": self.url,
            "version": "v25.0",
        }
        session = {"access": self.token, "access_since": self.session()["access_since"]}
        return settings, {"client_secret": SECRET, "webhook_token": "a word of ours"}, session

    def posts(self) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.fields.get("kind") == "post"]

    def guard(self, asked: Asked, scope: str = "") -> Says | None:
        """Besides the token, its proof."""
        wrong = super().guard(asked, scope)
        if wrong:
            return wrong
        proof = hmac.new(self.secret.encode(), asked.bearer.encode(), hashlib.sha256).hexdigest()
        if self._given(asked).get("appsecret_proof") != proof:
            return self.error(100, "Invalid appsecret_proof provided in the API argument")
        return None

    def _given(self, asked: Asked) -> dict[str, str]:
        if asked.method in ("GET", "DELETE"):
            return dict(asked.query)
        if asked.headers.get("content-type", "").startswith("multipart/"):
            return {name: value.decode("utf-8", "replace") for name, value in asked.multipart.items()}
        return dict(asked.form)

    # --- sign-in ---

    @route("POST", V + "/oauth/access_token", "exchange")
    def exchange(self, asked: Asked) -> Says:
        form = asked.form
        right = form.get("client_id") == CLIENT and form.get("client_secret") == self.secret
        if not right or form.get("grant_type") != "fb_exchange_token" or not form.get("fb_exchange_token"):
            return self.error(1, "Error validating client secret.")
        return Says(200, {"access_token": PERSON, "token_type": "bearer", "expires_in": 60 * 86400})

    @route("GET", V + "/me/accounts", "accounts")
    def accounts(self, asked: Asked) -> Says:
        if asked.bearer != PERSON:
            return self.error(190, "Invalid OAuth access token")
        rows: list[dict[str, Any]] = [
            {"id": "1", "name": "Embassy", "access_token": "x", "tasks": ["ANALYZE"]}
        ]
        if asked.query.get("after") and self.has_role:
            rows = [{"id": PAGE, "name": "Ministry", "access_token": self.token, "tasks": self.tasks}]
        paging: dict[str, Any] = {"cursors": {"after": "1"}}
        if not asked.query.get("after"):
            paging["next"] = f"{self.url}{V}/me/accounts?access_token={PERSON}&after=1"
        return Says(200, {"data": rows, "paging": paging})

    @route("POST", V + "/{page}/subscribed_apps", "subscribe")
    def subscribe(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "pages_manage_metadata"):
            return wrong
        self.told.append(asked.form["subscribed_fields"])
        return Says(200, {"success": True})

    # --- publishing ---

    @route("POST", V + "/{page}/photos", "photo")
    def photo(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "pages_manage_posts"):
            return wrong
        form = self._given(asked)
        if form.get("published") != "false":
            return self.error(100, "The fake takes unpublished photos only")
        try:
            with Image.open(io.BytesIO(asked.multipart["source"])) as image:
                image.verify()
        except (OSError, KeyError, SyntaxError):
            return self.error(324, "Missing or invalid image file", subcode=2069019)
        return Says(200, {"id": self.put({"kind": "photo", "alt": form.get("alt_text_custom", "")}).id})

    @route("POST", V + "/{page}/feed", "feed")
    def feed(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "pages_manage_posts"):
            return wrong
        form = asked.form
        if wrong := self._wrong(asked.parts["page"], form):
            return wrong
        made = self._post("post", form["message"], photos=self._photos(form), link=form.get("link", ""))
        return Says(200, {"id": made.id})

    def _photos(self, form: Any) -> list[str]:
        names = sorted(name for name in form if name.startswith("attached_media["))
        return [str(json.loads(form[name])["media_fbid"]) for name in names]

    def _wrong(self, page: str, form: Any) -> Says | None:  # noqa: PLR0911 - one answer for each rule
        message, photos = form.get("message", ""), self._photos(form)
        if page != PAGE:
            return self.nothing(page)
        if not message or len(message) > 63206:
            return self.error(100, "(#100) Param message must be between 1 and 63206 characters long")
        if form.get("link") and photos:
            return self.error(100, "(#100) link and attached_media cannot be used together")
        if form.get("link") and form["link"] == self.blind:
            return self.error(100, "Error scraping the link", subcode=1609005)
        for photo in photos:
            thing = self.things.get(photo)
            if not thing or thing.fields["kind"] != "photo" or thing.at < self.now - timedelta(hours=24):
                return self.error(100, f"(#100) No such photo: {photo}")
        last = max(self.posts(), key=lambda one: (one.at, one.id), default=None)
        if last and last.id not in self.gone and last.fields["message"] == message:
            return self.error(506, "(#506) Duplicate status message")
        return None

    def _post(self, kind: str, message: str, **more: Any) -> Thing:
        made = self.put({"kind": kind, "message": message, "from": PAGE, **more})
        del self.things[made.id]
        made.id = f"{PAGE}_{made.id}"
        self.things[made.id] = made
        self.make(made.id, message)
        return made

    @route("POST", V + "/{id}/comments", "comment")
    def comment(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "pages_manage_engagement"):
            return wrong
        if asked.parts["id"] not in self.things:
            return self.nothing(asked.parts["id"])
        made = self._post("comment", asked.form["message"], under=asked.parts["id"])
        return Says(200, {"id": made.id})

    @route("DELETE", V + "/{id}", "delete")
    def delete(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "pages_manage_posts"):
            return wrong
        wanted = asked.parts["id"]
        if wanted not in self.things or wanted in self.gone:
            return self.nothing(wanted)
        self.gone.add(wanted)
        return Says(200, {"success": True})

    # --- reading ---

    @route("GET", V + "/{page}/feed", "list")
    def written(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "pages_read_engagement"):
            return wrong
        rows = [thing for thing in self.things.values() if thing.fields.get("kind") in ("post", "visitor")]
        return self._shown(asked, rows)

    @route("GET", V + "/{id}/comments", "list")
    def comments(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "pages_read_user_content"):
            return wrong
        rows = [thing for thing in self.things.values() if thing.fields.get("under") == asked.parts["id"]]
        return self._shown(asked, rows)

    def _shown(self, asked: Asked, rows: Any) -> Says:
        found = self.page(asked, [row for row in rows if row.id not in self.gone], self._row)
        paging = found.value.get("paging", {}) if found.status == 200 else {}
        if "next" in paging:  # as the network does: the address of the next page holds the token
            paging["next"] += f"&access_token={asked.bearer}&limit={asked.query.get('limit')}"
            del paging["cursors"]
        return found

    def _row(self, thing: Thing) -> dict[str, Any]:
        under = [one for one in self.things.values() if one.fields.get("under") == thing.id]
        under.sort(key=lambda one: (one.at, one.id), reverse=True)
        inline: dict[str, Any] = {"data": [self._row(one) for one in under[:100]]}
        if len(under) > 100:
            inline["paging"] = {"next": f"{self.url}/v25.0/{thing.id}/comments?after=100&access_token=x"}
        return {
            "id": thing.id,
            "message": thing.fields.get("message", ""),
            "created_time": self.stamp(thing.at),
            "permalink_url": f"https://www.facebook.com/{PAGE}/posts/{thing.id[-6:]}",
            "from": {"id": thing.fields["from"], "name": "?"},
            **({"comments": inline} if under else {}),
        }

    @route("GET", V + "/{id}/insights", "insights")
    def insights(self, asked: Asked) -> Says:
        if wrong := self.guard(asked, "read_insights"):
            return wrong
        if self.insights_end:
            return self.error(100, "(#100) The value must be a valid insights metric")
        names = asked.query["metric"].split(",")
        return Says(200, {"data": [{"name": name, "values": [{"value": 7}]} for name in names]})

    @route("GET", V + "/{id}", "read")
    def read(self, asked: Asked) -> Says:
        if wrong := self.guard(asked):
            return wrong
        usage = {PAGE: [{"type": "pages", "call_count": 30, "estimated_time_to_regain_access": 0}]}
        headers = (("x-business-use-case-usage", json.dumps(usage)),)
        if asked.parts["id"] == PAGE:
            return Says(200, {"id": PAGE, "name": "Ministry", "is_published": True}, headers)
        thing = self.things.get(asked.parts["id"])
        if thing is None or thing.id in self.gone:
            return self.nothing(asked.parts["id"])
        if "reactions" in asked.query.get("fields", ""):
            value = {"id": thing.id, "shares": {"count": 3}}
            counts = {name: {"data": [], "summary": {"total_count": 5}} for name in ("reactions", "comments")}
            return Says(200, {**value, **counts})
        return Says(200, self._row(thing))

    def somebody_writes(self, post: str, message: str, sender: str = "77") -> str:
        """Somebody, or the Page itself, under a post."""
        return self.put({"kind": "comment", "message": message, "from": sender, "under": post}).id
