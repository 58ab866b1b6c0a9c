"""Making a data folder: initdb, roles, database, extensions, settings. Nothing listens meanwhile."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.lib.postgres.account import Account
from dragoman.lib.postgres.place import Place
from dragoman.lib.problems import Unavailable

SUPERUSER = "postgres"
ROLE = "dragoman"
DATABASE = "dragoman"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")

ACCESS = """\
# Passwords for everyone, on the socket only.
local all all scram-sha-256
"""

SETTINGS = """\
# Written anew at every start; put your own settings into postgresql.conf below the include.
listen_addresses = ''
max_connections = 200
shared_buffers = 128MB
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 512MB
max_worker_processes = 4
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
# No statement with its values in the log: they may hold what people wrote.
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
"""


def data_argument(data: Path, account: Account) -> str:
    """How the server is told its data folder.

    Another account may be unable to walk down to it (a home of root's own). The server is therefore started
    inside the folder and told to use where it stands; so no parent's mode has to be loosened.
    """
    if account.switch and sys.platform.startswith("linux"):
        return "/proc/self/cwd"
    return str(data)


def password(place: Place, role: str) -> str:
    """The role's password, made on first use, kept in a file for us alone."""
    path = place.password_file(role)
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        word = secrets.token_urlsafe(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{word}\n")
            file.flush()
            os.fsync(file.fileno())
        return word


def create(place: Place, account: Account, programs: Path, *, may_create_databases: bool = False) -> None:
    """Make the data folder, whole or not at all: it is built beside its place and then renamed."""
    fresh = place.root / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    account.own(fresh)
    here = Bench(programs, account, fresh, data_argument(fresh, account))
    here.run(
        "initdb",
        f"--pgdata={here.where}",
        f"--username={SUPERUSER}",
        "--auth=reject",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )
    here.single(SUPERUSER, _cluster_commands(place, may_create_databases))
    here.single(DATABASE, [f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS])
    (fresh / "pg_hba.conf").write_text(ACCESS, encoding="ascii")
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude_if_exists = 'dragoman.conf'\n")
    fresh.rename(place.data)


def configure(place: Place, account: Account, sockets: Path, further: Mapping[str, str]) -> None:
    """Write the settings that follow the product and the machine."""
    # Relative to the data folder, where the server stands: no parent has to be walked.
    named = "../run" if sockets == place.near_sockets else str(sockets)
    values = {"unix_socket_directories": named, **further}
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in values.items()]
    path = place.data / "dragoman.conf"
    path.write_text("".join([SETTINGS, *lines]), encoding="utf-8")
    path.chmod(0o600)
    account.own(path)


def check_version(place: Place, programs: Path) -> None:
    """Data of another major version is never touched."""
    kept = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    major = told.stdout.split()[-1].split(".")[0]
    if kept != major:
        raise Unavailable(
            f"The data in {place.data} are of PostgreSQL {kept}; the installed programs are {major}.",
            mend="Install the release that made it, run 'dragoman backup', then restore with this one.",
            code="postgres-version",
        )


def _cluster_commands(place: Place, may_create_databases: bool) -> list[str]:
    creating = "CREATEDB" if may_create_databases else "NOCREATEDB"
    owner, app = password(place, SUPERUSER), password(place, ROLE)
    return [
        f"ALTER ROLE {SUPERUSER} PASSWORD '{owner}'",
        f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER {creating} NOCREATEROLE PASSWORD '{app}'",
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
    ]


@dataclass(frozen=True)
class Bench:
    """Runs the programs on one data folder that no server uses yet."""

    programs: Path
    account: Account
    folder: Path
    where: str

    def run(self, program: str, *arguments: str, text: str = "") -> str:
        """What the program said. Raises Unavailable when it fails."""
        try:
            done = subprocess.run(
                [self.programs / program, *arguments],
                input=text,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                cwd=self.folder,
                env=clean_environment(),
                **self.account.popen_arguments(),
            )
        except PermissionError as error:
            raise Unavailable(
                f"The database cannot be run as the account '{self.account.name}': {error.strerror}.",
                mend="Run as an ordinary user, or set DATABASE_URL.",
                code="postgres-account-refused",
            ) from error
        if done.returncode != 0:
            raise Unavailable(
                f"{program} ended with code {done.returncode}: {_telling_line(done.stdout)}",
                mend="Check free disk space and memory; 'dragoman doctor' looks at both.",
                code="postgres-setup",
            )
        return str(done.stdout)

    def single(self, database: str, commands: Sequence[str]) -> None:
        """Commands in single-user mode; they travel by standard input, for they carry passwords."""
        options = ["exit_on_error=on", "log_min_messages=error", "log_min_error_statement=panic"]
        flags = [part for option in options for part in ("-c", option)]
        text = "".join(f"{command}\n" for command in commands)
        told = self.run("postgres", "--single", "-D", self.where, *flags, database, text=text)
        if "ERROR:" in told or "FATAL:" in told:
            raise Unavailable(
                f"The new database could not be filled: {_telling_line(told)}",
                mend="Try again; report it if it comes back.",
                code="postgres-setup",
            )


def clean_environment() -> dict[str, str]:
    """The server gets no secret and no setting of ours, and speaks English in its log."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _telling_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "ERROR" in line or "FATAL" in line or "error:" in line]
    return (telling or lines or ["it said nothing"])[-1]
