"""The cast, and quick passwords: how slowly a password is checked is not what these tests are about."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import Cast, assemble


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
