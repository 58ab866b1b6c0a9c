"""The audit in a real database: appended to, chained, and changed by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import ProgrammingError, connection, transaction

from dragoman.audit import context, queries
from dragoman.audit.actions import note
from dragoman.audit.models import Event, Link
from dragoman.base.actor import System

CLOCK = System("clock")


def commit_now() -> None:
    """Runs what the database keeps for the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def guard_lifted(table: str = "audit_event") -> Iterator[None]:
    """What only the owner of the tables can do."""
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE, DELETE ON {table} TO CURRENT_USER")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(f"REVOKE UPDATE, DELETE ON {table} FROM CURRENT_USER")


def some(count: int = 3) -> list[Event]:
    events = [
        note(by=CLOCK, verb="tests.do", target=f"thing:{n}", why="weil", data={"n": n}) for n in range(count)
    ]
    commit_now()
    return events


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET why = 'nothing'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event, audit_link",
        "UPDATE audit_link SET hash = 'nothing'",
        "DELETE FROM audit_link",
        "TRUNCATE audit_link",
    ],
)
def test_the_application_role_can_not_change_the_audit(statement: str) -> None:
    some()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Event.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE audit_event SET why = 'x'", "DELETE FROM audit_event"])
def test_a_role_with_the_right_meets_the_trigger(statement: str) -> None:
    some()
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE, DELETE ON audit_event TO CURRENT_USER")
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
        cursor.execute("REVOKE UPDATE, DELETE ON audit_event FROM CURRENT_USER")


@pytest.mark.django_db
def test_a_whole_chain_verifies() -> None:
    some(5)
    chain = queries.verify_chain()
    assert chain.whole
    assert chain.length == 5
    assert chain.head == Link.objects.get(seq=5).hash


@pytest.mark.django_db
def test_an_empty_chain_verifies() -> None:
    assert queries.verify_chain() == queries.Chain(0, "0" * 64)


@pytest.mark.django_db
def test_a_changed_event_is_found() -> None:
    second = some()[1]
    with guard_lifted():
        Event.objects.filter(pk=second.pk).update(why="quietly mended")
    chain = queries.verify_chain()
    assert chain.broken == f"Event {second.pk} (tests.do) is not as it was written."
    assert chain.length == 1


@pytest.mark.django_db
def test_a_changed_event_with_a_new_digest_is_found() -> None:
    second = some()[1]
    with guard_lifted():
        second.why = "quietly mended"
        Event.objects.filter(pk=second.pk).update(why=second.why, digest=second.computed_digest())
    assert "does not hold at place 2" in queries.verify_chain().broken


@pytest.mark.django_db
def test_a_removed_event_is_found() -> None:
    second = some()[1]
    with guard_lifted():
        Event.objects.filter(pk=second.pk).delete()
    assert queries.verify_chain().broken == f"Event {second.pk}, at place 2 of the chain, has been removed."


@pytest.mark.django_db
def test_a_removed_link_is_found() -> None:
    some()
    with guard_lifted("audit_link"):
        Link.objects.filter(seq=2).delete()
    assert queries.verify_chain().broken == "Links 2 to 2 are missing from the chain."


@pytest.mark.django_db
def test_an_event_past_the_chain_is_found() -> None:
    some()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        late = note(by=CLOCK, verb="tests.smuggle", target="thing:9")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    assert queries.verify_chain().broken == f"Event {late.pk} (tests.smuggle) is not in the chain."


@pytest.mark.django_db(transaction=True)
def test_deeds_at_the_same_time_make_one_chain() -> None:
    def many(worker: int) -> None:
        try:
            for number in range(10):
                with transaction.atomic():
                    note(by=CLOCK, verb="tests.do", target=f"thing:{worker}-{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(many, range(4)))
    assert queries.verify_chain().length == 40
    assert queries.verify_chain().whole


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_does_not_happen_is_not_noted() -> None:
    def half_a_deed() -> None:
        with transaction.atomic():
            note(by=CLOCK, verb="tests.do", target="thing:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_a_deed()
    assert not Event.objects.exists()
    assert queries.verify_chain().length == 0


@pytest.mark.django_db
def test_the_way_a_deed_came_in_is_noted() -> None:
    with context.entered(face="api", token="newsroom", request_id="r" * 12, address="203.0.113.0/24"):
        event = note(by=CLOCK, verb="tests.do", target="thing:1")
    after = note(by=CLOCK, verb="tests.do", target="thing:1")
    assert (event.face, event.token, event.request_id, event.address) == (
        "api",
        "newsroom",
        "r" * 12,
        "203.0.113.0/24",
    )
    assert (after.face, after.token) == ("job", "")


@pytest.mark.django_db
def test_what_is_read_back_has_the_digest_it_was_written_with() -> None:
    written = note(
        by=CLOCK,
        verb="tests.do",
        target="t" * 900,
        why="a\x00b\ud800",
        data={"x": 1.5, "y": {"z": [1, None]}},
    )
    read = Event.objects.get(pk=written.pk)
    assert read.computed_digest() == read.digest == written.digest
    assert read.data == {"x": "1.5", "y": {"z": [1, None]}}
