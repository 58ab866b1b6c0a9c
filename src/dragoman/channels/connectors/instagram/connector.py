"""One professional account on Instagram, by the API with Instagram login.

A post is made in two steps: a container, which nobody sees, and its publication. The container's id is kept
before it is published, and is the key of the post: after a lost answer the container itself says whether it
was published. Where the id was lost too, the account's own page is read for the exact words.

With this login the network lets nobody delete a post (it does so only with Facebook login and a permission of
its own), so a withdrawal is for a person in the app.

Made after developers.facebook.com/documentation/instagram-platform (content-publishing, ig-container,
error-codes), November 2026.
"""

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
from dragoman.channels.connectors.instagram import containers, incoming, rendering, signin, timeline
from dragoman.channels.connectors.instagram.kind import KIND, SCOPES
from dragoman.channels.connectors.instagram.memory import Made, Memory
from dragoman.channels.connectors.instagram.talk import Talk, Wrong, number
from dragoman.lib.http import Door
from dragoman.lib.steps import step

__all__ = ["KIND", "connect"]

KEPT = timedelta(hours=23)  # a container lives 24 hours
METRICS = "views,reach,likes,comments,saved,shares,total_interactions"
LEAVE = {
    "post": "instagram_business_content_publish",
    "read comments": "instagram_business_manage_comments",
    "read figures": "instagram_business_manage_insights",
}
TOLD = "be told of comments at once"


def connect(account: Account, door: Door) -> "Instagram":
    """A connector for one account."""
    return Instagram(account, door)


