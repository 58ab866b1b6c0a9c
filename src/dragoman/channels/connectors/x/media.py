"""Pictures of a post on X: uploaded ahead, with their descriptions."""

from typing import Any

from dragoman.channels.connector import Picture, Refused, TryLater
from dragoman.channels.connectors.x.rendering import MAX_PICTURE_BYTES
from dragoman.channels.connectors.x.talk import Talk, Wrong
from dragoman.lib.multipart import File, encode
from dragoman.lib.pictures import within
from dragoman.lib.problems import Problem


async def upload(talk: Talk, picture: Picture, alt: str) -> tuple[str, int]:
    """The network's id of the picture, and for how many seconds it is kept. Shows nothing to anyone."""
    data, media_type = fitted(picture)
    file = File("picture", media_type, data)
    form, body = encode({"media_category": "tweet_image"}, {"media": file})
    try:
        said = await talk.call("POST", "/2/media/upload", content=body, media_type=form)
        there: Any = said.get("data")
        number = str(there.get("id", "")) if isinstance(there, dict) else ""
        if not number:
            raise TryLater("X took the picture but did not say how to name it.")
        if alt:
            words = {"id": number, "metadata": {"alt_text": {"text": alt}}}
            await talk.call("POST", "/2/media/metadata", json=words)
    except Wrong as wrong:
        raise Refused(
            f"X refuses the picture: {wrong.says}", shown="Put another picture into the statement."
        ) from None
    kept = there.get("expires_after_secs")
    return number, kept if isinstance(kept, int) else 3600


def fitted(picture: Picture) -> tuple[bytes, str]:
    """The bytes and their type, made smaller only where X would not take them."""
    try:
        return within(picture.data, picture.media_type, max_bytes=MAX_PICTURE_BYTES)
    except Problem as problem:
        raise Refused(problem.detail, shown="Put another picture into the statement.") from None
