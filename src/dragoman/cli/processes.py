"""The processes that make up a running desk, and how each is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dragoman.config.env import Settings, read
from dragoman.lib.supervise.child import Plan

GRACE = 5.0


class Name(StrEnum):
    """What `dragoman run` takes."""

    DATABASE = "database"
    DESK = "web-desk"
    PUBLIC = "web-public"
    RECEPTION = "web-reception"
    TABLE = "table"
    WORKER = "worker"
    PULSE = "pulse"


def environment(settings: Settings) -> dict[str, str]:
    """What every process is told, so that none resolves a relative folder or a default differently."""
    return {
        "DRAGOMAN_HOME": str(settings.home),
        "DRAGOMAN_RECEPTION_HOST": os.environ.get("DRAGOMAN_RECEPTION_HOST", settings.reception_bind),
        "DRAGOMAN_LIVE_HOST": os.environ.get("DRAGOMAN_LIVE_HOST", settings.bind),
        "DJANGO_SETTINGS_MODULE": "dragoman.config.settings",
        "PYTHONUNBUFFERED": "1",
        # Threads that allocate would otherwise each keep an arena of their own.
        "MALLOC_ARENA_MAX": "2",
    }


def plan(name: Name, settings: Settings, env: Mapping[str, str]) -> Plan:
    """How to start one process. Passwords travel by environment, never in a command line."""
    python = sys.executable
    match name:
        case Name.DATABASE:
            command = [python, "-m", "dragoman.lib.postgres", "serve", "--quiet", str(settings.home)]
            return Plan(name, command, env, last=True, patience=4.0)
        case Name.DESK:
            command = _granian(
                settings, settings.desk_port, settings.web_threads, "dragoman.config.wsgi:application"
            )
        case Name.PUBLIC:
            command = _granian(settings, settings.public_port, 4, "dragoman.public.serve:app")
        case Name.RECEPTION:
            # Only the public process may speak to it, for its word on whose request it is is believed.
            command = _granian(
                settings,
                settings.reception_port,
                4,
                "dragoman.config.reception:application",
                host=settings.reception_bind,
            )
            env = {**env, "DJANGO_SETTINGS_MODULE": "dragoman.config.reception_settings"}
        case Name.TABLE:
            command = _granian(
                settings,
                settings.table_port,
                4,
                "dragoman.config.table:application",
                host=settings.table_host,
            )
            env = {**env, "DJANGO_SETTINGS_MODULE": "dragoman.config.table_settings"}
        case Name.WORKER:
            command = [python, "-m", "dragoman.cli.worker"]
        case Name.PULSE:
            command = [python, "-m", "dragoman.public.pulse"]
    return Plan(name, command, env, patience=GRACE)


def _granian(settings: Settings, port: int, threads: int, target: str, host: str = "") -> list[str]:
    options = {
        "interface": "wsgi",
        "host": host or settings.bind,
        "port": str(port),
        "workers": "1",
        "blocking-threads": str(threads),
        "backpressure": str(threads * 16),
        "workers-kill-timeout": "3",
        "log-level": "warning",
        "http": "1",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "granian", *flags, "--respawn-failed-workers", "--no-ws", target]


def run(name: Annotated[Name, typer.Argument(help="Which process.")]) -> None:
    """Become one process, for systemd units and containers that supervise by themselves."""
    settings = read()
    here = plan(name, settings, environment(settings))
    program = Path(here.command[0])
    os.execve(program, list(here.command), {**os.environ, **here.env})  # noqa: S606 - no shell is wanted
