"""The desk's front page and statement list at 1,000 and at 100,000 statements: does the length show?

Measured against itself in one run: the ratio of the p95 times (goal: at most 1.5) and the queries, which
must be the same. A database of its own is made and dropped. `python -m bench.desk [--quick]`.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._ground import desk, write

PAGES = {"front page": "/", "statement list": "/statements/"}
SIZES = (1_000, 100_000)
ROUNDS = 60


def run(*, quick: bool = False) -> dict[str, Any]:
    """Ratios and counts, as plain values. `quick` takes a tenth of the statements and rounds."""
    sizes = tuple(size // 10 for size in SIZES) if quick else SIZES
    rounds = ROUNDS // 6 if quick else ROUNDS
    home = Path(tempfile.mkdtemp(prefix="dragoman-bench-"))
    with desk(home):
        client = _client()
        found: dict[str, Any] = {"sizes": sizes, "rounds": rounds, "pages": {}}
        figures: dict[str, list[dict[str, float]]] = {name: [] for name in PAGES}
        have = 0
        for size in sizes:
            _fill(have, size)
            have = size
            for name, path in PAGES.items():
                figures[name].append(_measure(client, path, rounds))
    shutil.rmtree(home, ignore_errors=True)
    for name, (small, large) in figures.items():
        found["pages"][name] = {
            "small": small,
            "large": large,
            "p95 ratio": round(large["p95 ms"] / small["p95 ms"], 2),
            "same queries": small["queries"] == large["queries"],
        }
    return found


def table(found: dict[str, Any]) -> str:
    """The figures as a small table."""
    small, large = found["sizes"]
    lines = [f"{'page':<16}{f'p95 at {small:,}':>18}{f'p95 at {large:,}':>18}{'ratio':>8}{'queries':>10}"]
    for name, page in found["pages"].items():
        lines.append(
            f"{name:<16}{page['small']['p95 ms']:>15} ms{page['large']['p95 ms']:>15} ms"
            f"{page['p95 ratio']:>8}{page['small']['queries']:>5} / {page['large']['queries']}"
        )
    return "\n".join(lines)


def _client() -> Any:
    from django.test import Client  # noqa: PLC0415

    from dragoman.staff.models import Membership, Mission, Officer  # noqa: PLC0415

    mission = Mission.objects.create(slug="capital", name="Press Service")
    officer = Officer.objects.create(username="director", name="Director", sample=True)
    for role in ("author", "approver", "releaser"):
        Membership.objects.create(officer=officer, mission=mission, role=role)
    client = Client(headers={"host": "localhost"})
    client.force_login(officer)
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

    for _ in range(3):
        _get(client, path)
    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
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
        raise SystemExit(f"{path} answered {response.status_code} {response.headers.get('Location', '')}")


if __name__ == "__main__":
    measured = run(quick="--quick" in sys.argv)
    write("desk", measured)
    print(table(measured))
