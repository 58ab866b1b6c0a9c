"""Tokens in the shapes in which networks give them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dragoman.channels import oauth

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("permissions", ["a,b", ["a", "b"]])
def test_tokens_in_a_list_are_read(permissions: Any) -> None:
    """As Instagram's business login gives them."""
    said = {"data": [{"access_token": "token", "user_id": "1020", "permissions": permissions}]}
    kept = oauth.read(said, NOW)
    assert kept["access"] == "token"
    assert set(kept["scope"].replace(",", " ").split()) == {"a", "b"}


@pytest.mark.parametrize("said", [{"data": []}, {"data": [1]}, {"data": [{}]}, {"data": "x"}])
def test_a_list_without_a_token_is_no_sign_in(said: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="gave no token"):
        oauth.read(said, NOW)
