"""`dragoman doctor`: looks at the machine and at the home, and says what to mend. Changes nothing."""

from __future__ import annotations

import difflib
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import typer
from rich.console import Console

from dragoman.config import env
from dragoman.config.env import Settings
from dragoman.lib.postgres import account, binaries, server
from dragoman.lib.problems import Problem
from dragoman.lib.supervise import single

OLDEST_SERVER = 150000
LEAST_SPACE = 2_000_000_000
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
ELSEWHERE = {"LIVE_HOST", "LIVE_READERS", "LIVE_PROCESSES"}


@dataclass(frozen=True)
class Finding:
    """`bad` stops the desk; otherwise a `mend` is advice."""

    what: str
    found: str
    mend: str = ""
    bad: bool = False


def doctor() -> None:
    """Look at everything the desk leans on. Exit code 1 when something must be mended."""
    console = Console(highlight=False)
    wrong = False
    for finding in findings():
        mark = "[red]MEND[/]" if finding.bad else "[yellow]note[/]" if finding.mend else "[green]good[/]"
        console.print(f"{mark}  {finding.what}: {finding.found}", soft_wrap=True)
        if finding.mend:
            console.print(f"      {finding.mend}", soft_wrap=True)
        wrong |= finding.bad
    raise typer.Exit(int(wrong))


def findings() -> Iterator[Finding]:
    """Every look, in order. Without settings there is nothing more to look at."""
    yield Finding("Python", sys.version.split()[0])
    try:
        settings = env.read()
    except Problem as problem:
        yield Finding("Settings", problem.detail, problem.mend, bad=True)
        return
    yield from _names()
    for look in (_home, _keys, _database, _ports, _files, _tools):
        yield from look(settings)


def _names() -> Iterator[Finding]:
    known = {name.upper() for name in Settings.model_fields} | ELSEWHERE
    for variable in sorted(os.environ):
        name = variable.removeprefix("DRAGOMAN_")
        if variable.startswith("DRAGOMAN_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean DRAGOMAN_{near[0]}?" if near else "docs/settings.md lists every setting."
            yield Finding("Settings", f"{variable} is no setting of ours", hint)


def _home(settings: Settings) -> Iterator[Finding]:
    place = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        yield Finding("Home", f"{place} cannot be written", "Choose another DRAGOMAN_HOME.", bad=True)
        return
    free = shutil.disk_usage(place).free
    text = f"{settings.home}, {free / 1e9:.1f} GB free"
    short = free < LEAST_SPACE
    yield Finding(
        "Home", text, "Less than 2 GB are left; make room." if short else "", bad=free < LEAST_SPACE / 10
    )


def _keys(settings: Settings) -> Iterator[Finding]:
    if not settings.keys_dir.is_dir():
        yield Finding("Keys", "none yet; they are made on the first run")
        return
    paths = [settings.keys_dir, *settings.keys_dir.rglob("*")]
    opened = [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if opened:
        names = ", ".join(str(path) for path in opened)
        yield Finding(
            "Keys", f"readable by others: {names}", f"chmod -R go-rwx {settings.keys_dir}", bad=True
        )
    else:
        yield Finding("Keys", f"{len(paths) - 1} files, for their owner only")


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.database_url
    if not url:
        try:
            who = account.find()
            yield Finding(
                "Database", f"embedded PostgreSQL {binaries.version()}, as the account '{who.name}'"
            )
        except Problem as problem:
            yield Finding("Database", problem.detail, problem.mend, bad=True)
            return
        if not server.answers(settings.home):
            yield Finding("Database", "not running now; 'dragoman up' starts it")
            return
        url = server.url(settings.home)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            number = connection.info.server_version
            query = "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)"
            there = {row[0] for row in connection.execute(query, [list(EXTENSIONS)])}
    except psycopg.Error as error:
        first = (str(error).strip().splitlines() or ["no reason given"])[0]
        yield Finding("Database", f"does not answer: {first}", "Check DATABASE_URL and the server.", bad=True)
        return
    old = number < OLDEST_SERVER
    yield Finding(
        "Database",
        f"answers, version {number // 10000}",
        "Version 15 or later is needed." if old else "",
        bad=old,
    )
    if missing := sorted(set(EXTENSIONS) - there):
        hint = "Install PostgreSQL's contrib package on the server."
        yield Finding("Database", f"lacks the extensions {', '.join(missing)}", hint, bad=True)


def _ports(settings: Settings) -> Iterator[Finding]:
    ports = {
        "DRAGOMAN_PUBLIC_PORT": settings.public_port,
        "DRAGOMAN_DESK_PORT": settings.desk_port,
        "DRAGOMAN_RECEPTION_PORT": settings.reception_port,
        "DRAGOMAN_LIVE_PORT": settings.live_port,
        "DRAGOMAN_TABLE_PORT": settings.table_port,
    }
    try:
        if (settings.home / "up.lock").exists():
            os.close(single.only_one(settings.home / "up.lock", "Dragoman"))
    except Problem as problem:
        yield Finding("Ports", f"in use by Dragoman itself. {problem.detail}")
        return
    try:
        single.check_ports(settings.bind, ports, patience=0)
        yield Finding("Ports", ", ".join(f"{port} free" for port in ports.values()))
    except Problem as problem:
        yield Finding("Ports", problem.detail, problem.mend, bad=True)


def _files(_settings: Settings) -> Iterator[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    hint = (
        "Each reader of the live stream holds one: raise it (ulimit -n) for more readers."
        if hard < 10_000
        else ""
    )
    yield Finding("Open files", f"{soft}, at most {hard}", hint)


def _tools(_settings: Settings) -> Iterator[Finding]:
    """Only tests and set-up use these."""
    for name, use in (("node", "for tests"), ("chromium", "for browser tests"), ("git", "for development")):
        path = shutil.which(name)
        told = _first_line([path, "--version"]) if path else ""
        yield Finding(
            name, told or "not found", "" if told else f"Only needed {use}; 'make test' gets a browser."
        )


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20, cwd=Path("/"))
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout.strip().splitlines() or [""])[0]
