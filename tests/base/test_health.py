"""`/health` is green only while the desk really works, and names what is late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dragoman.base import beats, clock, health, overdue
from dragoman.base.models import Beat


@pytest.fixture
def late() -> Iterator[dict[str, datetime | None]]:
    """An automatic state of the test's own."""
    told: dict[str, datetime | None] = {"due": None}
    overdue.register("test states", lambda: told["due"])
    yield told
    del overdue._finders["test states"]


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue, "_finders", {})


@pytest.mark.django_db
def test_health_is_green_while_a_worker_beats(client: Any) -> None:
    beats.beat("worker:host:1")
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_health_says_that_no_worker_ever_beat(client: Any) -> None:
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["late"] == ["No worker has ever beaten."]


@pytest.mark.django_db
def test_health_names_a_silent_worker(client: Any) -> None:
    Beat.objects.create(name="worker:host:1", at=clock.now() - health.WORKER_GRACE - timedelta(seconds=5))
    answer = client.get("/health")
    assert answer.status_code == 503
    assert "No worker has beaten for 25 s." in answer.json()["late"]


@pytest.mark.django_db
def test_one_living_worker_is_enough() -> None:
    Beat.objects.create(name="worker:gone:1", at=clock.now() - timedelta(hours=1))
    beats.beat("worker:here:2")
    assert all(check.ok for check in health.checks())


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (55, 200), (61, 503)])
def test_overdue_row_turns_health_red_after_a_minute(
    client: Any, late: dict[str, datetime | None], seconds: int, status: int
) -> None:
    beats.beat("worker:host:1")
    late["due"] = clock.now() - timedelta(seconds=seconds)
    answer = client.get("/health")
    assert answer.status_code == status
    assert answer.json()["checks"]["overdue test states"]["ok"] is (status == 200)
    if status == 503:
        assert answer.json()["late"] == ["The oldest of test states is 61 s late."]


@pytest.mark.django_db
def test_old_beats_are_forgotten_and_fresh_ones_kept() -> None:
    Beat.objects.create(name="worker:gone:1", at=clock.now() - timedelta(days=2))
    beats.beat("worker:here:2")
    assert beats.forget_old() == 1
    assert list(Beat.objects.values_list("name", flat=True)) == ["worker:here:2"]


@pytest.mark.django_db
def test_health_says_that_a_disk_is_full(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    beats.beat("worker:host:1")
    (tmp_path / "public" / "record").mkdir(parents=True)
    settings.DRAGOMAN = settings.DRAGOMAN.model_copy(update={"home": tmp_path})
    assert client.get("/health").status_code == 200
    monkeypatch.setattr(health, "ROOM", 10**18)  # no disk has so much
    answer = client.get("/health")
    assert answer.status_code == 503
    assert "The disk of the record has" in answer.json()["late"][0]
    assert "releases wait until there is room" in answer.json()["late"][0]
