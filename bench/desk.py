"""The desk's front page and statement list at 1,000 and at 100,000 statements: does the length show?

Measured against itself in one run: the ratio of the p95 times (goal: at most 1.5) and the queries, which
must be the same. A database of its own is made and dropped. `python -m bench.desk [--quick]`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

PAGES = {"front page": "/", "statement list": "/statements/"}
SIZES = (1_000, 100_000)
ROUNDS = 60


def run(*, quick: bool = False) -> dict[str, Any]:
    """Ratios and counts, as plain values. `quick` takes a tenth of the statements and rounds."""
    sizes = tuple(size // 10 for size in SIZES) if quick else SIZES
    rounds = ROUNDS // 6 if quick else ROUNDS
    with _database():
        client = _client()
        found: dict[str, Any] = {"sizes": sizes, "rounds": rounds, "pages": {}}
        figures: dict[str, list[dict[str, float]]] = {name: [] for name in PAGES}
        have = 0
        for size in sizes:
            _fill(have, size)
            have = size
            for name, path in PAGES.items():
                figures[name].append(_measure(client, path, rounds))
        for name, (small, large) in figures.items():
            found["pages"][name] = {
                "small": small,
                "large": large,
                "p95 ratio": round(large["p95 ms"] / small["p95 ms"], 2),
                "same queries": small["queries"] == large["queries"],
            }
    return found


@contextmanager
def _database() -> Iterator[None]:
    """A test database, as Django makes it: migrated, then dropped."""
    import django  # noqa: PLC0415 - settings are read only when the benchmark runs

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.test.utils import get_runner, setup_test_environment, teardown_test_environment  # noqa: PLC0415

    setup_test_environment()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(databases)
        teardown_test_environment()


def _client() -> Any:
    from django.test import Client  # noqa: PLC0415

    from dragoman.staff.models import Membership, Mission, Officer  # noqa: PLC0415

    mission = Mission.objects.create(slug="capital", name="Press Service")
    officer = Officer.objects.create(username="director", name="Director", sample=True)
    for role in ("author", "approver", "releaser"):
        Membership.objects.create(officer=officer, mission=mission, role=role)
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _fill(have: int, want: int) -> None:
    """Statements in all states, most of them released, as an archive has them."""
    from django.db import connection  # noqa: PLC0415

    from dragoman.base import clock  # noqa: PLC0415
    from dragoman.staff.models import Mission  # noqa: PLC0415
    from dragoman.statements.models import Revision, Statement, Text  # noqa: PLC0415

    mission, now = Mission.objects.get(slug="capital"), clock.now()
    for start in range(have, want, 5_000):
        rows = Statement.objects.bulk_create(
            Statement(
                ref=f"b-{number}",
                slug=f"bench-{number}",
                mission=mission,
                kind="statement",
                source_language="en",
                state="released" if number % 50 else "review",
                title=f"Statement {number} on the five days",
                changed=now - timedelta(minutes=want - number),
            )
            for number in range(start, min(start + 5_000, want))
        )
        revisions = Revision.objects.bulk_create(
            Revision(statement=row, number=1, state=row.state, digest="0" * 64) for row in rows
        )
        Text.objects.bulk_create(
            Text(revision=revision, lang="en", title="Five days", body="A stay is at most 5 days.")
            for revision in revisions
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _measure(client: Any, path: str, rounds: int) -> dict[str, float]:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    for _ in range(3):
        _get(client, path)
    with CaptureQueriesContext(connection) as queries:
        _get(client, path)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        _get(client, path)
        times.append((time.perf_counter() - began) * 1_000)
    return {
        "p50 ms": round(statistics.median(times), 1),
        "p95 ms": round(statistics.quantiles(times, n=20)[18], 1),
        "queries": len(queries),
    }


def _get(client: Any, path: str) -> None:
    response = client.get(path)
    if response.status_code != 200:
        raise SystemExit(f"{path} answered {response.status_code}")


if __name__ == "__main__":
    print(json.dumps(run(quick="--quick" in sys.argv), indent=2))
