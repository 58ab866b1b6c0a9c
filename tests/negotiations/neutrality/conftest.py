"""The sample talks: the sheet and the joint texts that the demonstration uses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import pytest

from dragoman.negotiations import neutrality
from dragoman.negotiations.neutrality import TermSheet

Texts = dict[str, tuple[str, str, str]]


def _file(name: str) -> bytes:
    return (resources.files("dragoman.sample") / name).read_bytes()


@pytest.fixture(scope="session")
def sheet() -> TermSheet:
    return neutrality.parse_terms(_file("stonebridge-terms.json"))


@pytest.fixture
def plain() -> dict[str, Any]:
    """The sample sheet as an object that a test may spoil."""
    value: dict[str, Any] = json.loads(_file("stonebridge-terms.json"))
    return value


@pytest.fixture(scope="session")
def sample() -> Mapping[str, Any]:
    return tomllib.loads(_file("stonebridge.toml").decode("utf-8"))


@pytest.fixture(scope="session")
def joint(sample: Mapping[str, Any]) -> Callable[[str], Texts]:
    """The named joint text of the sample, as it is put to the parties."""

    def read(name: str) -> Texts:
        return {
            lang: (text["title"], text["summary"], text["body"].strip())
            for lang, text in sample["texts"][name].items()
        }

    return read
