"""The host writes the invitations: a person whom only the host knows speaks for nobody and learns nothing."""

from __future__ import annotations

import pytest
from tests.negotiations import help as table
from tests.negotiations.help import Own, Side, World

from dragoman.negotiations.actions import answers, asks, keys, processes, rounds
from dragoman.negotiations.queries import table as seen
from dragoman.negotiations.queries import table_pages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    """Northland, and one whom the host invited in its name with a key of the host's own."""
    world = table.opened()
    north = world["northland"]
    _, code = processes.invite(by=world.cast.director, party=north.party, name="Invented")
    key = Own("northland.stonebridge")
    person, _ = keys.enrol(code=code, vkey=key.vkey)
    world.sides["invented"] = Side("northland", north.party, person, key)
    return world


def test_an_invented_person_answers_and_leaves_for_nobody(world: World) -> None:
    invented = world["invented"]
    about = table.text_put(world)
    world["northland"].consents(about)
    with table.refused("not-in-keyring", "names no key of yours"):
        answers.decline(by=invented.person, round=about, words="No.")
    with table.refused("unknown-key", "is not in the keyring"):
        invented.consents(about)
    with table.refused("not-in-keyring", "names no key of yours"):
        answers.withdraw_consent(by=invented.person, round=about)
    with table.refused("unknown-key", "is not in"):
        order = invented.order("withdraw", round=about.number, digest=about.digest)
        answers.withdraw_consent(by=invented.person, round=about, order=order)
    with table.refused("not-in-keyring", "names no key of yours"):
        keys.leave(by=invented.person)
    with table.refused("unknown-key", "is not in"):
        keys.leave(by=invented.person, order=invented.order("leave"))
    with table.refused("unknown-key", "is not in"):
        keys.freeze_party(order=invented.order("freeze"))


def test_an_invented_person_holds_no_line_back_and_asks_for_nothing(world: World) -> None:
    invented = world["invented"]
    facts = [("place", {"place": {"en": "Riverton", "ru": "Ривертон"}})]
    draft = rounds.draft_notice(by=world.cast.editor, process=world.process, facts=facts)
    notice = rounds.open_round(by=world.cast.director, round=draft)
    with table.refused("not-in-keyring", "names no key of yours"):
        answers.object_to(by=invented.person, round=notice)
    with table.refused("not-in-keyring", "names no key of yours"):
        answers.hold_pulse(by=invented.person, hold=True)
    with table.refused("not-in-keyring", "names no key of yours"):
        asks.ask_correction(by=invented.person, statement="2026-aaaaaa", rev=1, words="A word.")


def test_an_invented_person_learns_nothing_of_what_the_party_answered(world: World) -> None:
    invented, north = world["invented"].person, world["northland"]
    about = table.text_put(world)
    north.consents(about)
    assert seen.round_shown(invented, about.number).mine is None
    assert {one.mine for one in table_pages.round_lines(invented) if one.round.state == "open"} == {""}
    assert [one.deed for one in seen.receipts(invented)] == ["enrol a key"]
    assert seen.round_shown(north.person, about.number).mine is not None


def test_a_signature_of_the_partys_own_key_counts_whoever_hands_it_in(world: World) -> None:
    """The offline tool's note may come by any seat of the party: the key is the proof, not the person."""
    about = table.text_put(world)
    answers.consent(by=world["invented"].person, round=about, line=world["northland"].note(about))
    order = world["northland"].order("withdraw", round=about.number, digest=about.digest)
    assert answers.withdraw_consent(by=world["invented"].person, round=about, order=order).withdrawn_at


def test_who_is_named_by_the_next_keyring_speaks_from_then_on(world: World) -> None:
    invented = world.sides.pop("invented")
    world.all_consent(table.put(world))
    table.clockwork()
    about = table.text_put(world)
    assert answers.decline(by=invented.person, round=about, words="No.").kind == "decline"


def test_a_consent_that_was_taken_back_is_not_brought_again_by_others(world: World) -> None:
    """The host has the line; only a person of the party's own may make it stand once more."""
    about = table.text_put(world)
    north, invented = world["northland"], world["invented"]
    given = north.consents(about)
    answers.withdraw_consent(by=north.person, round=about)
    with table.refused("not-in-keyring", "names no key of yours"):
        answers.consent(by=invented.person, round=about, line=given.line)
    again = north.consents(about)
    answers.decline(by=north.person, round=about, words="No.")
    with table.refused("not-in-keyring", "names no key of yours"):
        answers.consent(by=invented.person, round=about, line=again.line)
    order = north.order("withdraw", round=about.number, digest=about.digest)
    north.consents(about)
    answers.withdraw_consent(by=north.person, round=about, order=order)
    north.consents(about)
    with table.refused("order-used", "it counts once"):
        answers.withdraw_consent(by=invented.person, round=about, order=order)
