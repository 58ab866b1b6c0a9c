"""What a command needs under its feet: settings, a database, Django."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import django
from django.db import DatabaseError, OperationalError, connection, connections

from dragoman.config import env
from dragoman.lib.postgres import server
from dragoman.lib.problems import Unavailable


@contextmanager
def entered(*, database: bool = True) -> Iterator[None]:
    """Inside, models and actions work. The embedded database is started for this time if nobody runs it."""
    settings = env.read()
    embedded = database and not settings.database_url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dragoman.config.settings")
    with server.lease(settings.home) if embedded else nullcontext(settings.database_url) as url:
        if url:
            os.environ["DATABASE_URL"] = url
        django.setup()
        if database:
            _check()
        try:
            yield
        finally:
            connections.close_all()


def _check() -> None:
    try:
        connection.ensure_connection()
    except (OperationalError, DatabaseError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        raise Unavailable(
            f"The database does not answer: {reason}",
            mend="Check DATABASE_URL and that the server runs; without it the embedded one is used.",
            code="no-database",
        ) from None
