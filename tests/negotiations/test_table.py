"""People at the table: invited, seated, given receipts; they ask for corrections, and they leave."""

from __future__ import annotations

import hashlib

import pytest
from tests.negotiations import help as table
from tests.negotiations.help import Own, World

from dragoman.lib.problems import NotFound
from dragoman.lib.tlog import note
from dragoman.negotiations.actions import asks, keys, processes, seats
from dragoman.negotiations.models import Ask, PartyKey, Receipt, Seat
from dragoman.negotiations.queries import seats as seat_queries
from dragoman.negotiations.queries import table as seen
from dragoman.negotiations.rules import orders
from dragoman.record import queries as record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return table.opened()


def test_an_invitation_works_once_and_not_for_ever(world: World) -> None:
    _, code = processes.invite(by=world.cast.director, party=world["eastmark"].party, name="Second")
    with table.later(days=15), pytest.raises(NotFound, match="too old"):
        keys.enrol(code=code, vkey=Own("eastmark.stonebridge").vkey)
    person, _ = keys.enrol(code=code, vkey=Own("eastmark.stonebridge").vkey)
    assert person.invitation == ""
    with pytest.raises(NotFound, match="was used"):
        keys.enrol(code=code, vkey=Own("eastmark.stonebridge").vkey)
    for wrong in ("", " ", "abcde-abcde-abcde-abcde"):
        with pytest.raises(NotFound):
            keys.enrol(code=wrong, vkey=Own("eastmark.stonebridge").vkey)


def test_a_key_named_for_another_party_is_refused(world: World) -> None:
    with table.refused("wrong-key-name", "not named eastmark.stonebridge"):
        keys.add_key(by=world["eastmark"].person, vkey=Own("northland.stonebridge").vkey)


@pytest.mark.parametrize("name", table.PARTIES)
def test_every_kind_of_key_opens_a_seat_once(world: World, name: str) -> None:
    side = world[name]
    text = seats.challenge(party=side.party)
    line = side.key.line(text.encode())
    person, token = seats.sign_in(text=text, line=line)
    assert person.pk == side.person.pk
    seat = seat_queries.seat_of(token)
    assert seat is not None
    assert token not in str(Seat.objects.values())
    with table.refused("challenge-used", "used already"):
        seats.sign_in(text=text, line=line)
    seats.stand_up(seat=seat)
    assert seat_queries.seat_of(token) is None


def test_a_challenge_is_refused_when_old_forged_or_signed_by_another(world: World) -> None:
    north, east = world["northland"], world["eastmark"]
    text = seats.challenge(party=north.party)
    with table.refused("unknown-key", "is not in"):
        seats.sign_in(text=text, line=east.key.line(text.encode()))
    with table.later(minutes=11), table.refused("challenge-used", "too old"):
        seats.sign_in(text=text, line=north.key.line(text.encode()))
    forged = text.replace(orders.parse(text.encode()).nonce, "A" * 56)
    with table.refused("challenge", "no challenge of this desk"):
        seats.sign_in(text=forged, line=north.key.line(forged.encode()))


def test_a_seat_ends_by_itself(world: World) -> None:
    token = seats.sit_down(spokesperson=world["northland"].person)
    assert seat_queries.seat_of(token) is not None
    with table.later(hours=1):
        assert seat_queries.seat_of(token) is None
    assert seat_queries.seat_of("") is None


def test_who_is_dismissed_has_no_seat(world: World) -> None:
    token = seats.sit_down(spokesperson=world["northland"].person)
    processes.dismiss(by=world.cast.director, spokesperson=world["northland"].person, why="At its wish.")
    assert seat_queries.seat_of(token) is None
    with table.refused("no-seat", "no longer speak"):
        seats.sit_down(spokesperson=world["northland"].person)


def test_receipts_are_signed_by_the_record_and_chained(world: World) -> None:
    world.all_consent(table.text_put(world))
    held = list(Receipt.objects.filter(party=world["northland"].party).order_by("number"))
    before = "none"
    for number, receipt in enumerate(held, 1):
        read = orders.read(receipt.note)
        assert note.check(note.parse(receipt.note.encode()), record.verifier_keys())
        assert (read.kind, read.party, receipt.number) == ("receipt", "northland", number)
        assert read.words.endswith(f"the receipt before it: {before}")
        before = hashlib.sha256(receipt.note.encode()).hexdigest()
    assert held[-1].deed == "consent"
    assert list(seen.receipts(world["eastmark"].person).filter(party=world["northland"].party)) == []


def test_a_correction_is_asked_for_and_decided(world: World) -> None:
    out = table.released(world)
    ask = asks.ask_correction(by=world["eastmark"].person, statement=out.statement, rev=1, words="The hour.")
    other = asks.ask_correction(by=world["eastmark"].person, statement=out.statement, rev=1, words="A name.")
    with table.refused("another-party", "Another party"):
        asks.take_back_ask(by=world["northland"].person, ask=ask)
    with table.refused("not-allowed", "releaser"):
        asks.grant_ask(by=world.cast.editor, ask=ask)
    assert asks.grant_ask(by=world.cast.director, ask=ask).state == "granted"
    with table.refused("wrong-state", "granted"):
        asks.refuse_ask(by=world.cast.director, ask=ask, why="No.")
    assert asks.take_back_ask(by=world["eastmark"].person, ask=other).state == "taken_back"
    with table.refused("invalid", "no joint text of these talks"):
        asks.ask_correction(by=world["eastmark"].person, statement="2026-zzzzzz", rev=1, words="x")
    assert Ask.objects.filter(party=world["eastmark"].party).count() == 2


def test_a_party_leaves_and_the_talks_close_when_its_consent_is_needed(world: World) -> None:
    about = table.agreed(world)
    east = world["eastmark"]
    keys.leave(by=east.person, order=east.order("leave"))
    about.refresh_from_db()
    assert (world.fresh().state, about.state) == ("closed", "cancelled")
    assert not PartyKey.objects.filter(party=east.party, removed_at=None).exists()
    with table.refused("no-seat", "no longer speak"):
        seats.sit_down(spokesperson=east.person)


def test_the_others_go_on_when_their_rule_can_be_met_without_who_left() -> None:
    world = table.opened(groups=(("two", "2", table.PARTIES),), quorum="two")
    about = table.text_put(world)
    for side in world.sides.values():
        side.consents(about)
    keys.leave(by=world["southport"].person, words="We go.")
    about.refresh_from_db()
    assert (world.fresh().state, about.state) == ("open", "agreed")
    assert about.note.count("\n— ") == 2


def test_with_two_of_three_a_round_still_waits_for_the_third() -> None:
    """Else the two would learn what each other answered while the third is still thinking."""
    world = table.opened(groups=(("two", "2", table.PARTIES),), quorum="two")
    about = table.text_put(world)
    world["northland"].consents(about)
    world["eastmark"].consents(about)
    about.refresh_from_db()
    assert about.state == "open"
    with table.later(hours=24, seconds=1):
        table.clockwork()
        about.refresh_from_db()
        assert about.state == "agreed"
