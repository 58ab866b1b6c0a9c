"""The ground of benchmarks: Django over a database of the run, and where results go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@contextmanager
def desk(home: Path) -> Iterator[None]:
    """Django over a database of this run: the one that DATABASE_URL leads to, else an embedded server."""
    os.environ["DRAGOMAN_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "dragoman.config.settings"
    from dragoman.lib.postgres import server  # noqa: PLC0415 - only a run needs it

    started = not os.environ.get("DATABASE_URL")
    if started:
        wishes = server.Wishes(follow=True, may_create_databases=True)
        os.environ["DATABASE_URL"] = server.ensure(home, wishes=wishes)
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.test.utils import get_runner  # noqa: PLC0415

    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(databases)
        if started:
            server.stop(home)


def write(name: str, found: Mapping[str, Any]) -> None:
    """Keep the figures of one run as JSON."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
