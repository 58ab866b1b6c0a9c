"""A server that has pictures, for networks that fetch them themselves."""

from __future__ import annotations

import io
from typing import ClassVar

from PIL import Image
from tests.fakes.network import Asked, Network, Says, route

from dragoman.channels.connector import Picture


class Pictures(Network):
    """Every path is the same picture, until `data` is changed."""

    kind: ClassVar[str] = "pictures"

    def __init__(self, kind: str = "JPEG", width: int = 640, height: int = 480) -> None:
        super().__init__()
        self.size = (width, height)
        out = io.BytesIO()
        Image.new("RGB", self.size, (10, 80, 90)).save(out, kind)
        self.data = out.getvalue()

    @route("GET", "/{name:path}", "picture")
    def picture(self, asked: Asked) -> Says:
        return Says(200, raw=self.data, media_type="image/jpeg")

    def one(self, name: str = "a.jpg", alt: str = "A flag") -> Picture:
        """A picture as the desk hands it to a connector, staged on this server."""
        width, height = self.size
        return Picture("0" * 64, "image/jpeg", width, height, alt, self.data, f"{self.url}/{name}")
