"""A page says that witnesses are awaited, and stops saying so when they have signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from tests import cast as people
from tests import make
from tests.record.conftest import trust
from tests.record.desk_witness import DeskWitness

from dragoman.public import queries as public
from dragoman.record import actions as record
from dragoman.record.models import Checkpoint, WitnessContact
from dragoman.statements.actions import putting_out, releases, upkeep
from dragoman.statements.models import Release

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskWitness]:
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    one = DeskWitness("w0.example.int")
    yield one
    one.stop()


def test_a_late_witness_appears_on_the_page(witness: DeskWitness) -> None:
    cast = people.assemble()
    make.make_sheet(cast)
    trust([witness], needed=1)
    keys, witness.trusted = witness.trusted, []  # it does not know us yet, and refuses
    revision = make.approved(cast, make.make_statement(cast))
    release = releases.release_statement(by=cast.director, revision=revision)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    assert Release.objects.get(pk=release.pk).awaiting_witnesses
    assert public.witnesses_shown(revision.statement.ref, 1) == 0
    witness.trusted = keys
    record.catch_up(by=putting_out.WORKER)
    upkeep.sweep(by=putting_out.WORKER)
    assert not Release.objects.get(pk=release.pk).awaiting_witnesses
    assert public.witnesses_shown(revision.statement.ref, 1) == 1


def test_a_witness_that_comes_after_the_quorum_is_counted_on_the_page(witness: DeskWitness) -> None:
    second = DeskWitness("w1.example.int")
    cast = people.assemble()
    make.make_sheet(cast)
    trust([witness, second], needed=1)
    second.mood = 500
    revision = make.approved(cast, make.make_statement(cast))
    release = releases.release_statement(by=cast.director, revision=revision)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    ref = revision.statement.ref
    assert public.witnesses_shown(ref, 1) == 1
    assert Release.objects.get(pk=release.pk).awaiting_witnesses
    second.mood = 0
    WitnessContact.objects.update(asked_at=release.moment - timedelta(hours=1))
    record.catch_up(by=putting_out.WORKER)
    upkeep.sweep(by=putting_out.WORKER)
    second.stop()
    assert public.witnesses_shown(ref, 1) == 2
    assert not Release.objects.get(pk=release.pk).awaiting_witnesses


def test_a_witness_that_never_comes_is_not_waited_for_for_ever(witness: DeskWitness) -> None:
    second = DeskWitness("w1.example.int")
    second.stop()
    cast = people.assemble()
    make.make_sheet(cast)
    trust([witness, second], needed=1)
    revision = make.approved(cast, make.make_statement(cast))
    release = releases.release_statement(by=cast.director, revision=revision)
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    upkeep.sweep(by=putting_out.WORKER)
    assert Release.objects.get(pk=release.pk).awaiting_witnesses
    Checkpoint.objects.update(signed_at=release.moment - timedelta(days=2))
    upkeep.sweep(by=putting_out.WORKER)
    assert not Release.objects.get(pk=release.pk).awaiting_witnesses
