"""A home of its own for each test of the record, and a small cast of blobs and witnesses."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from tests.record.desk_witness import DeskWitness

from dragoman.base.actor import System
from dragoman.lib.tlog import policy
from dragoman.record import actions, healing, keys
from dragoman.record.values import Sealed, TextBlob

BY = System("test")
WHEN = datetime(2017, 1, 9, 10, 0, tzinfo=UTC)
Seal = Callable[..., Sealed]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record is in a folder of this test only."""
    monkeypatch.setattr(settings.DRAGOMAN, "home", tmp_path)
    monkeypatch.setattr(settings.DRAGOMAN, "allow_loopback", True)
    # A test kills processes and not the machine, so the disk's own delay would only be waited for.
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    healing.forget()
    return tmp_path


def texts(words: str = "Five days without a visa.", *languages: str) -> list[TextBlob]:
    """One text a language."""
    languages = languages or ("be", "en")
    return [TextBlob(lang, "text/plain; charset=utf-8", f"# {words} {lang}\n".encode()) for lang in languages]


@pytest.fixture
def seal() -> Seal:
    """Seal revision `rev` of `ref` with texts that name both."""

    def sealed(ref: str = "2026-4f7kq2", rev: int = 1, kind: str = "statement", **more: object) -> Sealed:
        words = f"{kind} {ref} {rev}"
        given: dict[str, object] = {"texts": texts(words), "released": WHEN} | more
        return actions.seal(by=BY, kind=kind, ref=ref, rev=rev, **given)  # type: ignore[arg-type]  # as given

    return sealed


@pytest.fixture
def witnesses() -> Iterator[list[DeskWitness]]:
    """Three witnesses on loopback; they know the record once `trust` has been called."""
    three = [DeskWitness(f"w{number}.example.int") for number in range(3)]
    yield three
    for one in three:
        one.stop()


def trust(witnesses: list[DeskWitness], needed: int) -> policy.Policy:
    """Make the keys, name these witnesses in policy.txt and ask for so many of them."""
    if not keys.signing():
        keys.make()
    for one in witnesses:
        one.trusted = [key.verifier for key in keys.signing()]
    lines = [f"log {keys.signing()[0].verifier}"]
    lines += [f"witness w{i} {one.key.verifier} {one.url}" for i, one in enumerate(witnesses)]
    group = f"group enough {needed} {' '.join(f'w{i}' for i in range(len(witnesses)))}"
    keys.policy_path().write_text("\n".join([*lines, group, "quorum enough", ""]))
    return keys.trust()
