"""Standard Webhooks: signing, checking, changing the secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.signatures import webhooks
from dragoman.lib.signatures.keys import BadKey
from dragoman.lib.signatures.request import BadSignature

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OLD, NEW = (webhooks.secret_bytes(webhooks.new_secret()) for _ in range(2))
BODY = b'{"type":"statement.released"}'


def test_the_example_of_the_standard_comes_out_to_the_letter() -> None:
    # a fact of the standard's own test suites: this secret, id, time and body give this signature
    secret = webhooks.secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = webhooks.signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at, [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=500))
def test_what_is_signed_is_proved(body: bytes) -> None:
    headers = webhooks.signed("id:1", body, NOW, [NEW])
    assert webhooks.verify(headers, body, [NEW], now=NOW) == "id:1"
    with pytest.raises(BadSignature):
        webhooks.verify(headers, body + b" ", [NEW], now=NOW)


def test_two_secrets_sign_both_while_one_takes_over_from_the_other() -> None:
    headers = webhooks.signed("id", BODY, NOW, [NEW, OLD])
    for secret in (OLD, NEW):
        webhooks.verify(headers, BODY, [secret], now=NOW)
    webhooks.verify(webhooks.signed("id", BODY, NOW, [OLD]), BODY, [NEW, OLD], now=NOW)


@pytest.mark.parametrize("away", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_call_of_another_time_is_refused(away: timedelta) -> None:
    headers = webhooks.signed("id", BODY, NOW + away, [NEW])
    with pytest.raises(BadSignature, match="clock"):
        webhooks.verify(headers, BODY, [NEW], now=NOW)


@pytest.mark.parametrize(
    "lie",
    [
        {"webhook-id": "other"},
        {"webhook-id": ""},
        {"webhook-id": "a.b"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "١٢٣"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v0,abc"},
        {"webhook-signature": "v1,\u0430"},
    ],
)
def test_a_call_with_something_else_in_its_headers_is_refused(lie: dict[str, str]) -> None:
    headers = {**webhooks.signed("id", BODY, NOW, [NEW]), **lie}
    with pytest.raises(BadSignature):
        webhooks.verify(headers, BODY, [NEW], now=NOW)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_%%%", "whsec_" + "QQ" * 8, "whsec_" + "QUFB" * 40])
def test_a_secret_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        webhooks.secret_bytes(text)
