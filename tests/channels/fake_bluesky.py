"""The fake Bluesky server, as the tests of the channels have always called it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.bluesky import DID, HANDLE, PASSWORD, FakeBluesky, token

__all__ = ["DID", "HANDLE", "PASSWORD", "TROUBLES", "FakeBluesky", "fake_bluesky", "token"]

# What a call may do instead of answering well. "-after" means that it was carried out.
TROUBLES = (
    "ok",
    *("500-before", "500-after", "503-html-before", "silent-before", "silent-after"),
    *("reset-before", "reset-after", "garbage-before", "garbage-after", "html-200-before", "half-after"),
    *("429", "expired", "redirect", "empty-200-after", "huge-after"),
)


@contextmanager
def fake_bluesky() -> Iterator[FakeBluesky]:
    """A running server, on a free port of this machine."""
    with FakeBluesky().running() as fake:
        yield fake
