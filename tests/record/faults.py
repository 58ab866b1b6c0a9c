"""Ways to break a record: end the process at the n-th thing it does, put an old backup back."""

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from dragoman.record import healing, keys
from dragoman.record.verification import Question, Report, Seen, verify_record

TABLES = ("record_proof", "record_cosignature", "record_checkpoint", "record_witnesscontact", "record_entry")


def run_and_die(at: int, work: Callable[[], object]) -> bool:
    """Run `work` in a child process that is killed just before its `at`-th write to disk or database.

    Returns whether it was killed; False means that it came to its end before.
    """
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            _count_down(at)
            work()
        except BaseException:  # noqa: BLE001 - the child must end here whatever happens
            traceback.print_exc(file=sys.__stderr__)
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), f"the child ended with {code}"
    return code != 0


def _count_down(at: int) -> None:
    left = at or -1

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(function: Any) -> Any:
        def counted(*args: Any, **kwargs: Any) -> Any:
            step()
            return function(*args, **kwargs)

        return counted

    def query(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        step()
        return execute(sql, params, many, context)

    # Only in the child, which never returns.
    os.fsync = before(os.fsync)
    os.open = before(os.open)
    Path.replace = before(Path.replace)  # type: ignore[method-assign]  # the child's own copy
    connection.ensure_connection()
    connection.execute_wrappers.append(query)
    connection.connection.commit = before(connection.connection.commit)


def verified(home: Path, seen: Seen | None = None) -> Report:
    """The record verifies from outside, and continues what was seen before."""

    def read(path: str) -> bytes:
        try:
            return (home / "public" / "record" / path).read_bytes()
        except FileNotFoundError:
            raise FileNotFoundError(path) from None

    return verify_record(read, keys.trust(), Question(seen=seen))


@contextmanager
def unguarded() -> Iterator[Any]:
    """The database as its owner can change it, as a restore does."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE record_entry DISABLE TRIGGER USER")
        try:
            yield cursor
        finally:
            cursor.execute("ALTER TABLE record_entry ENABLE TRIGGER USER")


def empty_database() -> None:
    """No row of the record is left."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")


class Backup:
    """A copy of the database's record, of the files and of the keys, each of which can be put back alone."""

    def __init__(self, home: Path, place: Path) -> None:
        self._home, self._place = home, place
        shutil.copytree(home / "public", place / "public")
        shutil.copytree(home / "keys", place / "keys")
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - our own names
                self._rows[table] = cursor.fetchall()

    def restore_database(self) -> None:
        empty_database()
        with connection.cursor() as cursor:
            for table in reversed(TABLES):
                for row in self._rows[table]:
                    marks = ", ".join(["%s"] * len(row))
                    cursor.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608 - our own names
        healing.forget()

    def restore(self, folder: str) -> None:
        """`public` or `keys`."""
        shutil.rmtree(self._home / folder)
        shutil.copytree(self._place / folder, self._home / folder)
        healing.forget()
