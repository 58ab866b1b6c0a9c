"""A home of its own for a test: what one writes no other finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from dragoman.record import healing


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """$DRAGOMAN_HOME is a folder of this test only."""
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    healing.forget()
    return tmp_path
