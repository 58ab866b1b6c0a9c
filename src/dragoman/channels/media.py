"""Where the bytes of pictures and films are. A post carries digests only."""

import hashlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from dragoman.channels.connector import Picture, Video

PIECE = 1 << 20


class Missing(LookupError):
    """The bytes of a picture or film are not where they should be, or are not what they were."""

    def __init__(self, sha256: str, what: str = "The picture") -> None:
        super().__init__(sha256)
        self.sha256 = sha256
        self.what = what


def load(picture: Picture, folders: tuple[Path, ...]) -> Picture:
    """The picture with its bytes, from the first folder that has them whole. `Missing` when none has."""
    for folder in folders:
        try:
            data = (folder / picture.sha256).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(data).hexdigest() == picture.sha256:
            return replace(picture, data=data)
    raise Missing(picture.sha256)


def find(video: Video, folders: tuple[Path, ...]) -> Video:
    """The film with its place, from the first folder that has it whole. `Missing` when none has.

    Its bytes are read once through and not kept; a file that has not changed since is believed.
    """
    for folder in folders:
        path = folder / video.sha256
        try:
            stat = path.stat()
            whole = _digest(path, stat.st_size, stat.st_mtime_ns) == video.sha256
        except OSError:
            continue
        if whole:
            return replace(video, path=str(path))
    raise Missing(video.sha256, "The film")


@lru_cache(maxsize=256)
def _digest(path: Path, size: int, changed: int) -> str:
    """By size and time of change as well, so that a changed file is read anew."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()
