"""Returned mail is read without trust, and nothing else is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib import dsn

TAG = "a2" * 21


def returned(status: str = "5.1.1", action: str = "failed", to: str = f"returned+{TAG}@mfa.example") -> bytes:
    return f"""From: MAILER-DAEMON@x.org\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
I'm sorry.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; relay.x.org\r
\r
Final-Recipient: rfc822; reader@x.org\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; 550 {status} no such user\r
--b\r
Content-Type: message/rfc822\r
\r
Subject: the mail\r
\r
text\r
--b--\r
""".encode()


@pytest.mark.parametrize(
    ("status", "action", "lasting", "unknown"),
    [
        ("5.1.1", "failed", True, True),
        ("5.1.10", "failed", True, True),
        ("5.2.2", "failed", True, False),
        ("5.7.1", "failed", True, False),
        ("4.4.7", "failed", False, False),
        ("4.2.2", "delayed", False, False),
        ("2.0.0", "delivered", False, False),
    ],
)
def test_a_report_says_whether_it_lasts(status: str, action: str, lasting: bool, unknown: bool) -> None:
    found = dsn.read(returned(status, action))
    assert found is not None
    assert found.tags == (TAG,)
    assert (found.lasting, found.unknown) == (lasting, unknown)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: reader@x.org\r\nTo: returned+" + TAG.encode() + b"@mfa.example\r\n\r\nI am away.\r\n",
        returned(to="statements@mfa.example"),
        returned(to="returned+short@mfa.example"),
        returned().replace(b"Status:", b"Stat:"),
        b"x" * (dsn.MOST_BYTES + 1),
    ],
)
def test_what_is_no_report_is_nothing(raw: bytes) -> None:
    assert dsn.read(raw) is None


@given(st.binary(max_size=2000))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    dsn.read(raw)
    dsn.read(returned()[:200] + raw)
