"""Pictures made safe: opened, turned upright, made smaller if need be, written anew without metadata.

What comes out was written by us from pixels alone: no place, no camera, no hidden program. What is too large
is refused from its header, before anything is unpacked.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from dragoman.lib.problems import Invalid, TooLarge

_READ = ("JPEG", "PNG", "WEBP", "GIF")
SMALLER_SIDES = (4096, 2048, 1200)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture fit to be sealed and served."""

    data: bytes
    media_type: str
    width: int
    height: int
    sha256: str


def reencode(
    data: bytes, *, max_pixels: int = 50_000_000, max_bytes: int = 20_000_000, max_side: int = 2400
) -> Picture:
    """The same picture without metadata, at most `max_side` pixels on its longer side.

    Takes JPEG, PNG, WebP and GIF (its first frame); gives JPEG, or PNG where parts are transparent or colours
    are few. Raises TooLarge before decoding, and Invalid when it is no picture or a damaged one.
    """
    if len(data) > max_bytes:
        raise TooLarge(
            f"The picture has {len(data) / 1e6:.1f} MB; at most {max_bytes / 1e6:.0f} MB are taken.",
            mend="Save it smaller or as JPEG, and upload it again.",
        )
    with warnings.catch_warnings():
        # our own limit is checked below, from the header
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = _opened(data, max_pixels)
        try:
            return _written(_prepared(image, max_side))
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise _damaged() from error


def within(data: bytes, media_type: str, *, max_bytes: int) -> tuple[bytes, str]:
    """The bytes and their type, as they are where they fit into `max_bytes`, else made smaller step by step.

    Raises as `reencode` does. What does not fit even then is given back as small as it could be made.
    """
    kept, kept_type = data, media_type
    for side in SMALLER_SIDES:
        if len(kept) <= max_bytes:
            break
        smaller = reencode(data, max_bytes=max(len(data), 1), max_side=side)
        kept, kept_type = smaller.data, smaller.media_type
    return kept, kept_type


def _opened(data: bytes, max_pixels: int) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=_READ)
    except Image.DecompressionBombError as error:
        raise _too_many("more", max_pixels) from error
    except UnidentifiedImageError as error:
        raise Invalid(
            "This is no picture that is taken: JPEG, PNG, WebP or GIF.",
            mend="Save it as JPEG or PNG, and upload it again.",
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _damaged() from error
    width, height = image.size
    if width * height > max_pixels:
        raise _too_many(f"{width:,} × {height:,} = {width * height / 1e6:.0f} million", max_pixels)
    if width < 1 or height < 1:
        raise _damaged()
    return image


def _prepared(image: Image.Image, max_side: int) -> Image.Image:
    # a JPEG can be read at a half or a quarter of its size, which spares memory
    image.draft("RGB", (max_side, max_side))
    image.load()
    upright = ImageOps.exif_transpose(image)
    transparent = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    plain = upright.convert("RGBA" if transparent else "RGB")
    if max(plain.size) > max_side:
        plain.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return plain


def _written(image: Image.Image) -> Picture:
    # pixels into a new picture: nothing that the old one carried comes along
    clean = Image.frombytes(image.mode, image.size, image.tobytes())
    out = io.BytesIO()
    if clean.mode == "RGBA" or clean.getcolors(maxcolors=256) is not None:
        clean.save(out, "PNG", optimize=True)
        media_type = "image/png"
    else:
        clean.save(out, "JPEG", quality=85, optimize=True, progressive=True)
        media_type = "image/jpeg"
    data = out.getvalue()
    return Picture(data, media_type, clean.width, clean.height, hashlib.sha256(data).hexdigest())


def _too_many(pixels: str, max_pixels: int) -> TooLarge:
    return TooLarge(
        f"The picture has {pixels} pixels; at most {max_pixels / 1e6:.0f} million are taken.",
        mend="Save it with fewer pixels; 2,400 on the longer side are shown at most.",
    )


def _damaged() -> Invalid:
    return Invalid(
        "The picture is damaged and cannot be read to its end.", mend="Export it again from its source."
    )
