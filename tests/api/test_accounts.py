"""Official accounts over the API: read, as the officer sees them."""

from __future__ import annotations

import pytest
from tests.accounts.help import confirmed, proposed
from tests.api.speaking import Speak
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_program_reads_the_register(cast: Cast, speak: Speak) -> None:
    confirmed(cast)
    proposed(cast, ref="site", kind="domain", network="Web", handle="mfa.example")
    answer = speak(cast.auditor, "read")("get", "/accounts")
    assert answer.status_code == 200
    said = answer.json()
    assert [(one["id"], one["state"]) for one in said["items"]] == [
        ("mastodon-en", "confirmed"),
        ("site", "proposed"),
    ]
    assert said["version"] == 1
    found = speak(cast.auditor, "read")("get", "/accounts?show=proposed").json()["items"]
    assert [one["id"] for one in found] == ["site"]
    assert speak(cast.auditor, "read")("get", "/accounts?show=nonsense").status_code == 422
    assert speak(cast.auditor, "read")("get", "/accounts?state=x").status_code == 422


def test_an_officer_of_elsewhere_reads_none(cast: Cast, speak: Speak) -> None:
    confirmed(cast)
    assert speak(cast.stranger, "read")("get", "/accounts").json()["items"] == []
