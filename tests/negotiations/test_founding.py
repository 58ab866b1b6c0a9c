"""Nothing can be done before every party signed the protocol and the keyring, and both are in the record."""

from __future__ import annotations

import pytest
from tests.negotiations import help as table
from tests.negotiations.help import World

from dragoman.negotiations.models import Receipt
from dragoman.record import queries as record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return table.founded()


def test_the_protocol_is_in_force_once_all_signed_and_it_is_sealed(world: World) -> None:
    about = world.all_consent(table.put(world))
    assert about.state == "agreed"
    table.clockwork()
    process = world.fresh()
    leaf = record.entry("stonebridge", 1).read()
    assert (process.state, process.protocol, leaf.kind) == ("open", 1, "parties")
    assert leaf.consent is not None
    assert leaf.parties is None
    assert {one.lang for one in leaf.texts} == {"en", "ru", "zxx-x-keyring", "zxx-x-rules", "zxx-x-terms"}
    assert process.published
    assert Receipt.objects.filter(deed="consent").count() == 3
