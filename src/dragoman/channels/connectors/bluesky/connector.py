"""One account on Bluesky, or on any server of the AT Protocol.

Every post has the record key that `keys` makes from the delivery's key, and is written by `putRecord` with
an explicit `swapRecord: null`: "write this if nothing is there". Tried against the network's own server: the
same record again is answered as if it were new and changes nothing; another record under the key is refused.
So asking twice cannot post twice, whatever became of the first answer.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import Account, Health, Kind, Piece, Post, Prepared, Refused, Rendition, Sent
from dragoman.channels.connectors.bluesky import rendering
from dragoman.channels.connectors.bluesky.keys import record_key
from dragoman.channels.connectors.bluesky.talk import DEFAULT_SERVICE, Talk, Wrong
from dragoman.channels.connectors.bluesky.thumb import thumb
from dragoman.lib.http import Door
from dragoman.lib.steps import step

COLLECTION = "app.bsky.feed.post"
BLOB_KEPT = timedelta(minutes=30)
TRIED = "2026-11-22"

KIND = Kind(
    name="bluesky",
    label="Bluesky",
    about="Posts with a link card, and threads, on Bluesky or another server of the AT Protocol.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.SAME_KEY_ONCE, port.WITHDRAW),
            *(port.THREADS, port.PICTURES, port.LANGUAGES),
        }
    ),
    fields=(
        port.Field(
            "handle",
            "Handle",
            hint="The account's name on the network, such as ministry.example.int",
            pattern=r"@?([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*",
            mend="Write the whole handle with its dots, such as ministry.example.int",
        ),
        port.Field(
            "app_password",
            "App password",
            hint="Made on the network under Settings, Privacy and security, App passwords",
            secret=True,
        ),
        port.Field(
            "form",
            "What is posted",
            choices=(
                (rendering.SUMMARY, "Title and summary, with a card that leads to the whole text"),
                (rendering.WHOLE, "The whole text, as a thread when it is long"),
            ),
            default=rendering.SUMMARY,
        ),
        port.Field(
            "service",
            "Server",
            hint="Leave it as it is unless the account is on a server of its own",
            default=DEFAULT_SERVICE,
            pattern=r"https?://[A-Za-z0-9.\[\]:-]+/?",
            mend="Write the server's address only, such as https://bsky.social",
        ),
    ),
    limits=(
        port.Limit("text", rendering.MAX_GRAPHEMES, "graphemes", "tried against the server", TRIED),
        port.Limit("text", rendering.MAX_BYTES, "bytes", "tried against the server", TRIED),
        port.Limit("thread", rendering.MAX_PARTS, "posts", "our own choice", TRIED),
    ),
    help_file=Path(__file__).with_name("help.md"),
)


def connect(account: Account, door: Door) -> "Bluesky":
    """A connector for one account."""
    return Bluesky(account, door)


class Bluesky(port.Base):
    """The verbs of the port."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.talk = Talk(account, door)
        self.session: Mapping[str, Any] = self.talk.session

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece, form=self.account.settings.get("form") or rendering.SUMMARY)

    async def check(self) -> Health:
        try:
            found = await self.talk.signed("com.atproto.server.getSession", None, writes=False, method="GET")
        except Wrong as wrong:
            raise Refused(f"{self.talk.host} refuses: {wrong.says}", account=True) from None
        who = "@" + self.talk.clean(found.get("handle") or self.account.settings.get("handle", ""))
        if found.get("active") is False:
            return Health(False, "The account is switched off on the network.", who, self.talk.until)
        return Health(True, "Signed in.", who, self.talk.until)

    async def prepare(self, post: Post) -> Prepared:
        """Signs in and uploads the card's picture. The network forgets a picture no post names."""
        await self.talk.did()
        return Prepared(post, await self._blob(post), datetime.now(UTC) + BLOB_KEPT)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
        blob = prepared.data if fresh else await self._blob(post)
        did = await self.talk.did()
        done: list[dict[str, str]] = []
        for number in range(len(post.rendition.parts)):
            record = _record(post, number, done, blob)
            try:
                done.append(await self._put(did, _rkey(post, number), record))
            except port.ChannelError as problem:
                raise _with_progress(problem, len(done), len(post.rendition.parts)) from None
            step(f"bluesky.part-{number + 1}")
        return _sent(did, post, done, datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        did = await self.talk.did()
        found: list[dict[str, str]] = []
        for number in range(len(post.rendition.parts)):
            there = await self._get(did, _rkey(post, number))
            if there is None:
                return None
            if not _same(there["value"], _record(post, number, found, {})):
                raise _another()
            found.append({"uri": there["uri"], "cid": there["cid"]})
        return _sent(did, post, found, datetime.now(UTC))

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """Deletes every part, the last first, so that no reply stands without what it replies to. What is
        not there is deleted with success as well, so a part that never went out does not matter."""
        did = await self.talk.did()
        for number in reversed(range(len(post.rendition.parts))):
            body = {"repo": did, "collection": COLLECTION, "rkey": _rkey(post, number)}
            try:
                await self.talk.signed("com.atproto.repo.deleteRecord", body, writes=False)
            except Wrong as wrong:
                raise Refused(f"{self.talk.host} refuses to delete the post: {wrong.says}") from None

    # --- records ---

    async def _blob(self, post: Post) -> dict[str, Any]:
        picture = next((picture for picture in post.pictures if picture.data), None)
        if picture is None or not any("card" in part.extra for part in post.rendition.parts):
            return {}
        data, media_type = thumb(picture)
        try:
            found = await self.talk.signed(
                "com.atproto.repo.uploadBlob", data, writes=False, media_type=media_type
            )
        except Wrong as wrong:
            raise Refused(f"{self.talk.host} refuses the picture: {wrong.says}") from None
        if not isinstance(found.get("blob"), dict):
            raise port.TryLater(f"{self.talk.host} took the picture but did not say how to name it.")
        return {"thumb": found["blob"]}

    async def _put(self, did: str, rkey: str, record: Mapping[str, Any]) -> dict[str, str]:
        body = {"repo": did, "collection": COLLECTION, "rkey": rkey, "record": record, "swapRecord": None}
        try:
            found = await self.talk.signed("com.atproto.repo.putRecord", body, writes=True)
        except Wrong as wrong:
            if wrong.name != "InvalidSwap":
                raise _refused(self.talk.host, wrong) from None
            there = await self._get(did, rkey)
            if there is None or not _same(there["value"], record):
                raise _another() from None
            return {"uri": there["uri"], "cid": there["cid"]}
        uri, cid = found.get("uri"), found.get("cid")
        if uri != f"at://{did}/{COLLECTION}/{rkey}" or not isinstance(cid, str) or not cid:
            raise port.Unsure(f"{self.talk.host} took the post but its answer does not name it.")
        return {"uri": uri, "cid": cid}

    async def _get(self, did: str, rkey: str) -> dict[str, Any] | None:
        try:
            found = await self.talk.read(
                "com.atproto.repo.getRecord", {"repo": did, "collection": COLLECTION, "rkey": rkey}
            )
        except Wrong as wrong:
            # Only these words prove absence; any other refusal says nothing about the post.
            if wrong.name == "RecordNotFound":
                return None
            raise port.TryLater(f"{self.talk.host} does not let us look: {wrong.says}") from None
        whole = isinstance(found.get("value"), dict) and all(
            isinstance(found.get(name), str) and found[name] for name in ("uri", "cid")
        )
        if not whole:
            raise port.TryLater(f"{self.talk.host} answered with something that is not a record.")
        return found


def _rkey(post: Post, number: int) -> str:
    return record_key(post.key, post.at, number)


def _record(post: Post, number: int, before: list[dict[str, str]], blob: Mapping[str, Any]) -> dict[str, Any]:
    """The record of one part. `before` are the parts already out, root first."""
    part = post.rendition.parts[number]
    moment = post.at.astimezone(UTC) + timedelta(milliseconds=number)
    record: dict[str, Any] = {
        "$type": COLLECTION,
        "text": part.text,
        "createdAt": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
    }
    if post.lang:
        record["langs"] = [post.lang]
    if part.extra.get("facets"):
        record["facets"] = part.extra["facets"]
    if part.extra.get("card"):
        record["embed"] = {
            "$type": "app.bsky.embed.external",
            "external": {**part.extra["card"], **blob},
        }
    if number and before:
        record["reply"] = {"root": before[0], "parent": before[-1]}
    return record


def _same(there: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    """Is it our post? Text and frozen moment decide; a picture may have been packed anew."""
    return all(there.get(name) == ours.get(name) for name in ("text", "createdAt", "langs"))


def _sent(did: str, post: Post, parts: list[dict[str, str]], at: datetime) -> Sent:
    url = f"https://bsky.app/profile/{did}/post/{_rkey(post, 0)}"
    return Sent(parts[0]["uri"], url, at, {"parts": parts})


def _refused(host: str, wrong: Wrong) -> port.ChannelError:
    if wrong.name == "BlobNotFound":
        return port.TryLater("The network has forgotten the picture; it is uploaded again.")
    if wrong.status == 401:
        return Refused(f"{host} no longer accepts the sign-in: {wrong.says}", account=True)
    return Refused(f"{host} refuses the post: {wrong.says}")


def _another() -> Refused:
    return Refused(
        "Another text stands on the network where this post belongs.",
        shown="Somebody may have changed the post there. Look at it, and decide.",
    )


def _with_progress(problem: port.ChannelError, done: int, all_parts: int) -> port.ChannelError:
    if done and all_parts > 1:
        problem.why = f"{problem.why} {done} of {all_parts} posts of the thread are out."
    return problem
