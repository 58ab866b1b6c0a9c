"""A public address, for a short while, for media that a network fetches itself.

Instagram and Threads take no bytes: they are told an address, and fetch it while they make a container, hours
before the moment, when the picture is still a secret. So it is put under an address that nobody can guess,
which no search engine may list and no cache may keep, and is removed an hour after it was last asked for.
What that means for an embargo is written in docs/decisions/staged-media.md.

The address is made from the media's digest, the day and the desk's own key: staging twice on one day gives
one file, on any host, with no row to remember it by.
"""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac
from PIL import Image, UnidentifiedImageError

from dragoman.base import clock
from dragoman.channels.connector import Picture, Refused, Video
from dragoman.lib.files import make_folder, write_atomic

PREFIX = "staged"
KEPT = timedelta(hours=1)
GRACE = timedelta(minutes=30)
# Instagram downloads at most 8 MiB (its error 36000/2207004); below it by a margin.
MAX_BYTES = 8_000_000
QUALITIES = (92, 85, 75, 60)


def stage(picture: Picture, *, jpeg: bool = True) -> Picture:
    """The picture with its `public_url`, where the network finds it from now on for about an hour.

    Its bytes must be loaded. With `jpeg` another format is written anew as JPEG, on white where it was
    transparent; `data` stays what was approved. Raises `Refused` when the bytes are no picture, and OSError
    when the file cannot be written. May be called again at any time: that renews the hour.
    """
    data, suffix = _as_jpeg(picture) if jpeg else (picture.data, _suffix(picture.media_type))
    place, url = _place(picture.sha256, f"picture{suffix}")
    if not _renewed(place, len(data)):
        write_atomic(place, data)
        _renewed(place, len(data))
    return replace(picture, public_url=url)


def stage_video(video: Video) -> Video:
    """The film with its `public_url`. Its `path` must be known; the file is copied."""
    source = Path(video.path)
    place, url = _place(video.sha256, f"film{source.suffix or '.mp4'}")
    if not _renewed(place, source.stat().st_size):
        make_folder(place.parent)
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        shutil.copyfile(source, beside)
        beside.replace(place)
        _renewed(place, source.stat().st_size)
    return replace(video, public_url=url)


def sweep() -> int:
    """Remove what was last asked for more than an hour ago. Returns how many were removed."""
    until = clock.now() - KEPT
    gone = [folder for folder, last in _staged() if last < until]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def oldest_due() -> datetime | None:
    """When the oldest of what should be gone by now was due to go; for the health page."""
    due = min((last + KEPT + GRACE for _, last in _staged()), default=None)
    return due if due is not None and due < clock.now() else None


def _root() -> Path:
    found: Path = settings.DRAGOMAN.public_dir / PREFIX
    return found


def _staged() -> list[tuple[Path, datetime]]:
    """Every staged folder, and when it was last asked for."""
    try:
        entries = list(os.scandir(_root()))
    except FileNotFoundError:
        return []
    found = []
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            times = [file.stat().st_mtime for file in os.scandir(entry.path)] or [entry.stat().st_mtime]
            found.append((Path(entry.path), datetime.fromtimestamp(max(times), UTC)))
    return found


def _place(sha256: str, name: str) -> tuple[Path, str]:
    day = clock.now().astimezone(UTC).date().isoformat()
    mac = salted_hmac("dragoman.channels.staging", f"{day}/{sha256}/{name}", algorithm="sha256")
    token = mac.hexdigest()[:32]  # 128 bits
    return _root() / token / name, f"{settings.DRAGOMAN.public_url}/{PREFIX}/{token}/{name}"


def _renewed(place: Path, size: int) -> bool:
    """True when the file stands there whole; then its hour begins anew."""
    try:
        if place.stat().st_size != size:
            return False
        now = clock.now().timestamp()
        os.utime(place, (now, now))
    except OSError:
        return False
    return True


def _suffix(media_type: str) -> str:
    return {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}.get(media_type, ".jpg")


def _as_jpeg(picture: Picture) -> tuple[bytes, str]:
    """The same every time: the same bytes in give the same bytes out."""
    if picture.data.startswith(b"\xff\xd8\xff") and len(picture.data) <= MAX_BYTES:
        return picture.data, ".jpg"
    try:
        with Image.open(io.BytesIO(picture.data)) as opened:
            image = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused(
            f"The picture {picture.sha256[:12]} cannot be read, so the network cannot be given it.",
            shown="Put another picture into the statement.",
        ) from None
    plain = Image.new("RGB", image.size, "white")
    plain.paste(image, mask=image.getchannel("A"))
    data = b""
    for quality in QUALITIES:
        out = io.BytesIO()
        plain.save(out, "JPEG", quality=quality, optimize=True)
        data = out.getvalue()
        if len(data) <= MAX_BYTES:
            break
    return data, ".jpg"
