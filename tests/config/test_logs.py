"""Logs: one line each, and nothing secret in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dragoman.config import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    kept = logging.getLogger().handlers[:], structlog.get_config()
    stream = io.StringIO()
    logs.set_up("json", stream)
    yield stream
    logging.getLogger().handlers[:] = kept[0]
    structlog.configure(**kept[1])


def said(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_deed_is_one_line(lines: io.StringIO) -> None:
    structlog.get_logger("deeds").info("statements.release", by="director", title="two\nlines")
    logging.getLogger("library").warning("old style %s", "words")
    first, second = said(lines)
    assert (first["event"], first["by"], first["level"]) == ("statements.release", "director", "info")
    assert second["event"] == "old style words"
    assert str(first["timestamp"]).endswith("Z")


def test_secrets_are_hidden_by_name_and_by_shape(lines: io.StringIO) -> None:
    log = structlog.get_logger("deeds")
    log.info("a", password="p1", api_key="p2", nested={"Authorization": "p3"}, attempts=2)
    log.info("cannot reach postgresql://me:p4@db/x", url="https://u:p5@h/")
    log.info("call", said="Authorization: Bearer p6abc.def")
    logging.getLogger("library").error("url https://u:p7@h/ failed")
    text = lines.getvalue()
    assert not any(f"p{number}" in text for number in range(1, 8))
    assert "me:(hidden)@db" in text
    assert said(lines)[0]["attempts"] == 2
