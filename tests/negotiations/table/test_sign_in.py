"""The ways in: invited once, by passkey, by a key of one's own; and every false way stays shut."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from tests.negotiations.rules import sshsigs
from tests.negotiations.rules.cast import Authenticator
from tests.negotiations.table.browsing import browser, enrolled, used
from tests.negotiations.table.world import SITE, Chair, World

from dragoman.base import clock
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.actions import processes
from dragoman.negotiations.models import PartyKey, Seat, Spokesperson
from dragoman.negotiations.rules import orders, signing
from dragoman.negotiations.table import cookies

TALKS = "/table/talks/stonebridge/"
DEVICE = Authenticator(secret=21, rp_id="localhost", origin=SITE)


def invite(world: World, chair: Chair | None = None) -> tuple[Spokesperson, str]:
    party = (chair or world.north).party
    return processes.invite(by=world.cast.director, party=party, name="A. Hill")


def seated(client: Client) -> bool:
    return client.get(TALKS).status_code == 200


def sign_in(client: Client, device: Authenticator = DEVICE, **more: Any) -> Any:
    return client.post("/table/sign-in/passkey", used(device, client.get("/table/").content.decode(), **more))


def test_an_invitation_makes_a_passkey_and_opens_the_door(world: World) -> None:
    person, code = invite(world)
    client = browser()
    answer = enrolled(client, code, DEVICE)
    assert (answer.status_code, answer.headers["Location"]) == (303, TALKS)
    assert seated(client)
    key = PartyKey.objects.get(spokesperson=person)
    assert key.kind == "webauthn"
    assert set(key.raw) == {"credential", "client_data", "attestation"}
    assert DEVICE.vkey("northland", "stonebridge") == key.vkey


def test_an_invitation_works_once_and_tells_nothing_afterwards(world: World) -> None:
    _, code = invite(world)
    enrolled(browser(), code, DEVICE)
    again, never = (browser().get(f"/table/enrol/{one}/") for one in (code, "abcde-abcde-abcde-abcde"))
    assert again.status_code == never.status_code == 404
    assert again.content.replace(code.encode(), b"") == never.content.replace(b"abcde-abcde-abcde-abcde", b"")


def test_an_invitation_ends(world: World) -> None:
    _, code = invite(world)
    with time_machine.travel(clock.now() + timedelta(days=30)):
        assert browser().get(f"/table/enrol/{code}/").status_code == 404


def test_looking_at_an_invitation_uses_nothing_up(world: World) -> None:
    _, code = invite(world)
    for _ in range(3):
        assert browser().get(f"/table/enrol/{code}/").status_code == 200
    assert enrolled(browser(), code, DEVICE).status_code == 303


def test_guessing_invitations_is_stopped(world: World) -> None:
    answers = [browser().get(f"/table/enrol/guess-{number}/").status_code for number in range(12)]
    assert answers == [404] * 10 + [429] * 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"flags": 0x01}, "no-user-verification"),
        ({"flags": 0x04}, "no-user-presence"),
        ({"rp_id": "evil.example"}, "wrong-rp"),
        ({"origin": "http://localhost:9999"}, "wrong-origin"),
    ],
)
def test_a_passkey_made_wrongly_is_not_enrolled(world: World, wrong: dict[str, Any], code: str) -> None:
    person, invitation = invite(world)
    answer = enrolled(browser(), invitation, replace(DEVICE, **wrong))
    assert answer.status_code == 422
    assert answer.context["error"].code == code
    assert not PartyKey.objects.filter(spokesperson=person).exists()
    assert enrolled(browser(), invitation, DEVICE).status_code == 303, "the invitation was not used up"


def test_a_key_of_ones_own_is_enrolled_and_must_then_show_itself(world: World) -> None:
    person, code = invite(world)
    own = SignerKey("northland.stonebridge", b"\x61" * 32)
    client = browser()
    answer = client.post(f"/table/enrol/{code}/", {"way": "key", "key": f" {own.verifier}\r\n"})
    assert answer.status_code == 200
    assert not seated(client), "giving a public key proves nothing"
    assert PartyKey.objects.get(spokesperson=person).vkey == str(own.verifier)
    assert by_key(client, own).headers["Location"] == TALKS
    assert seated(client)


def test_a_key_of_openssh_is_enrolled(world: World) -> None:
    person, code = invite(world)
    browser().post(f"/table/enrol/{code}/", {"way": "key", "key": sshsigs.ED25519_PUB})
    assert PartyKey.objects.get(spokesperson=person).kind == "ssh"


@pytest.mark.parametrize("given", ["", "nonsense", "northland.stonebridge+00000000+AAAA", "x" * 70_000])
def test_what_is_no_key_is_refused_and_shown_again(world: World, given: str) -> None:
    _, code = invite(world)
    answer = browser().post(f"/table/enrol/{code}/", {"way": "key", "key": given})
    assert answer.status_code == 422
    assert answer.context["key"] == given[:64_000]


def test_a_key_of_another_party_is_refused(world: World) -> None:
    _, code = invite(world)
    answer = browser().post(f"/table/enrol/{code}/", {"way": "key", "key": str(world.east.own.verifier)})
    assert answer.context["error"].code == "wrong-key-name"


def test_a_passkey_opens_the_door_again(world: World) -> None:
    _, code = invite(world)
    client = browser()
    enrolled(client, code, DEVICE)
    client.post("/table/sign-out")
    assert not seated(client)
    assert sign_in(client).headers["Location"] == TALKS
    assert seated(client)


def test_the_browser_remembers_which_passkey_to_call(world: World) -> None:
    _, code = invite(world)
    client = browser()
    enrolled(client, code, DEVICE)
    client.post("/table/sign-out")
    assert 'data-credentials="Y3JlZGVudGlhbC1vbmU"' in client.get("/table/").content.decode()
    assert 'data-credentials=""' in browser().get("/table/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"flags": 0x01}, "no-user-verification"),
        ({"rp_id": "evil.example"}, "wrong-rp"),
        ({"origin": "http://evil.localhost:8004"}, "wrong-origin"),
        ({"secret": 22}, "wrong-signature"),
    ],
)
def test_a_false_assertion_opens_nothing(world: World, wrong: dict[str, Any], code: str) -> None:
    _, invitation = invite(world)
    enrolled(browser(), invitation, DEVICE)
    client = browser()
    answer = sign_in(client, replace(DEVICE, **wrong))
    assert answer.status_code == 422
    assert answer.context["error"].code == code
    assert not seated(client)


def test_an_assertion_works_once_and_in_its_own_browser(world: World) -> None:
    _, invitation = invite(world)
    enrolled(browser(), invitation, DEVICE)
    client, thief = browser(), browser()
    form = used(DEVICE, client.get("/table/").content.decode())
    thief.get("/table/")
    assert thief.post("/table/sign-in/passkey", form).context["error"].code == "ticket"
    cookies = client.cookies.output()
    assert client.post("/table/sign-in/passkey", form).status_code == 303
    replayed = browser()
    replayed.cookies.load(cookies.replace("Set-Cookie: ", "").replace("\r\n", "; "))
    again = replayed.post("/table/sign-in/passkey", form)
    assert again.status_code in (409, 422)
    assert not seated(replayed)


def test_an_assertion_for_an_older_page_is_too_late(world: World) -> None:
    _, invitation = invite(world)
    client = browser()
    enrolled(client, invitation, DEVICE)
    client.post("/table/sign-out")
    form = used(DEVICE, client.get("/table/").content.decode())
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert client.post("/table/sign-in/passkey", form).context["error"].code == "ticket-old"


def test_a_consent_is_no_sign_in(world: World) -> None:
    """What was signed for one thing opens nothing else: the challenge is another."""
    _, invitation = invite(world)
    client = browser()
    enrolled(client, invitation, DEVICE)
    about = world.put()
    form = used(DEVICE, client.get(f"{TALKS}rounds/{about.number}/").content.decode())
    stranger = browser()
    form["token"] = used(DEVICE, stranger.get("/table/").content.decode())["token"]
    assert stranger.post("/table/sign-in/passkey", form).context["error"].code == "wrong-challenge"


def by_key(client: Client, own: SignerKey, party: str = "northland", text: str = "") -> Any:
    text = text or challenge(client, party)
    note = orders.assemble(orders.parse(text.encode()), [signing.sign_ed25519(text.encode(), own)])
    return client.post("/table/sign-in/key", {"note": note.decode()})


def challenge(client: Client, party: str, process: str = "stonebridge") -> str:
    answer = client.get("/table/sign-in/challenge", {"process": process, "party": party})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sign-in.txt"'
    return answer.content.decode()


def test_an_own_key_opens_the_door(world: World) -> None:
    client = browser()
    assert by_key(client, world.north.own).headers["Location"] == TALKS
    assert seated(client)
    assert Seat.objects.get(spokesperson=world.north.person).key is not None


def test_a_signed_challenge_works_once(world: World) -> None:
    client = browser()
    text = challenge(client, "northland")
    assert by_key(client, world.north.own, text=text).status_code == 303
    assert by_key(browser(), world.north.own, text=text).context["error"].code == "not-signed-in"


def test_a_party_cannot_sign_in_as_another(world: World) -> None:
    answer = by_key(browser(), world.east.own, text=challenge(browser(), "northland"))
    assert answer.status_code == 422


def test_whether_a_party_is_there_no_stranger_learns(world: World) -> None:
    there, nowhere = challenge(browser(), "northland"), challenge(browser(), "westland", "nowhere")
    shape = [line.split(" ")[0] for line in there.splitlines()]
    assert shape == [line.split(" ")[0] for line in nowhere.splitlines()]
    assert [len(line) for line in there.splitlines()][-1] == [len(line) for line in nowhere.splitlines()][-1]
    key = SignerKey("westland.nowhere", b"\x71" * 32)
    stranger = SignerKey("northland.stonebridge", b"\x71" * 32)
    one, two = by_key(browser(), stranger, text=there), by_key(browser(), key, text=nowhere)
    assert one.status_code == two.status_code == 422
    assert one.context["error"].detail == two.context["error"].detail
    with time_machine.travel(clock.now() + timedelta(minutes=20)):
        one, two = by_key(browser(), stranger, text=there), by_key(browser(), key, text=nowhere)
        assert one.context["error"].detail == two.context["error"].detail


def test_a_seat_ends_when_nobody_uses_it_and_after_its_day(world: World, sit: Any) -> None:
    start = clock.now()
    client = sit(world.north)
    with time_machine.travel(start + timedelta(hours=2)):
        assert not seated(client)
    client = sit(world.north)
    for half_hours in range(1, 26):
        with time_machine.travel(start + timedelta(minutes=30 * half_hours)):
            assert seated(client) is (half_hours < 25)


def test_a_frozen_key_opens_nothing(world: World) -> None:
    _, invitation = invite(world)
    client = browser()
    enrolled(client, invitation, DEVICE)
    PartyKey.objects.filter(kind="webauthn").update(frozen_at=clock.now())
    assert sign_in(browser()).status_code == 403


def test_one_who_was_let_go_has_no_seat_any_more(world: World, sit: Any) -> None:
    client = sit(world.north)
    processes.dismiss(by=world.cast.director, spokesperson=world.north.person, why="at the party's wish")
    assert not seated(client)
    assert by_key(browser(), world.north.own).status_code == 403


def test_cookies_are_for_this_host_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, invitation = invite(world)
    enrolled(browser(), invitation, DEVICE)
    monkeypatch.setattr(cookies, "secure", lambda: True)
    client = browser()
    sign_in(client)
    for name in (cookies.name("seat"), cookies.name("keys")):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert client.cookies[cookies.name("seat")]["max-age"] == ""
    token = client.cookies[cookies.name("seat")].value
    assert not Seat.objects.filter(token=token).exists(), "only its digest is kept"


def test_the_way_back_leads_to_the_own_talks_and_nowhere_else(world: World) -> None:
    _, invitation = invite(world)
    enrolled(browser(), invitation, DEVICE)
    for there in ("//evil.example/", "https://evil.example/", "/table/talks/harbour/", "javascript:alert(1)"):
        assert sign_in(browser(), next=there).headers["Location"] == TALKS
    assert sign_in(browser(), next=f"{TALKS}keys/").headers["Location"] == f"{TALKS}keys/"
