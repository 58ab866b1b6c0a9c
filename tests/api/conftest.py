"""Officers with tokens, and a statement as they send it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.speaking import Speak, Speaker
from tests.cast import Cast, assemble
from tests.make import TEXTS, make_sheet

from dragoman.base.actor import System
from dragoman.staff import actions as staff
from dragoman.staff.models import Officer


@pytest.fixture
def cast(db: None) -> Cast:
    made = assemble()
    make_sheet(made)
    return made


@pytest.fixture
def speak(cast: Cast) -> Speak:
    def made(officer: Officer, *scopes: str) -> Speaker:
        new = staff.make_token(
            by=System("test"), officer=officer, name=f"{officer.username} tool", scopes=scopes, on_server=True
        )
        return Speaker(new.raw)

    return made


@pytest.fixture
def statement_body() -> dict[str, Any]:
    return {
        "mission": "capital",
        "kind": "explanation",
        "source_language": "en",
        "texts": {
            lang: {"title": text.title, "summary": text.summary, "body": text.body}
            for lang, text in TEXTS.items()
        },
        "facts": ["visa-free/F1", "visa-free/F2"],
        "channels": [],
        "sheet": "visa-free",
    }
