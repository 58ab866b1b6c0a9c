"""One Facebook Page.

The network knows no key of ours: a post after a lost answer is looked for on the Page by its exact words, and
where it is not there, a person decides. Pictures are uploaded ahead, unpublished, so that at the moment one
call makes the post.

Made after developers.facebook.com/documentation/pages-api/posts and docs/graph-api/reference/page/photos,
November 2026.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Batch,
    Figures,
    Headroom,
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
from dragoman.channels.connectors.facebook import incoming, rendering, signin, timeline
from dragoman.channels.connectors.facebook.kind import KIND, SCOPES
from dragoman.channels.connectors.facebook.memory import Memory
from dragoman.channels.connectors.facebook.talk import CONNECT_AGAIN, Talk, Wrong, busiest
from dragoman.lib.http import Door
from dragoman.lib.steps import step

__all__ = ["KIND", "connect"]

KEPT = timedelta(hours=20)  # a picture that no post names is kept for a day
COUNTS = "shares,reactions.limit(0).summary(total_count),comments.limit(0).summary(total_count)"
# Reach and impressions were ended in June 2026; these are what Meta names in their place.
METRICS = "post_media_view,post_total_media_view_unique"
LEAVE = {
    "post": "pages_manage_posts",
    "read comments": "pages_read_user_content",
    "answer": "pages_manage_engagement",
    "read figures": "read_insights",
}
TOLD = "be told of comments at once"


def connect(account: Account, door: Door) -> "Facebook":
    """A connector for one Page."""
    return Facebook(account, door)


class Facebook(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.session: Mapping[str, Any] = self.talk.session
        self.memory = Memory(self.talk.session)
        self.page = account.settings.get("page", "")

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece, form=self.account.settings.get("form") or rendering.SUMMARY)

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    async def check(self) -> Health:
        try:
            found = await self.talk.read(self.page, {"fields": "id,name,is_published"})
        except Wrong as wrong:
            raise Refused(
                f"Facebook does not show the Page {self.page}: {wrong.says}",
                shown=CONNECT_AGAIN,
                account=True,
            ) from None
        who = self.talk.clean(found.get("name") or self.page)
        given = str(self.session.get("scope", "")) or " ".join(SCOPES)
        tasks = str(self.session.get("tasks", "")) or "CREATE_CONTENT"
        may = tuple(words for words, scope in LEAVE.items() if scope in given)
        if self.session.get("told") == "yes":
            may += (TOLD,)
        used = busiest(self.talk.usage)
        room = () if used is None else (Headroom("calls in an hour, per cent", max(0, 100 - used), 100),)
        if "post" not in may or not ({"CREATE_CONTENT", "MANAGE"} & set(tasks.split())):
            says = "Signed in, but without leave to post on the Page: connect again as somebody who may."
            return Health(False, says, who, None, may, room)
        if found.get("is_published") is False:
            return Health(False, "The Page is not published: nobody sees it.", who, None, may, room)
        return Health(True, "Signed in.", who, None, may, room)

    # --- one post ---

    async def prepare(self, post: Post) -> Prepared:
        """Uploads the pictures, unpublished. The network forgets those that no post names."""
        photos = []
        for picture in self._pictures(post):
            if not picture.data:
                raise TryLater("The picture is not at hand yet.")
            fields = {"published": "false", **({"alt_text_custom": picture.alt} if picture.alt else {})}
            try:
                found = await self.talk.upload(
                    f"{self.page}/photos", fields, picture.data, picture.media_type
                )
            except Wrong as wrong:
                raise Refused(f"Facebook refuses the picture: {wrong.says}") from None
            if not isinstance(found.get("id"), str) or not found["id"]:
                raise TryLater("Facebook took the picture but did not say how to name it.")
            photos.append(found["id"])
        return Prepared(post, {"photos": photos}, datetime.now(UTC) + KEPT)

    def _pictures(self, post: Post) -> Sequence[port.Picture]:
        return post.pictures[: int(post.rendition.parts[0].extra.get("pictures", 0))]

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
        photos = prepared.data.get("photos") if fresh else None
        if not isinstance(photos, list) or len(photos) != len(self._pictures(post)):
            photos = (await self.prepare(post)).data["photos"]
        edge = f"{post.reply_to}/comments" if post.reply_to else f"{self.page}/feed"
        try:
            found = await self.talk.do(edge, _fields(post, photos), writes=True)
        except Wrong as wrong:
            return await self._after_refusal(post, wrong)
        made = found.get("id")
        if not isinstance(made, str) or not made:
            raise _unsure("Facebook took the post, but its answer does not name it.", post)
        self.memory.keep(post.key, made)
        step("facebook.out")
        return await self._sent(made)

    async def _after_refusal(self, post: Post, wrong: Wrong) -> Sent:
        """“Posted already” may mean this very post, after an answer that was lost."""
        if wrong.no_preview:
            raise TryLater(f"Facebook could not read the page that the link leads to: {wrong.says}")
        if not wrong.duplicate:
            raise Refused(f"Facebook refuses the post: {wrong.says}") from None
        try:
            found = await timeline.look(self.talk, self.page, post, self.memory.of_others(post.key))
        except TryLater as problem:
            raise _unsure(problem.why, post) from None
        if not found:
            raise _unsure(
                f"Facebook says that this was posted already, but does not show it: {wrong.says}", post
            )
        self.memory.keep(post.key, found["id"])
        return await self._sent(found["id"])

    async def find(self, post: Post) -> Sent | None:
        known = self.memory.of(post.key)
        if not known:
            found = await timeline.look(self.talk, self.page, post, self.memory.of_others(post.key))
            if not found and timeline.too_early(post):
                raise TryLater("Facebook may not show yet what was posted a moment ago.")
            if not found:
                return None
            known = found["id"]
            self.memory.keep(post.key, known)
        return await self._sent(known)

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Deletes the post. What is not there is deleted with success as well."""
        known = sent.remote_id if sent else self.memory.of(post.key)
        if not known:
            found = await timeline.look(self.talk, self.page, post, self.memory.of_others(post.key))
            known = found["id"] if found else ""
        if known:
            try:
                await self.talk.delete(known)
            except Wrong as wrong:
                if not wrong.gone:
                    raise Refused(f"Facebook refuses to delete the post: {wrong.says}") from None

    async def _sent(self, made: str) -> Sent:
        """Nothing that fails here may look like a failure to post: the post is out."""
        url = f"https://www.facebook.com/{made}"
        try:
            found = await self.talk.read(made, {"fields": "permalink_url"})
            url = str(found.get("permalink_url") or url)
        except (Wrong, port.ChannelError):
            pass
        return Sent(made, url, datetime.now(UTC))

    # --- what comes in ---

    async def fetch(self, cursor: str) -> Batch:
        return await incoming.fetch(self.talk, self.page, cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return await incoming.look_back(self.talk, self.page, since)

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | port.Gone | Receipt]:
        return incoming.read(call, self.account.secrets.get("client_secret", ""), self.page)

    def challenge(self, query: Mapping[str, str]) -> str:
        return incoming.challenge(query, self.account.secrets.get("webhook_token", ""))

    async def figures(self, sent: Sent) -> Figures:
        """Reactions, comments and shares; views only where the network gives them (it asks for a hundred
        followers, and renames its counts every few years)."""
        try:
            counts = incoming.counts(await self.talk.read(sent.remote_id, {"fields": COUNTS}))
        except Wrong as wrong:
            raise Refused(f"Facebook gives no figures: {wrong.says}") from None
        with suppress(Wrong, Refused):
            params = {"metric": METRICS, "period": "lifetime"}
            counts |= incoming.counts(await self.talk.read(f"{sent.remote_id}/insights", params))
        return Figures(counts, datetime.now(UTC))

    # --- sign-in ---

    async def signed_in(self, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """A person signs in; what is kept is the Page's own token. Where a verify token was entered, the Page
        is asked to tell the app of comments; if it will not, they are read every while, and `check` shows
        it."""
        kept = await signin.page_token(self.talk, tokens)
        self.talk.session |= kept
        told = bool(self.account.secrets.get("webhook_token")) and await self._subscribed()
        return {**kept, "told": "yes" if told else "no"}

    async def _subscribed(self) -> bool:
        try:
            await self.talk.do(f"{self.page}/subscribed_apps", {"subscribed_fields": "feed"}, writes=False)
        except (Wrong, port.ChannelError):
            return False
        return True


def _fields(post: Post, photos: Sequence[str]) -> dict[str, str]:
    part = post.rendition.parts[0]
    fields = {"message": part.text}
    if post.reply_to:
        return fields  # a comment takes neither
    if part.extra.get("link"):
        fields["link"] = str(part.extra["link"])
    for place, photo in enumerate(photos):
        fields[f"attached_media[{place}]"] = json.dumps({"media_fbid": photo})
    return fields


def _unsure(why: str, post: Post) -> Unsure:
    return Unsure(why, look_for=f"On the Page: “{post.rendition.parts[0].text[:120]}”")
