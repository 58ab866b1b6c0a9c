"""The record's keys and its policy file. Keys are made on first run and readable by their owner only.

Every key file `record-<id>.key` in the keys folder signs each head, so that a new key can be introduced while
the old one still vouches for it; a retired key is moved out of reach of the signer (docs/record-keys.md).
"""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from dragoman.lib.files import make_folder, write_atomic
from dragoman.lib.problems import Conflict, Invalid, NotFound, Unavailable
from dragoman.lib.tlog import note, policy
from dragoman.lib.tlog.errors import Malformed
from dragoman.record import store


def folder() -> Path:
    """Where keys are kept."""
    return Path(settings.DRAGOMAN.keys_dir)


def policy_path() -> Path:
    """Whom this record's readers are asked to trust: its keys, its witnesses, and the quorum."""
    return Path(settings.DRAGOMAN.home) / "policy.txt"


def signing() -> list[note.SignerKey]:
    """The keys that sign, in the order of their ids; empty before the first run. Raises Unavailable for a
    damaged file, one that others may read, or keys of two names."""
    keys = [_read(path) for path in sorted(folder().glob("record-*.key"))]
    if len({key.name for key in keys}) > 1:
        names = ", ".join(sorted({key.name for key in keys}))
        raise Unavailable(
            f"The keys folder holds keys of more than one record: {names}.",
            mend="Move the keys that are not this record's out of the folder.",
            code="record-keys",
        )
    return keys


def origin() -> str:
    """The name of this record: that of its keys, or of the keys that the first run will make.

    It is fixed with the first key; a later change of the public address does not change it.
    """
    keys = signing()
    if keys:
        return keys[0].name
    return f"{urlsplit(settings.DRAGOMAN.public_url).hostname or 'localhost'}/record"


def make() -> note.SignerKey:
    """Make a key for this record and keep it. It signs from now on, beside those that are there."""
    key = note.SignerKey.make(origin())
    make_folder(folder(), mode=0o700)
    folder().chmod(0o700)
    write_atomic(_path(key.verifier), f"{key.secret}\n".encode(), mode=0o600)
    return key


def retire(key_id: str) -> Path:
    """Move a key to the folder `retired`, where it signs no more. Raises NotFound, or Conflict for the
    last one."""
    keys = signing()
    key = next((one for one in keys if one.verifier.key_id.hex() == key_id), None)
    if key is None:
        raise NotFound(f"No signing key has the id {key_id}.", mend="See `dragoman record keys`.")
    if len(keys) == 1:
        raise Conflict(
            f"{key_id} is the only key of the record, so it cannot be retired.",
            mend="Make the next key first and publish it: `dragoman record keys --new`.",
            code="last-key",
        )
    place = folder() / "retired"
    make_folder(place, mode=0o700)
    return _path(key.verifier).rename(place / _path(key.verifier).name)


def trust() -> policy.Policy:
    """The policy of this record: the keys that sign, and the witnesses and quorum of `policy.txt`.

    Raises Invalid with the line when the file cannot be read as a policy.
    """
    text = policy_path().read_text("utf-8") if policy_path().exists() else ""
    logs = tuple(policy.Log(key.verifier, address()) for key in signing())
    if not text:
        return policy.Policy(logs)
    try:
        read = policy.parse(text)
    except Malformed as error:
        raise Invalid(
            f"{policy_path().name}: {error}.",
            mend=f"Mend that line in {policy_path()}; the format is c2sp.org/tlog-policy.",
            code="record-policy",
        ) from error
    return policy.Policy(logs, read.witnesses, read.groups, read.quorum)


def write_policy(wanted: policy.Policy) -> None:
    """Put another policy in place; `settle_policy` then publishes it. Comments in the file are not kept."""
    write_atomic(policy_path(), str(wanted).encode())


def settle_policy() -> policy.Policy:
    """Bring `policy.txt` and its public copy up to the keys. Called under the record's lock."""
    current = trust()
    data = str(current).encode()
    if not policy_path().exists() or _said(policy_path()) != _said_in(data.decode()):
        write_atomic(policy_path(), data)
    store.keep(store.POLICY, data)
    return current


def address() -> str:
    """Where the record's files are served."""
    return f"{settings.DRAGOMAN.public_url}/record"


def _said(path: Path) -> list[str]:
    return _said_in(path.read_text("utf-8"))


def _said_in(text: str) -> list[str]:
    # Comments and spacing are the reader's own and no reason to write the file anew; nor is an address.
    lines = [line.split() for line in text.splitlines()]
    return [
        " ".join(words[: 2 if words[0] == "log" else None]) for words in lines if words and words[0][0] != "#"
    ]


def _path(key: note.VerifierKey) -> Path:
    return folder() / f"record-{key.key_id.hex()}.key"


def _read(path: Path) -> note.SignerKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise Unavailable(
            f"The key file {path.name} can be read by others (mode {mode:o}).",
            mend=f"If nobody else had access: chmod 600 {path}. Otherwise make a new key "
            "(docs/record-keys.md).",
            code="record-keys",
        )
    try:
        return note.SignerKey.parse(path.read_text("ascii"))
    except (Malformed, UnicodeDecodeError) as error:
        raise Unavailable(
            f"The key file {path.name} is damaged.",
            mend="Put it back from the backup of the keys folder.",
            code="record-keys",
        ) from error
