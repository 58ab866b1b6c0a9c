"""Pictures made safe: decoded under limits, drawn anew, every metadata dropped.

What comes out is a JPEG or a PNG of ours: no EXIF (place, camera, names), no colour profile, no second
picture behind the first. The digest is that of the bytes that come out.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass, field

from PIL import Image, ImageOps, UnidentifiedImageError

from dragoman.lib.problems import Invalid, TooLarge

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
JPEG_QUALITY = 85
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MAX_SIDE = 2_400


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be shown. Width and height in pixels."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    sha256: str


def reencode(
    data: bytes, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES, max_side: int = MAX_SIDE
) -> Picture:
    """The picture drawn anew, turned upright, at most `max_side` pixels on its longer side.

    Raises TooLarge for bytes or pixels over the limits (the pixels are read from the header, before anything
    is decoded) and Invalid for what is not a JPEG, PNG, WebP or GIF, or is broken.
    """
    if len(data) > max_bytes:
        raise TooLarge(
            f"The picture has {len(data):,} bytes; at most {max_bytes:,} are taken.",
            mend="Save it smaller, or as a JPEG.",
        )
    try:
        with warnings.catch_warnings():
            # our own limit is stricter than the library's warning
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                _check_pixels(opened.size, max_pixels)
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
                return _drawn(upright)
    except Image.DecompressionBombError as error:
        raise TooLarge(f"The picture has too many pixels. {error}", mend="Make it smaller.") from None
    except UnidentifiedImageError:
        raise Invalid(
            "This is not a picture that we can read.", mend="Use a JPEG, PNG, WebP or GIF file."
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # the library reports broken files in all of these ways
        raise Invalid(f"The picture is broken: {error}", mend="Save it again and upload that.") from None


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise TooLarge(
            f"The picture has {width:,} x {height:,} = {width * height / 1e6:,.0f} million pixels; "
            f"at most {max_pixels / 1e6:,.0f} million are taken.",
            mend=f"Make it at most {MAX_SIDE:,} pixels wide; more is never shown.",
        )


def _drawn(image: Image.Image) -> Picture:
    clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    drawn = image.convert("RGBA" if clear else "RGB")
    drawn.info.clear()
    out = io.BytesIO()
    if clear:
        drawn.save(out, "PNG", optimize=True)
    else:
        drawn.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    data = out.getvalue()
    return Picture(
        data=data,
        media_type="image/png" if clear else "image/jpeg",
        width=drawn.width,
        height=drawn.height,
        sha256=hashlib.sha256(data).hexdigest(),
    )
