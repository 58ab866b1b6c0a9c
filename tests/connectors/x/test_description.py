"""The fake network and what we ask of it, against X's official description.

The description is not ours to ship: give its path in X_OPENAPI (openapi.json of xdevplatform/docs).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.connectors.x.test_trouble import LONG, PICTURE, do, post
from tests.fakes.network import Asked, Handler, Says
from tests.fakes.x import FakeX

from dragoman.channels.connector import Prepared
from dragoman.channels.connectors.x.connector import X

WHERE = os.environ.get("X_OPENAPI", "")
pytestmark = pytest.mark.skipif(not WHERE, reason="X_OPENAPI names no description of the API of X")


class Recorder(FakeX):
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
    """All that is said in the life of a post, with pictures, a lost answer and refusals."""
    with Recorder().running() as fake:
        what = post(LONG.__class__(**{**_fields(LONG), "pictures": (PICTURE,)}))

        async def life(x: X) -> None:
            await x.check()
            sent = await x.send(await x.prepare(what))
            assert await x.find(what) is not None
            await x.figures(sent)
            fake.from_others("@MinistryExample hello")
            await x.fetch("")
            await x.withdraw(what, sent)

        do(fake, life)
        do(fake, lambda x: x.send(Prepared(what)))
        yield fake.seen


def _fields(piece: Any) -> dict[str, Any]:
    return {name: getattr(piece, name) for name in piece.__dataclass_fields__}


def test_every_request_and_every_answer_is_as_described(
    seen: list[tuple[Asked, Says]], description: Any
) -> None:
    assert len({(asked.method, _path(description, asked)) for asked, _ in seen}) == 8
    for asked, says in seen:
        operation = description["paths"][_path(description, asked)][asked.method.lower()]
        _check_query(description, operation, asked)
        _check_body(description, operation, asked)
        _check_answer(description, operation, says)


def _path(description: Any, asked: Asked) -> str:
    """The described path; one written out counts before one with pieces."""
    if asked.path in description["paths"]:
        return asked.path
    pieces = asked.path.split("/")
    return next(
        path
        for path in description["paths"]
        if len(path.split("/")) == len(pieces)
        and asked.method.lower() in description["paths"][path]
        and all(a == b or a.startswith("{") for a, b in zip(path.split("/"), pieces, strict=True))
    )


def _check_query(description: Any, operation: Any, asked: Asked) -> None:
    known = {}
    for named in operation.get("parameters", ()):
        parameter = _followed(description, named)
        known[parameter["name"]] = parameter["schema"]
    for name, value in asked.query.items():
        schema = _followed(description, known[name])
        if schema.get("type") == "array":
            assert set(value.split(",")) <= set(schema["items"]["enum"])
        else:
            _valid(description, schema, int(value) if schema["type"] == "integer" else value)


def _check_body(description: Any, operation: Any, asked: Asked) -> None:
    if "requestBody" not in operation:
        assert not asked.body
        return
    kind = asked.headers["content-type"].split(";")[0]
    schema = operation["requestBody"]["content"][kind]["schema"]
    if kind == "application/json":
        _valid(description, schema, asked.json)
    else:
        fields = _followed(description, schema)
        assert set(fields["required"]) <= set(asked.multipart) <= set(fields["properties"])


def _check_answer(description: Any, operation: Any, says: Says) -> None:
    described = operation["responses"].get(str(says.status)) or operation["responses"]["default"]
    schemas = [each["schema"] for each in _followed(description, described)["content"].values()]
    if says.status >= 400:
        # The description's errors need a code or a type of its own; the guides show `about:blank`.
        assert {"title", "detail", "type"} <= set(says.value)
        return
    for schema in schemas:
        _valid(description, schema, says.value)


def _followed(description: Any, value: Any) -> Any:
    while "$ref" in value:
        found = description
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        value = found
    return value


def _valid(description: Any, schema: Any, value: Any) -> None:
    whole = {**schema, "components": description["components"]}
    if "$ref" in schema:
        whole = {"allOf": [schema], "components": description["components"]}
    jsonschema_rs.Draft4Validator(whole).validate(value)
