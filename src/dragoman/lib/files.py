"""Files that are either whole or absent: written beside their place, forced to disk, then moved in."""

import os
import secrets
import shutil
from pathlib import Path


def write_atomic(
    path: Path, data: bytes, fsync: bool = True, *, mode: int = 0o644, settle: bool = True
) -> None:
    """Put `data` at `path`, so that a reader sees the old file or the new one and never a part.

    Missing folders are made. With `fsync` the bytes are on the disk before the name is, and with
    `settle` the name is on the disk before this returns; a caller that writes many files into one
    folder may pass `settle=False` and call `settle_folder` once at the end.
    Raises OSError (a full disk, a missing right) and then leaves the old file as it was.
    """
    make_folder(path.parent, fsync=fsync)
    # A name of its own for each writer, and a dot in front so that no file server offers it.
    beside = path.parent / f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}"
    try:
        _write(beside, data, fsync, mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if fsync and settle:
        settle_folder(path.parent)


def link_or_copy(source: Path, target: Path, *, mode: int = 0o644) -> None:
    """A second name for a file that is never written again; a copy, forced to disk, where the two places are
    on different disks. Raises OSError, and then leaves no target."""
    try:
        os.link(source, target)
        target.chmod(mode)
        return
    except OSError:
        target.unlink(missing_ok=True)
    try:
        shutil.copyfile(source, target)
        with target.open("rb+") as file:
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def make_folder(path: Path, *, mode: int = 0o755, fsync: bool = True) -> None:
    """Make a folder and its missing parents; with `fsync` their names are on disk afterwards."""
    if path.is_dir():
        return
    make_folder(path.parent, mode=mode, fsync=fsync)
    path.mkdir(mode=mode, exist_ok=True)
    if fsync:
        settle_folder(path.parent)


def settle_folder(path: Path) -> None:
    """Force the names in a folder to the disk: without it a new file can vanish with the power."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, data: bytes, fsync: bool, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        # Asked for outright: the umask of whoever started us must not decide who reads a public file.
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        if fsync:
            os.fsync(file.fileno())
