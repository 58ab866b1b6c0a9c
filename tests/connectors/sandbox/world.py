"""The sandbox's world for the contract test: its own file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World


def texts(folder: Path) -> list[str]:
    lines = [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]
    gone = {line["key"] for line in lines if line["what"] == "withdrawn"}
    return [
        text for line in lines if line["what"] == "post" and line["key"] not in gone for text in line["texts"]
    ]


@contextmanager
def world(folder: Path) -> Iterator[World]:
    yield World({"address": "ok"}, {}, lambda: texts(folder))
