"""One account on Threads.

A post is made in two steps: a container, which nobody sees, and its publication. The container's id is kept
before it is published, and is the key of the post: after a lost answer the container itself says whether it
was published. Where the id was lost too, the account's own timeline is read for the exact words.

Made after developers.facebook.com/documentation/threads (posts, troubleshooting, retrieve-posts), November
2026. Not in the documentation, but in many reports: `threads_publish` may answer 24/4279009, "cannot be
found", for a container that was ready; nothing is out then, and a new one must be made.
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
from dragoman.channels.connectors.threads import containers, incoming, rendering, signin, timeline
from dragoman.channels.connectors.threads.kind import KIND, SCOPES
from dragoman.channels.connectors.threads.memory import Made, Memory
from dragoman.channels.connectors.threads.talk import Talk, Wrong, number
from dragoman.lib.http import Door
from dragoman.lib.steps import step

__all__ = ["KIND", "connect"]

KEPT = timedelta(hours=23)  # a container lives 24 hours
METRICS = "views,likes,replies,reposts,quotes,shares"
# Which of our words for what the account may do needs which permission.
LEAVE = {
    "post": "threads_content_publish",
    "delete posts": "threads_delete",
    "read replies": "threads_read_replies",
    "answer": "threads_manage_replies",
    "read figures": "threads_manage_insights",
}


def connect(account: Account, door: Door) -> "Threads":
    """A connector for one account."""
    return Threads(account, door)


class Threads(port.Base):
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
        try:
            found = await self.talk.read("me", {"fields": "id,username"})
        except Wrong as wrong:
            raise Refused(f"Threads does not say who we are: {wrong.says}", account=True) from None
        who = "@" + self.talk.clean(found.get("username") or found.get("id") or "")
        given = str(self.session.get("scope", "")) or " ".join(SCOPES)
        may = tuple(words for words, scope in LEAVE.items() if scope in given)
        says = "Signed in." if "post" in may else "Signed in, but without leave to post: connect again."
        return Health("post" in may, says, who, self.talk.until, may, await self._headroom())

    async def _headroom(self) -> tuple[Headroom, ...]:
        names = {"posts": "", "replies": "reply_", "deletions": "delete_"}
        fields = ",".join(f"{start}{end}" for start in names.values() for end in ("quota_usage", "config"))
        try:
            found = await self.talk.read("me/threads_publishing_limit", {"fields": fields})
            row = found["data"][0]
        except (Wrong, TryLater, KeyError, IndexError, TypeError):
            return ()  # a courtesy: the account is well without it
        left = []
        for name, start in names.items():
            total = number((row.get(f"{start}config") or {}).get("quota_total"))
            if total:
                used = number(row.get(f"{start}quota_usage"))
                left.append(Headroom(f"{name} in 24 hours", max(0, total - used), total))
        return tuple(left)

    # --- one post ---

    async def prepare(self, post: Post) -> Prepared:
        """Makes the first container, and waits until the network has fetched its pictures. What is out
        already is looked for, so that preparing again after a lost answer cannot lead to a second post."""
        made = self.memory.of(post.key, len(post.rendition.parts))
        if not made[0].media:
            try:
                await self._prepare_first(post, made)
            except Wrong as wrong:
                raise _not_taken(wrong) from None
        return Prepared(post, {"container": made[0].container}, datetime.now(UTC) + KEPT)

    async def _prepare_first(self, post: Post, made: list[Made]) -> None:
        first = made[0]
        state = await containers.state(self.talk, first.container) if first.container else ""
        if state not in ("FINISHED", "IN_PROGRESS", "PUBLISHED"):
            first.container = ""
        if state == "PUBLISHED" or (not first.container and post.at <= datetime.now(UTC)):
            found = await timeline.look(self.talk, post, 0, self.memory.of_others(post.key))
            first.media = found["id"] if found else ""
        if not first.media:
            if state == "PUBLISHED":
                raise TryLater("Threads says that the post is out, but does not show it yet.")
            first.container = first.container or await containers.make(self.talk, post, 0, post.reply_to)
            self.memory.keep(post.key, made)
            await containers.ready(self.talk, first.container)
        self.memory.keep(post.key, made)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
        ready = str(prepared.data.get("container") or "") if fresh else ""
        made = self.memory.of(post.key, len(post.rendition.parts))
        if ready and not self.memory.has(post.key):
            made[0].container = ready
        elif not (ready and ready == made[0].container):
            await self.prepare(post)
            made = self.memory.of(post.key, len(post.rendition.parts))
        self.memory.keep(post.key, made)
        again = bool(made[0].media)
        for place in range(len(made)):
            try:
                await self._put_out(post, made, place, again=again)
            except port.ChannelError as problem:
                raise _with_progress(problem, made) from None
            step(f"threads.part-{place + 1}")
        return await self._sent(made)

    async def _put_out(self, post: Post, made: list[Made], place: int, *, again: bool) -> None:
        """One post of the thread, unless it is out. Its container is kept before it is published. `again`:
        some of the thread is out since before, so this one may be as well."""
        one = made[place]
        if one.media or (again and await self._find_one(post, made, place)):
            return
        if not one.container:
            try:
                one.container = await containers.make(self.talk, post, place, made[place - 1].media)
                self.memory.keep(post.key, made)
                await containers.ready(self.talk, one.container)
            except Wrong as wrong:
                raise _not_taken(wrong) from None
        try:
            found = await self.talk.do("me/threads_publish", {"creation_id": one.container}, writes=True)
        except Wrong as wrong:
            if not wrong.gone:
                raise Refused(f"Threads does not take the post: {wrong.says}") from None
            await self._after_gone(post, made, place)
            return
        media = found.get("id")
        if not isinstance(media, str) or not media:
            raise _unsure("Threads took the post, but its answer does not name it.", post, place)
        one.media = media
        self.memory.keep(post.key, made)

    async def _after_gone(self, post: Post, made: list[Made], place: int) -> None:
        """The network knows no such container any more: it was published before, or is lost."""
        try:
            state = await containers.state(self.talk, made[place].container)
            found = await timeline.look(self.talk, post, place, self._known(post, made))
        except TryLater as problem:
            raise _unsure(problem.why, post, place) from None
        if found:
            made[place].media = found["id"]
        elif state == "PUBLISHED":
            raise _unsure("Threads says that the post is out, but does not show it.", post, place)
        else:
            made[place].container = ""
        self.memory.keep(post.key, made)
        if not found:
            raise TryLater("Threads has lost what was prepared; it is made anew.")

    async def find(self, post: Post) -> Sent | None:
        made = self.memory.of(post.key, len(post.rendition.parts))
        for place, one in enumerate(made):
            if not one.media and not await self._find_one(post, made, place):
                return None
        self.memory.keep(post.key, made)
        return await self._sent(made)

    async def _find_one(self, post: Post, made: list[Made], place: int) -> bool:
        one = made[place]
        state = await containers.state(self.talk, one.container) if one.container else ""
        if state in ("FINISHED", "EXPIRED", "ERROR"):
            return False  # the network itself says that it was not published
        if state == "IN_PROGRESS":
            raise TryLater("Threads has not finished with the post yet.")
        found = await timeline.look(self.talk, post, place, self._known(post, made))
        if found:
            one.media = found["id"]
            return True
        if state == "PUBLISHED":
            raise _unsure("Threads says that the post is out, but does not show it.", post, place)
        if timeline.too_early(post):
            raise TryLater("Threads may not show yet what was posted a moment ago.")
        return False

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Deletes every part, the last first, so that no reply stands without what it replies to."""
        made = self.memory.of(post.key, len(post.rendition.parts))
        listed = sent.extra.get("ids") if sent else None
        ids = [str(one) for one in listed] if isinstance(listed, list) else [one.media for one in made]
        for place, known in enumerate(ids):
            if not known:
                made[place].media = ""
                found = await timeline.look(self.talk, post, place, self._known(post, made))
                ids[place] = made[place].media = found["id"] if found else ""
        for media in reversed([one for one in ids if one]):
            try:
                await self.talk.delete(media)
            except Wrong as wrong:
                if not wrong.gone:
                    raise Refused(f"Threads refuses to delete the post: {wrong.says}") from None

    def _known(self, post: Post, made: list[Made]) -> set[str]:
        return self.memory.of_others(post.key) | {one.media for one in made if one.media}

    async def _sent(self, made: list[Made]) -> Sent:
        """Nothing that fails here may look like a failure to post: the post is out."""
        url = "https://www.threads.com/"
        try:
            found = await self.talk.read(made[0].media, {"fields": "permalink"})
            url = str(found.get("permalink") or url)
        except (Wrong, port.ChannelError):
            pass
        ids = [one.media for one in made]
        return Sent(made[0].media, url, datetime.now(UTC), {"ids": ids, "names": ids})

    # --- what comes in ---

    async def fetch(self, cursor: str) -> Batch:
        return await incoming.fetch(self.talk, cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return await incoming.look_back(self.talk, since)

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | Receipt]:
        return incoming.read(call, self.account.secrets.get("client_secret", ""))

    def challenge(self, query: Mapping[str, str]) -> str:
        return incoming.challenge(query, self.account.secrets.get("webhook_token", ""))

    async def figures(self, sent: Sent) -> Figures:
        try:
            found = await self.talk.read(f"{sent.remote_id}/insights", {"metric": METRICS})
        except Wrong as wrong:
            raise Refused(f"Threads gives no figures: {wrong.says}") from None
        return Figures(incoming.counts(found), datetime.now(UTC))

    # --- sign-in ---

    async def signed_in(self, tokens: Mapping[str, Any]) -> Mapping[str, Any]:
        """The token of a sign-in lasts an hour; it is changed for one of 60 days."""
        return await signin.longer(self.talk, tokens)

    async def renew(self) -> Mapping[str, Any] | None:
        return await signin.again(self.talk)


def _not_taken(wrong: Wrong) -> port.ChannelError:
    """Why nothing could be prepared."""
    if wrong.gone:
        return TryLater("Threads has lost what was prepared; it is made anew.")
    return Refused(f"Threads does not take the post: {wrong.says}")


def _unsure(why: str, post: Post, place: int) -> Unsure:
    return Unsure(why, look_for=f"On the account's own page: “{post.rendition.parts[place].text[:120]}”")


def _with_progress(problem: port.ChannelError, made: list[Made]) -> port.ChannelError:
    done = sum(bool(one.media) for one in made)
    if done and len(made) > 1:
        problem.why = f"{problem.why} {done} of {len(made)} posts of the thread are out."
    return problem
