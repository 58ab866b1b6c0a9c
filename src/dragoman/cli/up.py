"""`dragoman up`: everything that makes a desk, in one place, kept running."""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

import structlog

from dragoman.cli.processes import Name, environment, plan
from dragoman.config import env, logs
from dragoman.config.env import Settings
from dragoman.lib.postgres import server
from dragoman.lib.problems import Unavailable
from dragoman.lib.supervise.child import Plan
from dragoman.lib.supervise.single import check_ports, only_one
from dragoman.lib.supervise.supervisor import Supervisor

SERVED = (Name.DESK, Name.PUBLIC, Name.RECEPTION, Name.TABLE, Name.WORKER, Name.PULSE)
DATABASE_PATIENCE = 330.0
OPEN_PATIENCE = 60.0


def up() -> None:
    """Start database, desk, site, reception, table, worker and live stream; Ctrl-C stops all."""
    settings = env.read()
    logs.set_up(settings.log, sys.stdout)
    settings.home.mkdir(parents=True, exist_ok=True)
    only_one(settings.home / "up.lock", "Dragoman")
    check_ports(
        settings.bind,
        {
            "DRAGOMAN_PUBLIC_PORT": settings.public_port,
            "DRAGOMAN_DESK_PORT": settings.desk_port,
            "DRAGOMAN_LIVE_PORT": settings.live_port,
            "DRAGOMAN_RECEPTION_PORT": settings.reception_port,
            "DRAGOMAN_TABLE_PORT": settings.table_port,
        },
    )
    keeper = Supervisor(structlog.get_logger("dragoman.up").info)
    try:
        _open(keeper, settings)
        if not keeper.asked:
            keeper.run()
    finally:
        if keeper.children and any(child.alive for child in keeper.children):
            keeper.stop()


def _open(keeper: Supervisor, settings: Settings) -> None:
    told = environment(settings)
    if not settings.database_url:
        keeper.add([plan(Name.DATABASE, settings, told)])
        if not keeper.wait_for(lambda: server.answers(settings.home), DATABASE_PATIENCE):
            if keeper.asked:
                return
            raise Unavailable(
                "The embedded database did not come up.",
                mend=f"Its log says why: {settings.home / 'postgres' / 'server.log'}",
                code="postgres-start",
            )
        told["DATABASE_URL"] = server.url(settings.home)
    made = _prepare(keeper, told)
    if made is None:
        return
    keeper.add([plan(name, settings, told) for name in SERVED])
    doors = [(settings.bind, port) for port in (settings.desk_port, settings.public_port, settings.live_port)]
    doors.append((settings.reception_bind, settings.reception_port))
    doors.append((settings.table_host, settings.table_port))
    opened = keeper.wait_for(lambda: all(_listens(*door) for door in doors), OPEN_PATIENCE)
    if not keeper.asked:
        _welcome(settings, made, opened=opened)


def _prepare(keeper: Supervisor, told: dict[str, str]) -> dict[str, Any] | None:
    """In a process of its own, so that this one stays small. None: it was asked to stop meanwhile."""
    done = keeper.once(Plan("prepare", [sys.executable, "-m", "dragoman.cli.main", "prepare"], told))
    if done is None:
        return None
    code, out = done
    if code != 0:
        raise Unavailable(
            "The desk was not opened, for it could not be made ready; the lines above say why.",
            mend="Mend that and start again. 'dragoman doctor' looks at the machine.",
            code="not-ready",
        )
    found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return found


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _welcome(settings: Settings, made: dict[str, Any], *, opened: bool) -> None:
    lines = [
        "",
        "Dragoman is running."
        if opened
        else "Dragoman is starting slowly; the lines above say what is missing.",
        f"  Desk          {settings.desk_url}",
        f"  Public site   {settings.public_url}",
        f"  Live stream   {settings.live_url}/pulse",
        f"  Table         {settings.table_url}/table/",
        f"  Health        {settings.desk_url}/health",
        f"  Everything written is in {settings.home}",
        *(f"  {line}" for line in made["lines"]),
    ]
    if made["passwords"]:
        width = max(map(len, made["passwords"])) + 2
        lines += [
            "",
            "Sample officers of a historical demonstration. Each password is shown once, here:",
            *(f"  {name:<{width}}{word}" for name, word in made["passwords"].items()),
            "  'dragoman officer password NAME' makes a new one.",
        ]
    print("\n".join([*lines, "", "Ctrl-C stops everything.", ""]), flush=True)
