"""The process is killed between every two things it does to disk or database; then it goes on."""

from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from tests.record.conftest import BY, Seal, trust
from tests.record.desk_witness import DeskWitness
from tests.record.faults import empty_database, run_and_die, verified

from dragoman.record import actions, queries
from dragoman.record.models import Entry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def test_a_seal_killed_anywhere_is_finished_by_the_next_call(seal: Seal, home: Path) -> None:
    seal("zero")
    report = verified(home)
    at = 1
    while run_and_die(at, partial(seal, f"killed-{at}")):
        seal(f"killed-{at}")
        report = verified(home, report.seen)
        assert report.entries == report.proofs == at + 1
        at += 1
    assert at > 40, "a seal does far more than that to disk and database"


def test_a_seal_killed_anywhere_is_finished_by_the_clock_or_never_happened(seal: Seal, home: Path) -> None:
    seal("zero")
    report = verified(home)
    at = 1
    while run_and_die(at, partial(seal, f"killed-{at}")):
        actions.catch_up(by=BY)
        report = verified(home, report.seen)
        assert report.entries == Entry.objects.count()
        assert queries.waiting() == 0
        at += 1


def test_the_very_first_seal_killed_anywhere_is_finished(
    seal: Seal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = 1
    while True:
        home = tmp_path / f"home-{at}"
        monkeypatch.setattr(settings.DRAGOMAN, "home", home)
        empty_database()
        killed = run_and_die(at, seal)
        seal()
        assert verified(home).entries == 1
        if not killed:
            break
        at += 3  # each of these needs a home of its own; the steps are those of the tests above


def test_an_audit_killed_anywhere_does_no_harm(seal: Seal, home: Path) -> None:
    for number in range(3):
        seal(f"entry-{number}")
    damaged = home / "public" / "record" / "tile" / "0" / "000.p" / "3"
    proof = home / "public" / "record" / "proof" / "entry-1-1.tlog-proof"
    at, killed = 1, True
    while killed:
        damaged.write_bytes(b"x" * 96)
        proof.unlink(missing_ok=True)
        killed = run_and_die(at, lambda: actions.audit_record(by=BY))
        actions.audit_record(by=BY)
        assert verified(home).proofs == 3
        at += 1


def test_a_seal_killed_while_witnesses_sign_is_finished(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    seal("zero")
    report = verified(home)
    at = 30
    while run_and_die(at, partial(seal, f"killed-{at}")):
        seal(f"killed-{at}")
        report = verified(home, report.seen)
        assert len(report.head.witnesses) >= 2
        at += 1
