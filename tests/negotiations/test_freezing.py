"""A party whose account was taken over freezes itself with the key it keeps elsewhere, and comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.negotiations import help as table
from tests.negotiations.help import Own, Side, World

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.lib.problems import Invalid, NotFound
from dragoman.negotiations.actions import answers, keys, processes, releasing, seats
from dragoman.negotiations.models import Answer, PartyKey, Round
from dragoman.negotiations.queries import seats as seat_queries
from dragoman.negotiations.rules import orders
from dragoman.record.models import Entry
from dragoman.statements.models import Release

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    """Northland has a second key, which others got hold of; both stand in the keyring."""
    world = table.founded()
    north = world["northland"]
    taken = Own("northland.stonebridge")
    keys.add_key(by=north.person, vkey=taken.vkey)
    world.all_consent(table.put(world))
    table.clockwork()
    world.fresh()
    world.sides["taken"] = Side("northland", north.party, north.person, taken)
    return world


def three(world: World) -> list[Side]:
    return [world[name] for name in table.PARTIES]


def put_and_signed(world: World) -> Round:
    about = table.text_put(world)
    for side in three(world):
        side.consents(about)
    about.refresh_from_db()
    return about


def test_freezing_ends_the_seats_and_takes_back_every_consent(world: World) -> None:
    north, taken = world["northland"], world["taken"]
    token = seats.sit_down(spokesperson=north.person, key=taken.row)
    about = releasing.plan_release(
        by=world.cast.director, round=put_and_signed(world), moment=clock.now() + timedelta(hours=1)
    )
    keys.freeze_party(order=north.order("freeze"))
    about.refresh_from_db()
    assert seat_queries.seat_of(token) is None
    assert about.state == "open"
    assert Release.objects.get().state == "cancelled"
    assert not Answer.objects.filter(party=north.party, round=about, withdrawn_at=None).exists()
    assert Event.objects.filter(verb="negotiations.freeze_party", actor="stonebridge/northland").exists()
    with table.later(hours=2):
        table.clockwork()
    assert not Entry.objects.filter(ref=about.statement).exists()


def test_what_was_taken_over_is_good_for_nothing_afterwards(world: World) -> None:
    north, taken = world["northland"], world["taken"]
    about = table.text_put(world)
    keys.freeze_party(order=north.order("freeze"))
    with table.refused("frozen", "frozen by its own order"):
        answers.consent(by=north.person, round=about, line=taken.key.line(about.body.encode()))
    text = seats.challenge(party=north.party)
    with table.refused("key-frozen", "opens nothing any more"):
        seats.sign_in(text=text, line=taken.key.line(text.encode()))
    with table.refused("unknown-key", "is not in"):
        keys.freeze_party(order=taken.order("freeze"))


def test_only_an_own_key_freezes_and_an_order_counts_once(world: World) -> None:
    north, east = world["northland"], world["eastmark"]
    with table.refused("unknown-key", "is not in"):
        keys.freeze_party(order=north.order("freeze", key=east.key))
    with pytest.raises(Invalid):
        keys.freeze_party(order="freeze northland, please")
    stranger = Own("northland.stonebridge")
    with table.refused("unknown-key", "is not in"):
        keys.freeze_party(order=north.order("freeze", key=stranger))
    with table.refused("another-order", "something else"):
        keys.freeze_party(order=north.order("leave"))
    order = north.order("freeze")
    keys.freeze_party(order=order)
    with table.refused("order-used", "it counts once"):
        keys.freeze_party(order=order)


def test_an_order_for_talks_that_are_not_here_is_refused(world: World) -> None:
    north = world["northland"]
    text = orders.dump(orders.read(north.order("freeze"))).decode().replace("stonebridge", "riverside")
    note = f"{text}\n{north.key.line(text.encode())}"
    with pytest.raises(NotFound, match="no such party"):
        keys.freeze_party(order=note)


def test_a_frozen_party_comes_back_by_a_keyring_that_all_consent_to(world: World) -> None:
    north = world["northland"]
    keys.freeze_party(order=north.order("freeze"))
    _, code = processes.invite(by=world.cast.director, party=north.party, name="A new speaker")
    new = Own("northland.stonebridge")
    keys.enrol(code=code, vkey=new.vkey)
    about = table.put(world)
    for side in three(world):
        side.consents(about)
    table.clockwork()
    north.party.refresh_from_db()
    assert (world.fresh().protocol, north.party.state) == (2, "active")
    assert world["taken"].key.vkey not in world.process.keyring
    assert PartyKey.objects.get(vkey=world["taken"].key.vkey).usable is False
    text = table.text_put(world)
    for side in (Side("northland", north.party, north.person, new), world["eastmark"], world["southport"]):
        side.consents(text)
    text.refresh_from_db()
    assert text.state == "agreed"


def test_the_old_freeze_order_does_not_freeze_again_after_the_return(world: World) -> None:
    north = world["northland"]
    order = north.order("freeze")
    keys.freeze_party(order=order)
    about = table.put(world)
    for side in three(world):
        side.consents(about)
    table.clockwork()
    with table.refused("order-used", "it counts once"):
        keys.freeze_party(order=order)


def test_what_is_released_already_stays_out(world: World) -> None:
    about = releasing.plan_release(by=world.cast.director, round=put_and_signed(world))
    keys.freeze_party(order=world["northland"].order("freeze"))
    about.refresh_from_db()
    assert about.state == "releasing"


def test_who_takes_a_seat_over_cannot_use_up_the_keys_that_a_party_may_have(world: World) -> None:
    """Keys that were taken back or frozen do not count: the party must be able to come back with new ones."""
    north = world["northland"]
    for _ in range(keys.MOST_KEYS):
        made = keys.add_key(by=north.person, vkey=Own("northland.stonebridge").vkey)
        keys.drop_key(by=north.person, key=made)
    for _ in range(keys.MOST_KEYS - north.party.keys.filter(removed_at=None).count()):
        keys.add_key(by=north.person, vkey=Own("northland.stonebridge").vkey)
    with table.refused("too-many-keys", "at most"):
        keys.add_key(by=north.person, vkey=Own("northland.stonebridge").vkey)
    keys.freeze_party(order=north.order("freeze"))
    assert keys.add_key(by=north.person, vkey=Own("northland.stonebridge").vkey).usable
