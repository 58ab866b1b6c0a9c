"""The small picture of a link card: at most 1,000,000 bytes by the network's rule. Pure."""

import io

from PIL import Image, UnidentifiedImageError

from dragoman.channels.connector import Picture, Refused

MAX_BYTES = 950_000
SIDES = (1600, 1200, 900, 600, 300)
AS_IT_IS = frozenset({"image/jpeg", "image/png", "image/webp"})


def thumb(picture: Picture) -> tuple[bytes, str]:
    """The picture as bytes and media type, made smaller only when it must be. The same every time."""
    if picture.media_type in AS_IT_IS and len(picture.data) <= MAX_BYTES:
        return picture.data, picture.media_type
    try:
        with Image.open(io.BytesIO(picture.data)) as opened:
            image = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise Refused(
            "The picture of the link card cannot be read.", shown="Put another picture into the statement."
        ) from None
    for side in SIDES:
        image.thumbnail((side, side))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=82, optimize=True)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue(), "image/jpeg"
