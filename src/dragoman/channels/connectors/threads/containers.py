"""Containers: what the network prepares, and nobody sees. Making one twice is harmless.

developers.facebook.com/documentation/threads/posts and .../troubleshooting.
"""

import asyncio
from collections.abc import Mapping

from dragoman.channels.connector import ChannelError, Picture, Post, Refused, TryLater
from dragoman.channels.connectors.threads import rendering
from dragoman.channels.connectors.threads.talk import Talk, Wrong

PAUSES = (0.2, 0.5, 1, 2, 4, 5, 5, 5, 5, 5)


async def make(talk: Talk, post: Post, place: int, reply_to: str) -> str:
    """The container of one post of the thread; its pictures are fetched from their public addresses."""
    part = post.rendition.parts[place]
    fields = {"media_type": "TEXT", "text": part.text}
    if reply_to:
        fields["reply_to_id"] = reply_to
    if part.extra.get("link"):
        fields["link_attachment"] = str(part.extra["link"])
    if part.extra.get("topic"):
        fields["topic_tag"] = str(part.extra["topic"])
    pictures = post.pictures[: int(part.extra.get("pictures", 0))]
    if len(pictures) == 1:
        fields |= _picture(pictures[0])
    elif pictures:
        children = [await _made(talk, {**_picture(one), "is_carousel_item": "true"}) for one in pictures]
        for child in children:
            await ready(talk, child)
        fields |= {"media_type": "CAROUSEL", "children": ",".join(children)}
    return await _made(talk, fields)


async def state(talk: Talk, container: str) -> str:
    """The container's own word: IN_PROGRESS, FINISHED, PUBLISHED, EXPIRED, ERROR; empty: no such one."""
    try:
        found = await talk.read(container, {"fields": "status,error_message"})
    except Wrong as wrong:
        if wrong.gone:
            return ""
        raise TryLater(f"Threads does not say what became of the post: {wrong.says}") from None
    return str(found.get("status") or "")


async def ready(talk: Talk, container: str) -> None:
    """Wait until it can be published: half a minute at most."""
    for pause in PAUSES:
        found = await talk.read(container, {"fields": "status,error_message"})
        if found.get("status") in ("FINISHED", "PUBLISHED"):
            return
        if found.get("status") == "ERROR":
            raise _spoilt(talk.clean(found.get("error_message") or "UNKNOWN"))
        await asyncio.sleep(pause)
    raise TryLater("Threads is still fetching what belongs to the post.")


async def _made(talk: Talk, fields: Mapping[str, str]) -> str:
    found = await talk.do("me/threads", fields, writes=False)
    container = found.get("id")
    if not isinstance(container, str) or not container:
        raise TryLater("Threads prepared the post, but its answer does not name it.")
    return container


def _picture(picture: Picture) -> dict[str, str]:
    if not picture.public_url:
        raise TryLater("The picture has no public address yet.")
    alt = {"alt_text": picture.alt[: rendering.MAX_ALT]} if picture.alt else {}
    return {"media_type": "IMAGE", "image_url": picture.public_url, **alt}


def _spoilt(why: str) -> ChannelError:
    if "DOWNLOAD" in why.upper() or why == "UNKNOWN":
        return TryLater(f"Threads could not fetch the picture ({why}).")
    return Refused(
        f"Threads cannot use the picture ({why}).", shown="Put another picture into the statement."
    )
