"""WebSub: tells a hub that our feeds have changed; the hub fetches them and tells whoever subscribed there.

A ping makes nothing public: the feed holds the statement before any channel is asked (the order of a
release), and the hub passes on what it finds there. So a ping may be asked again as often as one likes: a
lost answer is `TryLater`, never `Unsure`. Specification: W3C WebSub, 23 January 2018; how a publisher tells
its hub is left open there (section 7), and done as every hub of the older PubSubHubbub 0.4 takes it: a form
with `hub.mode=publish`.
"""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Health,
    Kind,
    Part,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    TryLater,
)
from dragoman.lib.http import Answer, Door, DoorError, NotReached, Redirected

FORMS = ("atom", "rss", "json")
SOURCE = "www.w3.org/TR/websub, section 7"
CHECKED = "2026-11-22"

KIND = Kind(
    name="websub",
    label="WebSub hub",
    about="Tells a hub at once that the feeds have changed, so that readers' programs need not keep asking.",
    abilities=frozenset({port.WITHDRAW}),
    fields=(
        port.Field(
            "service",
            "Address of the hub",
            hint="Such as https://hub.example.org/; the feeds must name the same hub (setting DRAGOMAN_HUBS)",
            pattern=r"https?://[^\s/?#@]+(/[^\s#]*)?",
            mend="Write the hub's whole address, beginning with https://",
        ),
    ),
    limits=(port.Limit("feeds told of at once", len(FORMS), "feeds", SOURCE, CHECKED),),
    help_file=Path(__file__).with_name("help.md"),
    warnings=("A ping makes nothing public. After a lost answer the hub is told again, which does no harm.",),
)


def connect(account: Account, door: Door) -> "WebSub":
    """A connector for one hub."""
    return WebSub(account, door)


class WebSub(port.Base):
    """The verbs of the port."""

    @property
    def hub(self) -> str:
        return self.account.settings.get("service", "")

    @property
    def host(self) -> str:
        return urlsplit(self.hub).hostname or "the hub"

    def render(self, piece: Piece) -> Rendition:
        """Nothing of the text goes to the hub: it is told which feeds to fetch."""
        named = topics(piece.url, piece.lang)
        part = Part("\n".join(named) or piece.url or "-", len(named) or 1, len(FORMS), "feeds")
        return Rendition((part,), "The hub is told that these feeds have changed, and fetches them itself.")

    async def check(self) -> Health:
        """A hub answers at its address; what it answers to a plain look is its own affair."""
        answer = await self._ask("GET", None)
        if answer.status in (404, 410):
            return Health(False, f"{self.host} has nothing at this address.", self.host)
        if answer.status >= 500:
            return Health(False, f"{self.host} answers {answer.status}.", self.host)
        return Health(True, "The hub answers.", self.host, may=("be told that a feed has changed",))

    async def send(self, prepared: Prepared) -> Sent:
        return await self._ping(prepared.post)

    async def find(self, post: Post) -> Sent | None:
        raise TryLater("A hub does not say what it was told.")

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """The same ping: the feed tells of the withdrawal by now."""
        await self._ping(post)

    async def _ping(self, post: Post) -> Sent:
        named = topics(post.url, post.lang)
        if not named:
            raise Refused("The statement has no page of its own, and so stands in no feed.")
        # Hubs differ in which of the two names they read; both say the same.
        pairs = [("hub.mode", "publish"), *(("hub.url", each) for each in named)]
        pairs += [("hub.topic", each) for each in named]
        answer = await self._ask("POST", urlencode(pairs).encode())
        if not answer.ok:
            raise self._refusal(answer)
        if answer.body.lstrip().startswith(b"<"):
            raise TryLater(f"{self.host} answers with a page for people; it is told again.")
        return Sent(post.key, named[0], datetime.now(UTC), {"topics": list(named)})

    async def _ask(self, method: str, body: bytes | None) -> Answer:
        if not self.hub.startswith("https://") and not self.door.allow_loopback:
            raise Refused(
                "The hub's address does not begin with https://.",
                shown="Mend the address in the channel's settings.",
                account=True,
            )
        headers = {"accept": "*/*"}
        if body is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        try:
            return await self.door.call(method, self.hub, headers=headers, content=body)
        except NotReached as problem:
            raise TryLater(f"Nothing was sent: {problem}.") from None
        except Redirected:
            raise Refused(
                f"{self.host} sends us on to another address.",
                shown="Enter the hub's final address in the channel's settings and in DRAGOMAN_HUBS.",
                account=True,
            ) from None
        except DoorError as problem:
            raise TryLater(
                f"No clear answer ({problem}). A hub may be told twice, so it is told again."
            ) from None

    def _refusal(self, answer: Answer) -> port.ChannelError:
        if answer.status == 429:
            when = answer.retry_after(datetime.now(UTC))
            return TryLater(f"{self.host} asks us to slow down.", when=when, account=True)
        if answer.status >= 500 or answer.status in (408, 425):
            return TryLater(
                f"{self.host} answered {answer.status}. A hub may be told twice, so it is told again."
            )
        says = " ".join(answer.body[:200].decode("utf-8", "replace").split())
        return Refused(
            f"{self.host} refuses to be told ({answer.status}): {says}",
            shown="Some hubs want the feeds to be registered with them first. Look at the hub's own page.",
            account=True,
        )


def topics(url: str, lang: str) -> tuple[str, ...]:
    """The addresses of a language's feeds, exactly as the feeds name themselves (`rel=self`)."""
    parts = urlsplit(url)
    if not parts.netloc or not lang:
        return ()
    return tuple(f"{parts.scheme}://{parts.netloc}/feeds/{lang}.{form}" for form in FORMS)
