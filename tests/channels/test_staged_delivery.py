"""A picture that a network fetches itself: from the desk's files to the post, through the public site."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from PIL import Image
from tests.cast import Cast
from tests.channels.help import plan, walk
from tests.fakes.instagram import Instagram

from dragoman.base import clock
from dragoman.channels import actions, queries, staging
from dragoman.channels.connector import Picture, Piece
from dragoman.channels.models import Channel, Delivery
from dragoman.public.serve import Site


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Silence."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The public site over HTTP, as the network finds it."""
    app = Site(settings.DRAGOMAN.public_dir, live_url="http://localhost:8002")
    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(settings.DRAGOMAN, "public_url", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    yield
    server.shutdown()


def png() -> Picture:
    out = io.BytesIO()
    Image.new("RGBA", (640, 480), (10, 80, 90, 120)).save(out, "PNG")
    digest = hashlib.sha256(out.getvalue()).hexdigest()
    place = settings.DRAGOMAN.home / "media" / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(out.getvalue())
    return Picture(digest, "image/png", 640, 480, "A plain field")


def instagram(cast: Cast, fake: Instagram) -> Channel:
    plain, secrets, session = fake.account()
    channel = actions.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="instagram",
        slug="instagram",
        label="@ministry",
        values={**plain, **secrets},
    )
    Channel.objects.filter(pk=channel.pk).update(session=queries.vault().seal(session))
    return Channel.objects.get(pk=channel.pk)


def test_a_png_reaches_instagram_as_jpeg_from_our_own_site(cast: Cast, site: None) -> None:
    with Instagram().running() as fake:
        picture = png()
        piece = Piece("en", "Notice", "", "", "https://mfa.example/en/x/", (), (picture,))
        channel = instagram(cast, fake)
        at = clock.now() - timedelta(minutes=1)
        delivery = plan(cast, channel, piece=piece, pictures=(picture,), due=at)
        walk(delivery)
        delivery = Delivery.objects.get(pk=delivery.pk)
        assert delivery.state == "sent", delivery.why
        assert fake.texts() == [delivery.rendition["parts"][0]["text"]]
        form = fake.posts()[0].fields["form"]
        assert form["image_url"].startswith(f"{settings.DRAGOMAN.public_url}/staged/")
        assert form["image_url"].endswith("/picture.jpg")
        assert form["alt_text"] == "A plain field"
        assert "staged" not in str(delivery.prepared) + str(delivery.remote)
    assert staging.oldest_due() is None
