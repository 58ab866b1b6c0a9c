"""The cast and the sample sheet for tests of facts."""

from __future__ import annotations

from importlib import resources

import pytest
from tests.cast import Cast, assemble

from dragoman.base.actor import System
from dragoman.facts import actions
from dragoman.facts.models import Sheet

SAMPLE = (resources.files("dragoman.sample") / "visa-free.toml").read_text("utf-8")
CLERK = System("tests")


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def sheet(cast: Cast) -> Sheet:
    actions.import_sheet(by=CLERK, mission=cast.capital, source=SAMPLE)
    return Sheet.objects.get(slug="visa-free")
