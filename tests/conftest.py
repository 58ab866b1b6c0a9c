"""The ground of every test: a home of its own, and a PostgreSQL when DATABASE_URL names none.

Django reads its settings only after this file has run: no test can touch a home or database in use.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from dragoman.lib.postgres import server

# Settings of the shell that started the tests must not reach them. DATABASE_URL alone is heeded.
for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
    del os.environ[name]

HOME = Path(tempfile.mkdtemp(prefix="dragoman-test-"))
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


def pytest_unconfigure() -> None:
    if STARTED_HERE:
        server.stop(HOME)
    shutil.rmtree(HOME, ignore_errors=True)
