"""Who may open what at the table: a stranger, another talks' person, an observer, one who has left."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import get_resolver
from tests.house.test_access import fill, patterns
from tests.negotiations.table.browsing import browser
from tests.negotiations.table.world import SITE, World, sign

from dragoman.base import clock
from dragoman.config import table_settings
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.actions import keys as key_deeds
from dragoman.negotiations.actions import processes
from dragoman.negotiations.models import Answer, Party, Round, Spokesperson
from dragoman.negotiations.table import cookies
from dragoman.negotiations.table.access import rule_of

Sit = Callable[..., Client]
TALKS = "/table/talks/stonebridge/"


def closed() -> list[str]:
    """Every address behind a seat, filled in."""
    found = patterns(get_resolver("dragoman.config.table_urls"))
    return [
        fill(path) for path, view in found if (rule := rule_of(view)) is not None and rule.who != "anyone"
    ]


def unmasked(page: bytes) -> bytes:
    """A page without the token against forged forms, which is another one each time."""
    return re.sub(rb'(name="csrfmiddlewaretoken" value=")[^"]+', rb"\1", page)


def test_a_stranger_is_led_to_the_sign_in_whatever_they_ask_for(world: World) -> None:
    assert len(closed()) > 15
    for path in closed():
        for address in (path, path.replace("/x/", "/stonebridge/")):
            answer = browser().get(address)
            assert answer.status_code in (302, 405), address
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/table/?next="), address


def test_a_stranger_can_do_nothing(world: World) -> None:
    about = world.put()
    for path in closed():
        address = path.replace("/x/", "/stonebridge/", 1).replace("rounds/1/", f"rounds/{about.number}/")
        assert browser().post(address, {"way": "line", "line": "x"}).status_code in (302, 405)
    assert not Answer.objects.exists()


def test_other_talks_are_not_there_in_the_words_of_what_never_was(world: World, sit: Sit) -> None:
    world.put()
    client = sit(world.far)
    never = client.get("/table/talks/nowhere/")
    assert never.status_code == 404
    for rest in ("", "keys/", "receipts/", "rounds/1/", "rounds/1/body.txt", "receipts/1.txt", "protocol/"):
        theirs = client.get(f"{TALKS}{rest}")
        assert theirs.status_code == 404, rest
        assert unmasked(theirs.content) == unmasked(never.content), rest
    assert client.post(f"{TALKS}rounds/1/consent", {"way": "line", "line": "x"}).status_code == 404
    assert "tonebridge" not in client.get("/table/talks/harbour/").content.decode()


def test_receipts_and_keys_are_each_partys_own(world: World, sit: Sit) -> None:
    north, east = sit(world.north), sit(world.east)
    mine, theirs = (client.get(f"{TALKS}receipts/1.txt").content for client in (north, east))
    assert b"party northland" in mine
    assert b"party eastmark" in theirs
    assert b"eastmark" not in north.get(f"{TALKS}receipts/").content + mine
    assert "eastmark.stonebridge+" not in north.get(f"{TALKS}keys/").content.decode()


def test_an_observer_reads_and_does_nothing(world: World, sit: Sit) -> None:
    about = world.put()
    client = sit(world.watcher)
    page = client.get(f"{TALKS}rounds/{about.number}/")
    assert page.status_code == 200
    assert b"<form" not in page.content.split(b"<main", 1)[1].split(b"</main>", 1)[0]
    assert client.get(TALKS).status_code == 200
    for rest in ("keys/", "receipts/", "corrections/", "leave/", "rounds/1/round.json", "rounds/1/decline/"):
        assert client.get(f"{TALKS}{rest}").status_code == 403, rest
    for rest in ("consent", "decline/", "object", "withdraw"):
        assert client.post(f"{TALKS}rounds/{about.number}/{rest}", {"read_all": "1"}).status_code == 403
    assert not Answer.objects.exists()


def test_one_whose_party_has_left_is_outside(world: World, sit: Sit) -> None:
    client = sit(world.north)
    Party.objects.filter(pk=world.north.party.pk).update(state="left")
    assert client.get(TALKS).status_code == 302


def test_a_draft_of_the_host_is_not_there(world: World, sit: Sit) -> None:
    world.put()
    Round.objects.update(state="drafting", opened_at=None)
    client = sit(world.north)
    assert client.get(f"{TALKS}rounds/1/").status_code == 404
    for file in ("body.txt", "round.json", "text/en"):
        assert client.get(f"{TALKS}rounds/1/{file}").status_code == 404


def test_a_form_from_elsewhere_is_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": SITE}):
        answer = client.post("/table/sign-out", {}, headers=headers)
        assert answer.status_code == 403
        assert answer.headers["X-Problem"] == "stale-form"


def test_a_form_of_the_own_page_is_taken(world: World) -> None:
    client = browser(csrf=True)
    page = client.get("/table/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
    assert client.post("/table/sign-out", {"csrfmiddlewaretoken": token}).status_code == 303
    cookie = client.cookies[table_settings.CSRF_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")


def test_deeds_are_limited(world: World, sit: Sit) -> None:
    client = sit(world.north)
    answers = [client.post(f"{TALKS}keys/", {"way": "key", "key": ""}).status_code for _ in range(32)]
    assert answers == [422] * 30 + [429] * 2


def test_every_answer_is_kept_by_no_cache_and_asks_no_other_host(world: World, sit: Sit) -> None:
    for client, path in (
        (browser(), "/table/"),
        (sit(world.north), TALKS),
        (sit(world.north), f"{TALKS}receipts/1.txt"),
        (browser(), "/table/nothing-here"),
        (browser(), "/table/freeze/"),
    ):
        told = client.get(path).headers
        assert told["Cache-Control"] == "no-store"
        assert "default-src 'none'" in told["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in told["Content-Security-Policy"]
        assert "unsafe" not in told["Content-Security-Policy"]
        assert told["X-Robots-Tag"].startswith("noindex")
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Referrer-Policy"] == "same-origin"


def test_a_zero_byte_goes_nowhere(world: World, sit: Sit) -> None:
    client = sit(world.north)
    assert client.post(f"{TALKS}corrections/", {"words": "a\x00b"}).status_code == 422
    assert client.get(TALKS, {"lang": "a\x00"}).status_code == 422


def test_no_page_of_the_desk_is_served_here(world: World) -> None:
    for path in ("/account/login/", "/statements/", "/health", "/api/v1/statements", "/audit/"):
        assert browser().get(path).status_code == 404


def test_an_officers_session_is_no_seat(world: World) -> None:
    client = Client()
    client.cookies["dragoman_desk_session"] = "x" * 32
    client.cookies[cookies.name("seat")] = "x" * 43
    answer = client.get(TALKS)
    assert answer.status_code == 302
    assert client.cookies[cookies.name("seat")].value == "", "a token that opens nothing is taken back"


def test_a_seat_that_was_given_up_opens_nothing(world: World, sit: Sit) -> None:
    client = sit(world.north)
    token = client.cookies[cookies.name("seat")].value
    assert client.post("/table/sign-out").status_code == 303
    client.cookies[cookies.name("seat")] = token
    assert client.get(TALKS).status_code == 302


@pytest.mark.parametrize("way", ["north", "east"])
def test_what_the_other_answered_is_on_no_page_before_its_time(world: World, sit: Sit, way: str) -> None:
    about = world.put()
    said, other = (world.north, world.east) if way == "north" else (world.east, world.north)
    answered = sit(said).post(
        f"{TALKS}rounds/{about.number}/decline/", {"reason": ["order"], "words": "The-word-only-we-know"}
    )
    assert answered.status_code == 303
    client = sit(other)
    seen = b"".join(_all(client, about))
    assert b"The-word-only-we-know" not in seen
    assert b"the order of naming" not in seen
    assert b"refusal" not in seen
    assert b"declined" not in seen
    assert b"answered" in seen, "that they answered, the other may know"
    sign(other, about)
    assert b"The-word-only-we-know" in client.get(f"{TALKS}rounds/{about.number}/").content


def test_when_time_is_over_all_is_shown(world: World, sit: Sit) -> None:
    about = world.put()
    sign(world.north, about)
    Round.objects.filter(pk=about.pk).update(closes_at=clock.now())
    page = sit(world.east).get(f"{TALKS}rounds/{about.number}/").content.decode()
    assert "consented" in page
    assert "no answer" in page


def _all(client: Client, about: Round) -> list[bytes]:
    paths = ("", f"rounds/{about.number}/", f"rounds/{about.number}/round.json", "receipts/", "protocol/")
    return [client.get(f"{TALKS}{path}").content for path in paths]


def test_alive_asks_nothing_of_the_database() -> None:
    """This test has no database, so that asking one would fail."""
    assert Client().get("/table/alive").content == b"alive\n"


@pytest.mark.django_db(transaction=True)
def test_one_whom_only_the_host_invited_is_told_what_they_cannot_do(world: World, sit: Sit) -> None:
    world.open()
    about = world.joint()
    person, code = processes.invite(by=world.cast.director, party=world.north.party, name="N. Brook")
    own = SignerKey("northland.stonebridge", b"\x51" * 32)
    key_deeds.enrol(code=code, vkey=str(own.verifier))
    person.refresh_from_db()
    client = sit(replace(world.north, person=Spokesperson.objects.select_related("party").get(pk=person.pk)))
    sign(world.north, about)
    page = client.get(f"{TALKS}rounds/{about.number}/").content.decode()
    assert "Your own key is not in the keyring in force." in page
    assert "consent taken" not in client.get(f"{TALKS}receipts/").content.decode()
    for rest in ("withdraw", "decline/"):
        assert client.post(f"{TALKS}rounds/{about.number}/{rest}", {"words": "No."}).status_code in (403, 409)
    assert Answer.objects.filter(round=about, withdrawn_at__isnull=True, kind="consent").count() == 1
