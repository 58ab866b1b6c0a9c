"""The desk as a browser meets it: forged forms, kept pages, broken input, hostile words."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.cast import officer
from tests.house.test_access import pages
from tests.security.ground import PART, Ground, addresses, everything, seat

from dragoman.base.access import rule_of
from dragoman.staff.models import Officer
from dragoman.staff.rules import ROLES


def words(text: str) -> list[str]:
    return text.split()


@pytest.fixture
def chief(ground: Ground) -> Officer:
    """Holds every role over everything."""
    return officer("chief", *((ground.cast.capital, role) for role in ROLES))


def every_address(ground: Ground) -> list[str]:
    plain = [pattern for pattern, _ in pages() if not PART.search(pattern) and pattern != "/health"]
    return [*plain, *(address for _, address in addresses(ground, ground.draft))]


def test_no_form_is_taken_from_another_site(ground: Ground, chief: Officer) -> None:
    client = seat(chief, csrf=True)
    before = everything()
    for address in every_address(ground):
        for more in ({}, {"HTTP_HX_REQUEST": "true"}):
            answer = client.post(address, {"why": "x", "deed": "deactivate"}, **more)
            assert answer.status_code in (403, 405), (address, answer.status_code)
    assert everything() == before


def test_looking_changes_nothing_and_is_kept_nowhere(ground: Ground, chief: Officer) -> None:
    client = seat(chief)
    for address in every_address(ground):
        # the answer of a network is a GET by its nature; one that nobody asked for is noted in the audit
        if "logout" in address or address.startswith("/channels/oauth/callback/"):
            continue
        before = everything()
        for more in ({}, {"HTTP_HX_REQUEST": "true"}):
            answer = client.get(address, **more)
            assert answer.status_code < 500, address
            kept = answer.headers["Cache-Control"]
            assert "no-store" in kept or "private" in kept, (address, kept)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, address
            assert "unsafe" not in policy, address
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        after = everything()
        assert [table for table in before if before[table] != after[table]] == [], address


@pytest.mark.parametrize("path", ["/nothing/here/", "/statements/nothing/", "/staff/officers/nobody/"])
def test_pages_of_refusal_are_as_strict(ground: Ground, path: str) -> None:
    answer = seat(ground.outsider).get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "odd", ["\x00", "\u00b2", "\ud7ff", "9" * 5000, "-1", "٣", "%00", "../../etc/passwd"]
)
def test_odd_characters_in_an_address_fail_nowhere(ground: Ground, chief: Officer, odd: str) -> None:
    client = seat(chief)
    names = words(
        "q state mission lang after rev left right show channel page id before who verb target "
        "text since until below sheet next"
    )
    for address in every_address(ground):
        if "logout" in address:
            continue
        answer = client.get(address, dict.fromkeys(names, odd))
        assert answer.status_code < 500, address


@pytest.mark.parametrize("odd", ["\x00", "\u00b2", "x" * 100_000])
def test_odd_characters_in_a_form_fail_nowhere(ground: Ground, chief: Officer, odd: str) -> None:
    client = seat(chief)
    names = words(
        "why reason note title summary body version lang digest credit words_en alt.en label name "
        "slug remote_url answer username role mission deed password next login source code "
        "button_label"
    )
    for address in every_address(ground):
        answer = client.post(address, dict.fromkeys(names, odd))
        assert answer.status_code < 500, (address, answer.status_code)


def test_a_zero_byte_in_the_path_is_no_fault(ground: Ground, chief: Officer) -> None:
    client = seat(chief)
    for pattern, view in pages():
        rule = rule_of(view)
        if PART.search(pattern) and rule is not None:
            address = PART.sub("a%00b", pattern)
            assert client.get(address).status_code < 500, address


def test_no_page_is_built_from_a_host_that_was_made_up(ground: Ground) -> None:
    assert Client().get("/account/login/", headers={"host": "evil.example"}).status_code in (400, 422)


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
)
def test_sign_in_leads_to_no_other_site(ground: Ground, there: str) -> None:
    someone = ground.writer
    someone.set_password("a long enough password")
    someone.save()
    client = Client()
    answer = client.post(
        "/account/login/", {"login": "writer", "password": "a long enough password", "next": there}
    )
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]
