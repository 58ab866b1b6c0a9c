"""E-mail addresses as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib import mailaddress


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (" Reader@Example.ORG ", "Reader@example.org"),
        ("a.b+c@x.org", "a.b+c@x.org"),
        ("o'neil@x.org", "o'neil@x.org"),
        ("чтец@xn--p1ai.рф", "чтец@xn--p1ai.xn--p1ai"),
        ("x@xn--p1ai.xn--p1ai", "x@xn--p1ai.xn--p1ai"),
        ("x@sub.x.org.", "x@sub.x.org"),
    ],
)
def test_an_address_is_read(given: str, read: str) -> None:
    assert mailaddress.read(given) == read


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "@",
            "a@",
            "@x.org",
            "a@localhost",
            "a@1.2.3.4",
            "a@[1.2.3.4]",
            "a..b@x.org",
            ".a@x.org",
            "a.@x.org",
        ),
        *("a b@x.org", "a@x org", '"a b"@x.org', "a@x.org, b@x.org", "<a@x.org>", "a@-x.org", "a@x-.org"),
        *("a\n@x.org", "a@x.org\r\nBcc: b@x.org", "a\x00@x.org", "a\u202e@x.org", "a@" + "x" * 64 + ".org"),
        *("a" * 65 + "@x.org", "a@" + "x." * 130 + "org", "a@@x.org", "a@x..org", "я" * 40 + "@x.org"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        mailaddress.read(text)


@given(st.text(max_size=80))
def test_whatever_is_read_is_safe_in_a_header(text: str) -> None:
    try:
        found = mailaddress.read(text)
    except ValueError:
        return
    assert found.isprintable()
    assert not set(found) & set(' <>",\r\n')
    assert len(found.encode()) <= mailaddress.MOST
    assert mailaddress.read(found) == found


def test_two_spellings_are_one() -> None:
    assert mailaddress.identity("Reader@x.org") == mailaddress.identity("reader@x.org")
