"""A home of its own for each test of the public plane, with the record in it."""

from pathlib import Path

import pytest
from django.conf import settings

from dragoman.record import healing


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The public files and the record are in a folder of this test only."""
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    healing.forget()
    return tmp_path


@pytest.fixture
def public(home: Path) -> Path:
    """The folder of public files."""
    return home / "public"