class Instagram(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.session: Mapping[str, Any] = self.talk.session
        self.memory = Memory(self.talk.session)

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece, form=self.account.settings.get("form") or rendering.SUMMARY)

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    async def check(self) -> Health:
        user = await self._user(fresh=True)
        who = "@" + self.talk.clean(self.session.get("username") or user)
        given = str(self.session.get("scope", "")) or " ".join(SCOPES)
        may = tuple(words for words, scope in LEAVE.items() if scope in given)
        if self.session.get("told") == "yes":
            may += (TOLD,)
        says = "Signed in." if "post" in may else "Signed in, but without leave to post: connect again."
        return Health("post" in may, says, who, self.talk.until, may, await self._headroom(user))

    async def _user(self, *, fresh: bool = False) -> str:
        """The account's lasting id, which every address has in it."""
        if fresh or not self.talk.session.get("user"):
            try:
                found = await self.talk.read("me", {"fields": "user_id,username"})
            except Wrong as wrong:
                raise Refused(f"Instagram does not say who we are: {wrong.says}", account=True) from None
            user = str(found.get("user_id") or found.get("id") or "")
            if not user:
                raise TryLater("Instagram does not say who we are.")
            self.talk.session |= {"user": user, "username": str(found.get("username") or "")}
        return str(self.talk.session["user"])

    async def _headroom(self, user: str) -> tuple[Headroom, ...]:
        try:
            found = await self.talk.read(f"{user}/content_publishing_limit", {"fields": "quota_usage,config"})
            row = found["data"][0]
            total = number(row["config"]["quota_total"])
        except (Wrong, TryLater, KeyError, IndexError, TypeError):
            return ()  # a courtesy: the account is well without it
        used = number(row.get("quota_usage"))
        return (Headroom("posts in 24 hours", max(0, total - used), total),) if total else ()

    # --- one post ---

    async def prepare(self, post: Post) -> Prepared:
        """Makes the container, and waits until the network has fetched its pictures. What is out already is
        looked for, so that preparing again after a lost answer cannot lead to a second post."""
        made = self.memory.of(post.key) or Made()
        if not made.media:
            try:
                await self._prepare(post, made, await self._user())
            except Wrong as wrong:
                raise containers.not_taken(wrong) from None
        return Prepared(post, {"container": made.container}, datetime.now(UTC) + KEPT)

    async def _prepare(self, post: Post, made: Made, user: str) -> None:
        state = await containers.state(self.talk, made.container) if made.container else ""
        if state not in ("FINISHED", "IN_PROGRESS", "PUBLISHED"):
            made.container = ""
        if state == "PUBLISHED" or (not made.container and post.at <= datetime.now(UTC)):
            found = await timeline.look(self.talk, user, post, self.memory.of_others(post.key))
            made.media = found["id"] if found else ""
        if not made.media:
            if state == "PUBLISHED":
                raise TryLater("Instagram says that the post is out, but does not show it yet.")
            made.container = made.container or await containers.make(self.talk, user, post)
            self.memory.keep(post.key, made)
            await containers.ready(self.talk, made.container)
        self.memory.keep(post.key, made)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
        ready = str(prepared.data.get("container") or "") if fresh else ""
        made = self.memory.of(post.key)
        if made is None and ready:
            made = Made(ready)
        elif made is None or made.container != ready or not ready:
            await self.prepare(post)
            made = self.memory.of(post.key) or Made()
        self.memory.keep(post.key, made)
        if not made.media:
            await self._put_out(post, made)
        step("instagram.out")
        return await self._sent(made)

    async def _put_out(self, post: Post, made: Made) -> None:
        user = await self._user()
        fields = {"creation_id": made.container}
        try:
            found = await self.talk.do(f"{user}/media_publish", fields, writes=True)
        except Wrong as wrong:
            if not (wrong.gone or wrong.not_ready):
                raise containers.not_taken(wrong) from None
            await self._after_gone(post, made, user, keep=wrong.not_ready)
            return
        media = found.get("id")
        if not isinstance(media, str) or not media:
            raise _unsure("Instagram took the post, but its answer does not name it.", post)
        made.media = media
        self.memory.keep(post.key, made)

    async def _after_gone(self, post: Post, made: Made, user: str, *, keep: bool) -> None:
        """The network does not publish that container: it was published before, is not ready, or is lost."""
        try:
            state = await containers.state(self.talk, made.container)
            found = await timeline.look(self.talk, user, post, self.memory.of_others(post.key))
        except TryLater as problem:
            raise _unsure(problem.why, post) from None
        if found:
            made.media = found["id"]
        elif state == "PUBLISHED":
            raise _unsure("Instagram says that the post is out, but does not show it.", post)
        elif not (keep and state in ("FINISHED", "IN_PROGRESS")):
            made.container = ""
        self.memory.keep(post.key, made)
        if not found:
            raise TryLater(
                "Instagram is not ready with what was prepared."
                if made.container
                else "Instagram has lost what was prepared; it is made anew."
            )

    async def find(self, post: Post) -> Sent | None:
        made = self.memory.of(post.key) or Made()
        if not made.media:
            state = await containers.state(self.talk, made.container) if made.container else ""
            if state in ("FINISHED", "EXPIRED", "ERROR"):
                return None  # the network itself says that it was not published
            if state == "IN_PROGRESS":
                raise TryLater("Instagram has not finished with the post yet.")
            found = await timeline.look(self.talk, await self._user(), post, self.memory.of_others(post.key))
            if not found and state == "PUBLISHED":
                raise _unsure("Instagram says that the post is out, but does not show it.", post)
            if not found and timeline.too_early(post):
                raise TryLater("Instagram may not show yet what was posted a moment ago.")
            if not found:
                return None
            made.media = found["id"]
            self.memory.keep(post.key, made)
        return await self._sent(made)

    async def _sent(self, made: Made) -> Sent:
        """Nothing that fails here may look like a failure to post: the post is out."""
        url = "https://www.instagram.com/"
        try:
            found = await self.talk.read(made.media, {"fields": "permalink"})
            url = str(found.get("permalink") or url)
        except (Wrong, port.ChannelError):
            pass
        return Sent(made.media, url, datetime.now(UTC))

    # --- what comes in ---

    async def fetch(self, cursor: str) -> Batch:
        return await incoming.fetch(self.talk, await self._user(), cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return await incoming.look_back(self.talk, await self._user(), since)

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | port.Gone | Receipt]:
        return incoming.read(call, self.account.secrets.get("client_secret", ""), self.session)

    def challenge(self, query: Mapping[str, str]) -> str:
        return incoming.challenge(query, self.account.secrets.get("webhook_token", ""))

    async def figures(self, sent: Sent) -> Figures:
        try:
            found = await self.talk.read(f"{sent.remote_id}/insights", {"metric": METRICS})
        except Wrong as wrong:
            raise Refused(f"Instagram gives no figures: {wrong.says}") from None
        return Figures(incoming.counts(found), datetime.now(UTC))

    # --- sign-in ---

    async def signed_in(self, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """The token of a sign-in lasts an hour; it is changed for one of 60 days. Whose it is, is asked anew:
        it may be another account than before. Where a verify token was entered, the account is asked to tell
        the app of comments; if it will not, they are read every while, and `check` shows it."""
        kept = await signin.longer(self.talk, tokens)
        self.talk.session |= kept
        user = await self._user(fresh=True)
        told = bool(self.account.secrets.get("webhook_token")) and await self._subscribed(user)
        username = str(self.session.get("username") or "")
        return {**kept, "user": user, "username": username, "told": "yes" if told else "no"}

    async def _subscribed(self, user: str) -> bool:
        try:
            await self.talk.do(f"{user}/subscribed_apps", {"subscribed_fields": "comments"}, writes=False)
        except (Wrong, port.ChannelError):
            return False
        return True

    async def renew(self) -> Mapping[str, Any] | None:
        return await signin.again(self.talk)


def _unsure(why: str, post: Post) -> Unsure:
    return Unsure(why, look_for=f"On the account's own page: “{post.rendition.parts[0].text[:120]}”")
