"""Containers: what the network prepares, and nobody sees. Making one twice is harmless.

developers.facebook.com/documentation/instagram-platform/content-publishing.
"""

import asyncio
from collections.abc import Mapping

from dragoman.channels.connector import ChannelError, Picture, Post, Refused, TryLater
from dragoman.channels.connectors.instagram import rendering
from dragoman.channels.connectors.instagram.talk import Talk, Wrong

PAUSES = (0.3, 0.7, 1, 2, 4, 5, 5, 5, 5, 5)
FIELDS = {"fields": "status_code,status"}


async def make(talk: Talk, user: str, post: Post) -> str:
    """The container of a post; its pictures are fetched from their public addresses."""
    part = post.rendition.parts[0]
    pictures = post.pictures[: int(part.extra.get("pictures", 0))]
    if not pictures:
        raise Refused(
            "Instagram takes no post without a picture.",
            shown="Add a picture in a new revision, or leave this channel out.",
        )
    if len(pictures) == 1:
        return await _made(talk, user, {**_picture(pictures[0]), "caption": part.text})
    children = [await _made(talk, user, {**_picture(one), "is_carousel_item": "true"}) for one in pictures]
    for child in children:
        await ready(talk, child)
    fields = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": part.text}
    return await _made(talk, user, fields)


async def state(talk: Talk, container: str) -> str:
    """The container's own word: IN_PROGRESS, FINISHED, PUBLISHED, EXPIRED, ERROR; empty: no such one."""
    try:
        found = await talk.read(container, FIELDS)
    except Wrong as wrong:
        if wrong.gone:
            return ""
        raise TryLater(f"Instagram does not say what became of the post: {wrong.says}") from None
    return str(found.get("status_code") or "")


async def ready(talk: Talk, container: str) -> None:
    """Wait until it can be published: half a minute at most."""
    for pause in PAUSES:
        found = await talk.read(container, FIELDS)
        if found.get("status_code") in ("FINISHED", "PUBLISHED"):
            return
        if found.get("status_code") == "ERROR":
            raise _spoilt(talk.clean(found.get("status") or "no reason is given"))
        await asyncio.sleep(pause)
    raise TryLater("Instagram is still fetching what belongs to the post.")


def not_taken(wrong: Wrong) -> ChannelError:
    """Why nothing could be prepared."""
    if wrong.gone or wrong.not_ready:
        return TryLater("Instagram has lost what was prepared; it is made anew.")
    if wrong.not_fetched:
        return TryLater(f"Instagram could not fetch the picture from your public site: {wrong.says}")
    return Refused(f"Instagram does not take the post: {wrong.says}")


async def _made(talk: Talk, user: str, fields: Mapping[str, str]) -> str:
    found = await talk.do(f"{user}/media", fields, writes=False)
    container = found.get("id")
    if not isinstance(container, str) or not container:
        raise TryLater("Instagram prepared the post, but its answer does not name it.")
    return container


def _picture(picture: Picture) -> dict[str, str]:
    if not picture.public_url:
        raise TryLater("The picture has no public address yet.")
    alt = {"alt_text": picture.alt[: rendering.MAX_ALT]} if picture.alt else {}
    return {"image_url": picture.public_url, **alt}


def _spoilt(why: str) -> ChannelError:
    """`status` is a sub-code of an error, in words of the network's own choice."""
    if any(str(code) in why for code in (2207003, 2207052, 2207001, 2207032, 2207020)):
        return TryLater(f"Instagram could not fetch or keep the picture ({why}).")
    return Refused(f"Instagram cannot use the picture ({why}).", shown="Put another one into the statement.")
