"""One account on Bluesky, or on any server of the AT Protocol.

Every post has the record key that `keys` makes from the delivery's key, and is written by `putRecord` with
an explicit `swapRecord: null`: "write this if nothing is there". Tried against the network's own server: the
same record again is answered as if it were new and changes nothing; another record under the key is refused.
So asking twice cannot post twice, whatever became of the first answer.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Batch,
    Figures,
    Health,
    Piece,
    Post,
    Prepared,
    Refused,
    Rendition,
    Sent,
)
from dragoman.channels.connectors.bluesky import reading, rendering
from dragoman.channels.connectors.bluesky.keys import record_key
from dragoman.channels.connectors.bluesky.kind import KIND
from dragoman.channels.connectors.bluesky.talk import Talk, Wrong, reset
from dragoman.channels.connectors.bluesky.thumb import thumb
from dragoman.lib.http import Door
from dragoman.lib.steps import step

__all__ = ["KIND", "Bluesky", "connect"]

COLLECTION = "app.bsky.feed.post"
BLOB_KEPT = timedelta(minutes=30)
MAY = (
    "Post texts of 300 characters, and threads of them, with up to 4 pictures",
    "Delete its posts",
    "Read answers and counts, where the server is part of a whole network",
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
        settings = self.account.settings
        return rendering.render(
            piece,
            form=settings.get("form") or rendering.SUMMARY,
            pictures=settings.get("pictures") or rendering.IMAGES,
        )

    async def warm(self) -> None:
        await self.door.open(self.talk.service)

    async def check(self) -> Health:
        try:
            found = await self.talk.signed("com.atproto.server.getSession", None, writes=False, method="GET")
        except Wrong as wrong:
            raise Refused(f"{self.talk.host} refuses: {wrong.says}", account=True) from None
        who = "@" + self.talk.clean(found.get("handle") or self.account.settings.get("handle", ""))
        if found.get("active") is False:
            return Health(False, "The account is switched off on the network.", who, self.talk.until)
        return Health(True, "Signed in.", who, self.talk.until, MAY, _headroom(self.talk.headers))

    async def prepare(self, post: Post) -> Prepared:
        """Signs in, uploads the pictures and looks up what is answered. The network forgets a picture that
        no post names."""
        await self.talk.did()
        return Prepared(post, await self._ahead(post), datetime.now(UTC) + BLOB_KEPT)

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        fresh = prepared.good_until is not None and prepared.good_until > datetime.now(UTC)
        ahead = prepared.data if fresh else await self._ahead(post)
        did = await self.talk.did()
        done: list[dict[str, str]] = []
        for number in range(len(post.rendition.parts)):
            record = _record(post, number, done, ahead)
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

    async def fetch(self, cursor: str) -> Batch:
        return await reading.fetch(self.talk, cursor)

    async def look_back(self, since: datetime, cursor: str) -> Batch:
        return await reading.look_back(self.talk, since, cursor)

    async def vanished(self, outside_ids: Sequence[str]) -> Sequence[port.Gone]:
        return await reading.vanished(self.talk, outside_ids)

    async def figures(self, sent: Sent) -> Figures:
        return await reading.figures(self.talk, sent.remote_id)

    # --- records ---

    async def _ahead(self, post: Post) -> dict[str, Any]:
        """The pictures as the network names them, and the post that is answered."""
        found: dict[str, Any] = {}
        if post.reply_to:
            found["reply"] = await reading.answered(self.talk, post.reply_to)
        extra = post.rendition.parts[0].extra
        with_data = {picture.sha256: picture for picture in post.pictures if picture.data}
        if extra.get("images"):
            wanted = [with_data[one["sha256"]] for one in extra["images"] if one["sha256"] in with_data]
            if len(wanted) < len(extra["images"]):
                raise port.TryLater("The pictures of the post are not where they should be.")
            found["images"] = [await self._blob(picture) for picture in wanted]
        elif extra.get("card") and with_data:
            found["thumb"] = await self._blob(next(iter(with_data.values())))
        return found

    async def _blob(self, picture: port.Picture) -> dict[str, Any]:
        data, media_type = thumb(picture)
        try:
            found = await self.talk.signed(
                "com.atproto.repo.uploadBlob", data, writes=False, media_type=media_type
            )
        except Wrong as wrong:
            raise Refused(f"{self.talk.host} refuses the picture: {wrong.says}") from None
        if not isinstance(found.get("blob"), dict):
            raise port.TryLater(f"{self.talk.host} took the picture but did not say how to name it.")
        blob: dict[str, Any] = found["blob"]
        return blob

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


def _record(
    post: Post, number: int, before: list[dict[str, str]], ahead: Mapping[str, Any]
) -> dict[str, Any]:
    """The record of one part. `before` are the parts already out, root first; `ahead` what was prepared."""
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
    if part.extra.get("images") and ahead.get("images"):
        record["embed"] = {
            "$type": "app.bsky.embed.images",
            "images": [
                _image(one, blob) for one, blob in zip(part.extra["images"], ahead["images"], strict=True)
            ],
        }
    if part.extra.get("card"):
        thumb = {"thumb": ahead["thumb"]} if ahead.get("thumb") else {}
        record["embed"] = {
            "$type": "app.bsky.embed.external",
            "external": {**part.extra["card"], **thumb},
        }
    answered = ahead.get("reply")
    if number and before:
        record["reply"] = {"root": answered["root"] if answered else before[0], "parent": before[-1]}
    elif answered:
        record["reply"] = dict(answered)
    return record


def _image(one: Mapping[str, Any], blob: Mapping[str, Any]) -> dict[str, Any]:
    image: dict[str, Any] = {"image": dict(blob), "alt": one["alt"]}
    if one.get("width") and one.get("height"):
        image["aspectRatio"] = {"width": one["width"], "height": one["height"]}
    return image


def _headroom(headers: Mapping[str, str]) -> tuple[port.Headroom, ...]:
    left, limit = headers.get("ratelimit-remaining", ""), headers.get("ratelimit-limit", "")
    if not (left.isdigit() and limit.isdigit()):
        return ()
    return (port.Headroom("calls", int(left), int(limit), reset(headers)),)


def _same(there: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    """Is it our post? Text and frozen moment decide; a picture may have been packed anew."""
    return all(there.get(name) == ours.get(name) for name in ("text", "createdAt", "langs"))


def _sent(did: str, post: Post, parts: list[dict[str, str]], at: datetime) -> Sent:
    url = f"https://bsky.app/profile/{did}/post/{_rkey(post, 0)}"
    return Sent(parts[0]["uri"], url, at, {"parts": parts, "names": [one["uri"] for one in parts]})


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
