"""Files of `dragoman consent`: keys that only their owner can read, and whatever else it reads and writes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from dragoman.lib.problems import Conflict, Invalid
from dragoman.lib.tlog.errors import Malformed, TlogError
from dragoman.lib.tlog.note import ED25519, SignerKey
from dragoman.lib.tlog.policy import Policy
from dragoman.lib.tlog.policy import parse as parse_policy

UNREADABLE = 2
LARGEST = 20_000_000
_OTHERS = 0o077


def read(path: Path) -> bytes:
    """A file's bytes; ends the program with exit code 2 when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        typer.echo(f"COULD NOT READ  {path}: {error.strerror or error}", err=True)
        raise typer.Exit(UNREADABLE) from error
    if len(data) > LARGEST:
        raise Invalid(f"{path} is too long to be one of these files.", code="too-large")
    return data


def as_text(data: bytes) -> bytes:
    """A pasted text, with the line ends that were signed: some editors write others."""
    return data.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"


def read_key(path: Path) -> SignerKey:
    """A key file. Raises Invalid when it is none, or when others on this machine can read it."""
    data = read(path)
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        raise Invalid(
            f"Others on this machine can read {path}, so anybody may have signed with it.",
            mend=f"chmod 600 {path}, and think of making a new key.",
            code="open-key-file",
        )
    try:
        key = SignerKey.parse(data.decode("ascii", "replace"))
    except Malformed as error:
        raise Invalid(
            f"{path}: {error}.", mend="Make one with: dragoman consent key", code="bad-key"
        ) from error
    if key.kind != ED25519:
        raise Invalid(f"{path} is a witness's key; it signs no consent.", code="bad-key")
    return key


def read_policy(path: Path) -> Policy:
    """A policy file. Raises Invalid."""
    try:
        return parse_policy(read(path).decode("utf-8"))
    except (TlogError, UnicodeDecodeError) as error:
        raise Invalid(f"{path}: {error}.", code="bad-policy") from error


def write_key(path: Path, key: SignerKey) -> None:
    """Write a key file for its owner alone. Never over another file: a key that is lost is lost for ever."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(
            f"{path} is there already; a key is never written over.",
            mend="Choose another name.",
            code="exists",
        ) from error
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}.", code="unwritable") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{key.secret}\n")
        file.flush()
        os.fsync(file.fileno())


def hand_over(data: bytes, out: Path | None) -> None:
    """To the file, or to the screen byte for byte."""
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise Invalid(f"{out} cannot be written: {error.strerror}.", code="unwritable") from error
    typer.echo(f"Written to {out}", err=True)
