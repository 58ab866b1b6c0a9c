"""One writer at a time: the database's lock first, then the home's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from dragoman.lib.problems import Unavailable
from dragoman.record import signer

# Any number that nothing else in the product uses; "drgm" in ASCII.
KEY = 0x6472676D
PATIENCE = "20s"


@contextmanager
def only_writer() -> Iterator[None]:
    """Hold the record's lock; a crash gives it back. Raises Unavailable when others hold it for too long.

    Must not be entered inside a transaction: each step of a seal has to be committed before the next.
    """
    if connection.in_atomic_block:
        raise RuntimeError("the record is written outside of transactions, so that each step is durable")
    _take()
    try:
        with signer.alone():
            yield
    finally:
        _give_back()


def still_held() -> None:
    """Raises Unavailable when the lock is gone, as it is after the database was restarted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted "
            "AND pid = pg_backend_pid() "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [KEY],
        )
        row = cursor.fetchone()
    if not row or not row[0]:
        raise Unavailable("The record's lock was lost before signing; nothing was signed.", mend="Try again.")


def _take() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [PATIENCE])
            try:
                cursor.execute("SELECT pg_advisory_lock(%s)", [KEY])
            finally:
                cursor.execute("SELECT set_config('lock_timeout', '0', false)")
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise Unavailable(
            f"Other releases have held the record for {PATIENCE}.",
            mend="Try again; the order of releases is kept.",
            code="record-busy",
        ) from error


def _give_back() -> None:
    # A lost connection has lost the lock too, and its error is the one to show.
    if connection.connection is not None and not connection.connection.closed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [KEY])
