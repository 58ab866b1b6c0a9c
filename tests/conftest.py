"""The ground of every test: a home of its own, and a PostgreSQL when DATABASE_URL names none.

Django reads its settings only after this file has run: no test can touch a home or database in use.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest

from dragoman.lib.postgres import server

# Settings of the shell that started the tests must not reach them. DATABASE_URL alone is heeded.
for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
    del os.environ[name]

# A busy machine is no fault of the code.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

HOME = Path(tempfile.mkdtemp(prefix="dragoman-test-"))
(HOME / "static").mkdir()
os.environ["DRAGOMAN_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "dragoman.config.settings"

STARTED_HERE = not os.environ.get("DATABASE_URL")
if STARTED_HERE:
    # Worker processes of a parallel run inherit the address. What is lost in a crash is only a test's.
    os.environ["DATABASE_URL"] = server.ensure(
        HOME,
        wishes=server.Wishes(
            follow=True,
            may_create_databases=True,
            settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"},
        ),
    )

# pytest-django looks for settings before this file can name them; a Django that is set up it takes as it is.
django.setup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in a browser come last: their driver keeps an event loop in the process until it ends, and
    what is forked or waited for beside one behaves otherwise."""
    items.sort(key=lambda item: "tests/browser/" in item.path.as_posix())


def pytest_unconfigure() -> None:
    if STARTED_HERE:
        server.stop(HOME)
    shutil.rmtree(HOME, ignore_errors=True)


def _with_rows(connection: Any, cursor: Any) -> list[tuple[str, bool]]:
    """The tables that hold rows, and whether triggers stand on them; the library's own tables too."""
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = [table for table in connection.introspection.table_names(cursor) if table not in kept]
    asked = " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables)  # noqa: S608 - names
    cursor.execute(asked)
    filled = [str(row[0]) for row in cursor.fetchall()]
    cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    guarded = {str(row[0]) for row in cursor.fetchall()}
    return [(table, table in guarded) for table in filled]


@pytest.fixture(scope="session", autouse=True)
def flush_reaches_the_audit() -> Iterator[None]:
    """After a test with real commits the tables are emptied, those too that the product can never empty:
    the owner lifts the guard for that one transaction, and the next test finds it in place."""
    from django.db import transaction
    from django.db.backends.postgresql.operations import DatabaseOperations

    guarded = ("audit_event", "audit_link")

    def flush(self: Any, statements: list[str]) -> None:
        del statements  # one TRUNCATE of all tables makes every file of every index anew, and most are empty
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            filled = _with_rows(self.connection, cursor)
            watched = [table for table, triggers in filled if triggers]
            for table in watched:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for table in guarded:
                cursor.execute(f"GRANT DELETE ON {table} TO CURRENT_USER")
            for table, _ in filled:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # foreign keys are looked at now, all at once
            for table in guarded:
                cursor.execute(f"REVOKE DELETE ON {table} FROM CURRENT_USER")
            for table in watched:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
        yield
