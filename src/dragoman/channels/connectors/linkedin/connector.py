"""The page of one organisation on LinkedIn.

LinkedIn knows no key of ours, but it refuses the same text twice and then names the post that has it (422,
DUPLICATE_POST). That post may be a ghost: deleted, or never there. So a named post counts only when it can be
read, is ours and has our words; otherwise our own posts are looked through from a little before the frozen
moment of the post on.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Batch,
    Figures,
    Health,
    Picture,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.linkedin import rendering
from dragoman.channels.connectors.linkedin.kind import KIND
from dragoman.channels.connectors.linkedin.little import comparable, visible
from dragoman.channels.connectors.linkedin.reading import POSTERS, Reader, moment
from dragoman.channels.connectors.linkedin.talk import DEFAULT_SITE, ROLE, Talk, Wrong, key
from dragoman.lib.http import Door
from dragoman.lib.steps import step

__all__ = ["KIND", "LinkedIn", "connect"]

# Later than this after its moment a post is looked for before it is sent: it may be a second attempt.
FRESH = timedelta(seconds=20)
EARLIER = timedelta(minutes=5)
KEPT = timedelta(hours=12)
_URN = re.compile(r"urn:li:(?:share|ugcPost):[0-9]{1,25}")


def connect(account: Account, door: Door) -> "LinkedIn":
    """A connector for one page."""
    return LinkedIn(account, door)


class LinkedIn(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.author = f"urn:li:organization:{account.settings.get('organization', '').strip()}"
        self.reader = Reader(self.talk, self.author)
        self.session: Mapping[str, Any] = self.talk.session

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece, form=self.account.settings.get("form") or rendering.SUMMARY)

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    async def check(self) -> Health:
        who = await self.reader.name()
        roles = await self.reader.roles()
        until = None if self.talk.session.get("refresh") else self.talk.until
        if not POSTERS & set(roles):
            said = ", ".join(roles).lower() or "none"
            return Health(
                False, f"The connected member may not post on this page. Roles: {said}.", who, until
            )
        says = "Connected."
        if until is not None:
            says += " LinkedIn gives this app no means to renew the sign-in: connect it again before it ends."
        return Health(True, says, who, until, ("post", "delete", "read"))

    # --- one post ---

    async def prepare(self, post: Post) -> Prepared:
        """Looks whether the member may post, and uploads the pictures. Nothing becomes visible."""
        if not POSTERS & set(await self.reader.roles()):
            raise Refused("The connected member may not post on this page.", shown=ROLE, account=True)
        return Prepared(post, {"images": await self._upload(post)}, datetime.now(UTC) + KEPT)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        if datetime.now(UTC) - post.at >= FRESH:
            found = await self.find(post)
            if found is not None:
                return found
        fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
        images = prepared.data.get("images", []) if fresh else await self._upload(post)
        try:
            answer = await self.talk.call("POST", "/posts", json=self._body(post, images), writes=True)
        except Wrong as wrong:
            if wrong.code == "DUPLICATE_POST" or "duplicate" in wrong.says.lower():
                return await self._duplicate(post, wrong)
            raise Refused(f"LinkedIn refuses the post: {wrong.says}") from None
        except Unsure as unsure:
            raise Unsure(unsure.why, look_for=self._look_for(post)) from None
        step("linkedin.part-1")
        urn = answer.headers.get("x-restli-id") or answer.headers.get("x-linkedin-id") or ""
        if answer.status != 201 or not _URN.fullmatch(urn):
            why = "LinkedIn took the post but its answer does not name it."
            raise Unsure(why, look_for=self._look_for(post))
        return self._sent(urn, datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        since = min(post.at, datetime.now(UTC)) - EARLIER
        posts, whole = await self.reader.own(since)
        ours = [each for each in posts if self._same(each, post) and moment(each.get("createdAt")) >= since]
        if ours:
            first = min(ours, key=lambda each: moment(each.get("createdAt")))
            return self._sent(str(first["id"]), moment(first.get("publishedAt") or first.get("createdAt")))
        if not whole:
            why = "There are more posts on our page than LinkedIn lets us read back."
            raise Unsure(why, look_for=self._look_for(post))
        return None

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Deletes the post. LinkedIn deletes with success what is not there any more."""
        # Where a person has found the post, nothing is known of it but that it is there, and perhaps where.
        known = _URN.search(f"{sent.remote_id} {sent.url}") if sent else None
        found = self._sent(known.group(), datetime.now(UTC)) if known else await self.find(post)
        if found is None:
            return
        try:
            await self.talk.call("DELETE", f"/posts/{key(found.remote_id)}")
        except Wrong as wrong:
            if wrong.status != 404:
                raise Refused(
                    f"LinkedIn refuses to delete the post: {wrong.says}", shown=f"Delete {found.url} by hand."
                ) from None

    def _body(self, post: Post, images: list[str]) -> dict[str, Any]:
        extra = post.rendition.parts[0].extra
        body: dict[str, Any] = {
            "author": self.author,
            "commentary": extra["commentary"],
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        shown = [
            {"id": urn, **({"altText": picture["alt"]} if picture["alt"] else {})}
            for urn, picture in zip(images, extra.get("pictures", ()), strict=True)
        ]
        if len(shown) == 1:
            body["content"] = {"media": shown[0]}
        elif shown:
            body["content"] = {"multiImage": {"images": shown}}
        elif "card" in extra:
            body["content"] = {"article": {name: value for name, value in extra["card"].items() if value}}
        return body

    async def _upload(self, post: Post) -> list[str]:
        found = {picture.sha256: picture for picture in post.pictures if picture.data}
        images = []
        for shown in post.rendition.parts[0].extra.get("pictures", ()):
            if shown["sha256"] not in found:
                raise Refused(
                    "A picture of the post is not among our files.", shown="Restore it from the backup."
                )
            images.append(await self._upload_one(found[shown["sha256"]]))
        return images

    async def _upload_one(self, picture: Picture) -> str:
        asked = {"initializeUploadRequest": {"owner": self.author}}
        try:
            answer = await self.talk.call("POST", "/images?action=initializeUpload", json=asked)
            value = answer.json().get("value") if answer.body else None
            where: dict[str, Any] = value if isinstance(value, dict) else {}
            urn, address = str(where.get("image", "")), str(where.get("uploadUrl", ""))
            if not urn.startswith("urn:li:image:") or not address:
                raise TryLater("LinkedIn did not say where to bring the picture.")
            await self.talk.put(address, picture.data)
        except Wrong as wrong:
            shown = "Put another picture into the statement."
            raise Refused(f"LinkedIn refuses the picture: {wrong.says}", shown=shown) from None
        return urn

    # --- what is there already ---

    async def _duplicate(self, post: Post, wrong: Wrong) -> Sent:
        """LinkedIn says that these words are out already, and mostly where."""
        named = _URN.search(wrong.says)
        there = await self.reader.post(named.group()) if named else None
        if named and there is not None and self._same(there, post):
            made = moment(there.get("createdAt"))
            if made >= post.at - EARLIER:
                return self._sent(named.group(), made)
            raise Refused(
                f"LinkedIn takes no text twice; this one is on the page since {made:%d %B %Y, %H:%M} UTC.",
                shown=f"Look at {self._url(named.group())}. Change a word if it is to be posted anew.",
            )
        found = await self.find(post)
        if found is not None:
            return found
        raise Unsure(
            "LinkedIn says that this text was posted already, but the post is not to be found.",
            look_for=f"{self._look_for(post)} If it is not there, LinkedIn remembers a post that was "
            "deleted: wait for two days, or change a word.",
        )

    def _same(self, there: Mapping[str, Any], post: Post) -> bool:
        text = comparable(visible(str(there.get("commentary", ""))))
        living = there.get("lifecycleState", "PUBLISHED") in ("PUBLISHED", "PUBLISH_REQUESTED")
        urn = str(there.get("id", ""))
        ours = there.get("author") == self.author and bool(_URN.fullmatch(urn))
        return living and ours and text == comparable(post.rendition.parts[0].text)

    def _sent(self, urn: str, at: datetime) -> Sent:
        return Sent(urn, self._url(urn), at)

    def _url(self, urn: str) -> str:
        site = (self.account.settings.get("site") or DEFAULT_SITE).rstrip("/")
        return f"{site}/feed/update/{urn}/"

    def _look_for(self, post: Post) -> str:
        site = (self.account.settings.get("site") or DEFAULT_SITE).rstrip("/")
        begins = comparable(post.rendition.parts[0].text)[:120]
        page = f"{site}/company/{self.account.settings.get('organization', '')}/posts/"
        return f"Look at {page} for the post that begins: “{begins}”."

    # --- what comes in ---

    async def fetch(self, cursor: str) -> Batch:
        return await self.reader.comments(cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return Batch(await self.reader.comments_since(int(since.timestamp() * 1000)), "")

    async def figures(self, sent: Sent) -> Figures:
        return await self.reader.figures(sent.remote_id)
