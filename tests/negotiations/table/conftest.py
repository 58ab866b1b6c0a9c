"""The table as its process runs it, at an origin of its own, with talks to sit at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from tests import cast as people
from tests.homes import home
from tests.negotiations.table import world as worlds
from tests.negotiations.table.world import Chair, World

from dragoman.base import limits
from dragoman.config import table_settings
from dragoman.negotiations.actions import seats
from dragoman.negotiations.table import cookies
from dragoman.record import keys

__all__ = ["home"]
NAMES = [name for name in dir(table_settings) if name.startswith("CSRF_")]
NAMES += ["ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "SECURE_REFERRER_POLICY"]


@pytest.fixture(autouse=True)
def table(settings: Any) -> Iterator[None]:
    """The settings of the table's process; every limit begins anew."""
    for name in NAMES:
        setattr(settings, name, getattr(table_settings, name))
    limits.forget()
    yield
    limits.forget()


@pytest.fixture
def world(db: None, home: object) -> World:
    keys.make()
    return worlds.assemble(people.assemble())


@pytest.fixture
def sit() -> Callable[[Chair], Client]:
    """A browser whose person has a seat already, for tests that are about another page."""

    def seated(chair: Chair, **kwargs: bool) -> Client:
        client = Client(enforce_csrf_checks=kwargs.get("csrf", False))
        token = seats.sit_down(spokesperson=chair.person, key=None)
        client.cookies[cookies.name("seat")] = token
        return client

    return seated
