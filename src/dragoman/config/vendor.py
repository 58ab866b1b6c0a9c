"""Scripts of others that the desk's plots use. npm brings them at set-up; none of them is in this project.

Without them (no Node at set-up) the pages show their tables and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

ROOT = Path(__file__).resolve().parents[3] / "node_modules"
FILES = {
    "vendor/echarts.js": "echarts/dist/echarts.min.js",
    "vendor/d3-array.js": "d3-array/dist/d3-array.min.js",
    "vendor/d3-geo.js": "d3-geo/dist/d3-geo.min.js",
    "vendor/topojson-client.js": "topojson-client/dist/topojson-client.min.js",
    "vendor/borders.json": "world-atlas/countries-110m.json",
}
BORDERS = "vendor/borders.json"


class _Renamed(FileSystemStorage):
    """One storage for files that have other names where they lie."""

    prefix = ""  # collectstatic asks every storage for one

    def path(self, name: str) -> str:
        # Which lines are drawn between states is for the ministry to say, not for a library.
        own = settings.DRAGOMAN.borders if name == BORDERS else ""
        return own or str(ROOT / FILES[name])

    def exists(self, name: str) -> bool:
        return name in FILES and Path(self.path(name)).is_file()


class VendorFinder(BaseFinder):
    """Finds exactly the files above, where npm has put them."""

    storage = _Renamed(location=str(ROOT))

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [self.storage.path(path)] if self.storage.exists(path) else []
        return found if find_all else (found[0] if found else None)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in FILES:
            if self.storage.exists(name):
                yield name, self.storage
