"""The fake network and what we ask of it, against a machine-readable description of the Bot API.

It is not ours to ship: give its path in TELEGRAM_API (api.json of
PaulSonOfLars/telegram-bot-api-spec).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.telegram.test_trouble import LONG, do, picture, post
from tests.fakes.network import Asked, Handler, Says
from tests.fakes.telegram import FakeTelegram

from dragoman.channels.connector import Piece
from dragoman.channels.connectors.telegram.connector import Telegram

WHERE = os.environ.get("TELEGRAM_API", "")
pytestmark = pytest.mark.skipif(not WHERE, reason="TELEGRAM_API names no description of the Bot API")
PLAIN = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float)}


class Recorder(FakeTelegram):
    """The fake, which keeps each request with its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Asked, Says]] = []

    def answer(self, work: Handler, asked: Asked) -> Says:
        says = super().answer(work, asked)
        self.seen.append((asked, says))
        return says


@pytest.fixture(scope="module")
def description() -> Any:
    return json.loads(Path(WHERE).read_text())


@pytest.fixture
def seen() -> Iterator[list[tuple[Asked, Says]]]:
    """All that is said in the life of three posts."""
    with Recorder().running() as fake:
        one = Piece("en", "Title", "", "Text", "https://m.example", pictures=(picture(),))
        album = Piece("en", "Title", "", "Text", "https://m.example", pictures=(picture(), picture(1)))

        async def life(telegram: Telegram) -> None:
            await telegram.check()
            for each in (post(LONG), post(one), post(album)):
                sent = await telegram.send(await telegram.prepare(each))
                await telegram.withdraw(each, sent)
            fake.comment("When?", under=101)
            await telegram.fetch("")

        do(fake, life)
        yield fake.seen


def test_every_request_and_every_answer_is_as_described(
    seen: list[tuple[Asked, Says]], description: Any
) -> None:
    names = {asked.path.rsplit("/", 1)[1] for asked, _ in seen}
    assert len(names) == 8
    for asked, says in seen:
        method = description["methods"][asked.path.rsplit("/", 1)[1]]
        _check_fields(description, method.get("fields", []), _body(asked), "request")
        assert says.value["ok"] is True
        assert any(_is(description, kind, says.value["result"]) for kind in method["returns"]), method["name"]


def _body(asked: Asked) -> dict[str, Any]:
    if asked.headers["content-type"] == "application/json":
        return dict(asked.json)
    body: dict[str, Any] = {}
    for name, value in asked.multipart.items():
        try:
            body[name] = json.loads(value)
        except ValueError:
            body[name] = value.decode("utf-8", "replace")
    return {name: value for name, value in body.items() if not name.startswith("p") or name == "photo"}


def _check_fields(description: Any, fields: Any, value: dict[str, Any], where: str) -> None:
    known = {each["name"]: each for each in fields}
    assert set(value) <= set(known), (where, set(value) - set(known))
    assert {name for name, each in known.items() if each["required"]} <= set(value), where
    for name, given in value.items():
        assert any(_is(description, kind, given) for kind in known[name]["types"]), (where, name, given)


def _is(description: Any, kind: str, value: Any) -> bool:
    if kind.startswith("Array of "):
        inner = kind.removeprefix("Array of ")
        return isinstance(value, list) and all(_is(description, inner, each) for each in value)
    if kind == "InputFile":
        return isinstance(value, str)
    if kind in PLAIN:
        return isinstance(value, PLAIN[kind]) and (kind == "Boolean" or not isinstance(value, bool))
    described = description["types"][kind]
    if "subtypes" in described:
        return any(_is(description, each, value) for each in described["subtypes"])
    try:
        _check_fields(description, described.get("fields", []), value, kind)
    except AssertionError:
        return False
    return True
