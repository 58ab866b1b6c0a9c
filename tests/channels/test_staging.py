"""Media that a network fetches itself: found under the address given, guessed by nobody, gone in time."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from PIL import Image

from dragoman.channels import staging
from dragoman.channels.connector import Picture, Refused, Video
from dragoman.public.headers import kind_of
from dragoman.public.serve import Site

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setattr(settings.DRAGOMAN, "public_url", "https://www.mfa.example")
    with time_machine.travel(NOW, tick=False):
        yield tmp_path


def picture(kind: str = "JPEG", mode: str = "RGB", side: int = 40) -> Picture:
    out = io.BytesIO()
    Image.new(mode, (side, side), 0).save(out, kind)
    data = out.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    return Picture(digest, f"image/{kind.lower()}", side, side, "Alt", data)


def path_of(home: Path, url: str) -> Path:
    return home / "public" / url.removeprefix("https://www.mfa.example/")


def test_a_picture_stands_whole_under_an_address_that_says_nothing(home: Path) -> None:
    given = picture()
    staged = staging.stage(given)
    assert re.fullmatch(r"https://www\.mfa\.example/staged/[0-9a-f]{32}/picture\.jpg", staged.public_url)
    assert given.sha256[:8] not in staged.public_url
    assert path_of(home, staged.public_url).read_bytes() == given.data
    assert staged.data == given.data
    assert staged.alt == "Alt"


def test_staging_twice_gives_one_file_and_another_day_another_address(home: Path) -> None:
    first = staging.stage(picture()).public_url
    assert staging.stage(picture()).public_url == first
    assert len(list((home / "public" / "staged").iterdir())) == 1
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert staging.stage(picture()).public_url != first


def test_another_key_gives_another_address(home: Path, settings: Any) -> None:
    first = staging.stage(picture()).public_url
    settings.SECRET_KEY = "another"
    assert staging.stage(picture()).public_url != first


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("WEBP", "RGB")])
def test_another_format_becomes_jpeg_on_white(home: Path, kind: str, mode: str) -> None:
    staged = staging.stage(picture(kind, mode))
    with Image.open(path_of(home, staged.public_url)) as image:
        assert image.format == "JPEG"
        assert image.size == (40, 40)
        if mode == "RGBA":
            assert image.getpixel((5, 5)) == (255, 255, 255)
    bytes_now = path_of(home, staged.public_url).read_bytes()
    assert path_of(home, staging.stage(picture(kind, mode)).public_url).read_bytes() == bytes_now


def test_a_format_may_be_kept(home: Path) -> None:
    staged = staging.stage(picture("PNG"), jpeg=False)
    assert staged.public_url.endswith("/picture.png")
    assert path_of(home, staged.public_url).read_bytes() == staged.data


def test_what_is_no_picture_is_refused_in_words(home: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        staging.stage(Picture("0" * 64, "image/png", 1, 1, "", b"no picture"))


def test_it_is_gone_an_hour_after_it_was_last_asked_for(home: Path) -> None:
    url = staging.stage(picture()).public_url
    with time_machine.travel(NOW + timedelta(minutes=50), tick=False):
        staging.stage(picture())
        assert staging.sweep() == 0
    with time_machine.travel(NOW + timedelta(minutes=105), tick=False):
        assert staging.sweep() == 0
    with time_machine.travel(NOW + timedelta(minutes=111), tick=False):
        assert staging.sweep() == 1
    assert not path_of(home, url).parent.exists()
    assert staging.sweep() == 0


def test_health_is_told_when_the_sweep_sleeps(home: Path) -> None:
    assert staging.oldest_due() is None
    staging.stage(picture())
    assert staging.oldest_due() is None
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        due = staging.oldest_due()
        assert due is not None
        assert due < NOW + timedelta(hours=2)
        staging.sweep()
        assert staging.oldest_due() is None


def test_a_damaged_file_is_written_anew(home: Path) -> None:
    place = path_of(home, staging.stage(picture()).public_url)
    place.write_bytes(b"half")
    staging.stage(picture())
    assert place.read_bytes() == picture().data


def test_a_film_is_found_as_well(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(b"\x00" * 5000)
    video = Video("a" * 64, "video/mp4", 5000, path=str(source))
    staged = staging.stage_video(video)
    assert staged.public_url.endswith("/film.mp4")
    assert path_of(home, staged.public_url).read_bytes() == source.read_bytes()
    assert staging.stage_video(video).public_url == staged.public_url


def test_no_cache_keeps_it_and_no_search_engine_lists_it(home: Path) -> None:
    staged = staging.stage(picture())
    site = Site(home / "public", live_url="http://localhost:8002")
    seen: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], exc: object = None) -> Any:
        seen.update({"status": status, **dict(headers)})

    path = staged.public_url.removeprefix("https://www.mfa.example")
    body = b"".join(site({"REQUEST_METHOD": "GET", "PATH_INFO": path}, start))
    assert body == staged.data
    assert seen["status"].startswith("200")
    assert seen["Cache-Control"] == "no-store"
    assert "noindex" in seen["X-Robots-Tag"]
    assert seen["Content-Type"] == "image/jpeg"
    for folder in ("/staged/", "/staged", path.removesuffix("picture.jpg")):
        site({"REQUEST_METHOD": "GET", "PATH_INFO": folder}, start)
        assert seen["status"].startswith("404")
    assert kind_of("/de/picture.jpg").listed
