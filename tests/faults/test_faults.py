"""A small fault run in every test run; `make faults N=10000` makes a great one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults import plan, tally

from dragoman.lib.postgres import server


def test_a_plan_can_be_repeated() -> None:
    calls = {"x": ["post", "find"], "mastodon": ["post"]}
    one, two = (plan.batch(7, 3, range(20), calls) for _ in range(2))
    assert one == two
    assert one != plan.batch(8, 3, range(20), calls)
    assert plan.life(7, 1) == plan.life(7, 1)


@given(st.sampled_from(["sent", "refused", "expired", "unsure", "queued"]), st.integers(0, 3))
def test_two_posts_are_never_well_and_none_is_well_only_if_said(state: str, held: int) -> None:
    verdict = tally.Line("x", state, False, held, 1, 0).verdict
    assert (verdict == "double") == (held > 1)
    if verdict == "once":
        assert (state, held) == ("sent", 1)
    if verdict == "none":
        assert held == 0


def test_the_table_counts_every_delivery() -> None:
    lines = [tally.Line("x", "sent", False, 1, 1, 0), tally.Line("y", "sent", True, 2, 3, 1)]
    found = tally.table(line.as_json() for line in lines)
    assert found["all"]["deliveries"] == 2
    assert found["y"]["double"] == 1
    assert "| **all** | 2 | 1 | 0 | 1 | 0 | 1 |" in tally.markdown(found)


@pytest.mark.slow
def test_a_small_run_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Real workers are killed and the database is cut; every network holds every text once."""
    home = tmp_path / "run"
    home.mkdir()
    url = server.ensure(home)
    try:
        env = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.faults.run", "6", "--batch", "6", "--folder", str(home)),
                *("--kinds", "bluesky,mastodon,threads,x", "--killing", "8"),
            ],
            env={**env, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    finally:
        server.stop(home)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = [json.loads(line) for line in (home / "results.jsonl").read_text().splitlines()]
    assert sum(len(batch["lines"]) for batch in told) == 24
