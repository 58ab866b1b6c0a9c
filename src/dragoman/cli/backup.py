"""`dragoman backup` and `dragoman restore`: database and files in one archive, keys in another.

What is written first may be behind what is written later, never ahead: keys (with the signer's memory), then
public files, then the database. The record heals such a state: it takes what is missing from the longer side.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from dragoman.config import env
from dragoman.lib.postgres import binaries, client, server
from dragoman.lib.problems import Conflict, Invalid, NotFound, Unavailable

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
# What is made anew, is not ours to copy (keys of the sample's parties), or goes into the archive of keys.
LEFT_OUT = {"postgres", "static", "keys", "sample-keys", "up.lock"}
KEYS = "keys"


@dataclass(frozen=True)
class Manifest:
    """First member of an archive."""

    format: int
    kind: str
    made: str
    release: str
    public_url: str


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write, such as dragoman.tar.gz")],
    keys: Annotated[
        Path | None,
        typer.Option(help="Write the keys to this second archive. Keep it apart, under lock: it can sign."),
    ] = None,
) -> None:
    """Write everything needed to open the desk elsewhere. It may run while the desk is in use."""
    settings = env.read()
    for path in filter(None, (file, keys)):
        if path.exists():
            raise Conflict(f"{path} exists already.", mend="Choose another name; nothing was written.")
    with _progress() as bar:
        if keys is not None:
            with _archive(keys, "keys", settings) as out:
                _add(out, settings.keys_dir, KEYS, bar)
        with _archive(file, "desk", settings) as out:
            for entry in sorted(settings.home.iterdir()):
                if entry.name not in LEFT_OUT and not entry.name.startswith("."):
                    _add(out, entry, f"files/{entry.name}", bar)
            with tempfile.NamedTemporaryFile(dir=settings.home, prefix=".dump-") as dump:
                job = bar.add_task("database", total=None)
                _dump(settings.database_url, dump.name)
                out.add(dump.name, DUMP, filter=_plain)
                bar.update(job, total=1, completed=1)
    print(f"Written: {file}" + (f" and {keys}" if keys else ""))
    if keys is None:
        print("Without its keys (--keys FILE) a restored desk can neither sign nor open its channels.")


def restore(
    file: Annotated[Path, typer.Argument(help="An archive that 'dragoman backup' wrote.")],
    keys: Annotated[Path | None, typer.Option(help="The archive of keys that belongs to it.")] = None,
) -> None:
    """Read archives back into an empty home and an empty database. Nothing that is there is replaced."""
    settings = env.read()
    archives = [(file, "desk"), *([(keys, "keys")] if keys else [])]
    for path, kind in archives:
        _check(path, kind)
    there = [entry.name for entry in settings.home.glob("*") if entry.name not in LEFT_OUT - {KEYS}]
    if there:
        raise Conflict(
            f"{settings.home} is not empty: {', '.join(sorted(there)[:5])}.",
            mend="Set DRAGOMAN_HOME to a new folder. Nothing was changed.",
            code="home-not-empty",
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    with _progress() as bar, _database(settings) as url:
        _refuse_used(url)
        for path, _ in archives:
            _extract(path, settings, bar)
        dump = settings.home / DUMP
        job = bar.add_task("database", total=None)
        try:
            # Rights name roles of the other machine; ours are laid down again below.
            options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
            _run("pg_restore", url, *options, str(dump))
            _guard(url)
        finally:
            dump.unlink(missing_ok=True)
        bar.update(job, total=1, completed=1)
    print(f"Restored to {settings.home}. 'dragoman up' compares record, files and database before it opens.")


@contextmanager
def _database(settings: env.Settings) -> Iterator[str]:
    with nullcontext(settings.database_url) if settings.database_url else server.lease(settings.home) as url:
        yield url


def _dump(url: str, target: str) -> None:
    # Comments on extensions belong to the superuser and would stop a restore by the application's role.
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-comments", f"--file={target}")


def _run(program: str, url: str, *arguments: str) -> None:
    name = client.environment(url)["PGDATABASE"]
    done = subprocess.run(
        [binaries.tool(program), *arguments, f"--dbname={name}"],
        env=client.environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Unavailable(
            f"{program} ended with code {done.returncode}: {said[0] if said else 'it said nothing'}",
            mend="Check free disk space and that the server is not newer than the installed programs.",
            code=program.replace("_", "-"),
        )


def _guard(url: str) -> None:
    """The audit is append-only by rights too."""
    rights = importlib.import_module("dragoman.audit.migrations.0002_guard").RIGHTS
    with psycopg.connect(url) as connection:
        connection.execute(rights)


def _refuse_used(url: str) -> None:
    query = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    if row and row[0]:
        raise Conflict(
            f"The database is not empty: it has {row[0]} tables.",
            mend="Name a new, empty database in DATABASE_URL. Nothing was changed.",
            code="database-not-empty",
        )


@contextmanager
def _archive(path: Path, kind: str, settings: env.Settings) -> Iterator[tarfile.TarFile]:
    """A new archive, for us alone, with its manifest; it gets its name only when it is whole."""
    partial = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as raw,
            tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as out,
        ):
            told = Manifest(
                FORMAT, kind, datetime.now(UTC).isoformat(), version("dragoman"), settings.public_url
            )
            data = json.dumps(asdict(told), indent=1).encode()
            member = tarfile.TarInfo(MANIFEST)
            member.size = len(data)
            out.addfile(member, io.BytesIO(data))
            yield out
            out.close()
            raw.flush()
            os.fsync(raw.fileno())
        partial.rename(path)
    except OSError as error:
        raise Unavailable(
            f"{path} could not be written: {error.strerror}.", mend="Check the folder and its space."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _add(out: tarfile.TarFile, source: Path, name: str, bar: Progress) -> None:
    paths = [source, *sorted(source.rglob("*"))] if source.is_dir() else [source]
    job = bar.add_task(name, total=len(paths))
    for path in paths:
        inside = name if path == source else f"{name}/{path.relative_to(source)}"
        if path.is_symlink() or path.is_dir() or path.is_file():
            out.add(path, inside, recursive=False, filter=_plain)
        bar.advance(job)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Owners are of this machine and mean nothing on another."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _check(path: Path, kind: str) -> None:
    """Read all of it before anything is changed: gzip's checksum finds a damaged or cut archive."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", mend="Name an archive that 'dragoman backup' wrote.")
    try:
        with tarfile.open(path, "r:gz") as archive:
            first = archive.next()
            inside = archive.extractfile(first) if first and first.name == MANIFEST else None
            told = json.loads(inside.read()) if inside else {}
            names = [member.name for member in archive]
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise Invalid(
            f"{path} is damaged or no archive of ours: {error}", mend="Use another copy."
        ) from error
    if told.get("kind") != kind or told.get("format") != FORMAT:
        raise Invalid(
            f"{path} is no archive of the kind '{kind}' that this release can read.",
            mend="The first argument is the desk's archive, --keys the one of its keys.",
        )
    if kind == "desk" and DUMP not in names:
        raise Invalid(f"{path} has no database in it.", mend="Use another copy.")


def _extract(path: Path, settings: env.Settings, bar: Progress) -> None:
    job: TaskID = bar.add_task(path.name, total=None)
    settings.keys_dir.mkdir(mode=0o700, exist_ok=True)
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if member.name == MANIFEST:
                continue
            member.name = member.name.removeprefix("files/")
            # The filter keeps members inside the home and drops set-uid bits and devices.
            archive.extract(member, settings.home, filter="data")
            bar.advance(job)
    settings.keys_dir.chmod(0o700)
    for key in settings.keys_dir.rglob("*"):
        key.chmod(0o700 if key.is_dir() else 0o600)


@contextmanager
def _progress() -> Iterator[Progress]:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield bar
