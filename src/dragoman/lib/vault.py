"""A place for secrets that lie in the database: sealed with a key that does not.

The key file holds one key per line, the newest first. Sealing uses the newest, opening tries them all, so a
rotation is: `rotate()`, seal everything again with `renew()`, then `forget_old()`.
"""

import json
import os
import stat
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class VaultError(Exception):
    """The vault cannot do what was asked. The text says why and how to mend it, and holds no secret."""


class Vault:
    """Seals and opens small JSON objects with the keys in one file.

    The file is made on first use, readable by its owner alone. A file that others can read is refused:
    the key must be thought of as known, and a person has to decide what to do about it.
    """

    def __init__(self, key_path: Path) -> None:
        self.key_path = key_path
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, int], MultiFernet] | None = None

    def __repr__(self) -> str:
        return f"Vault({self.key_path.name!r})"

    def seal(self, value: Mapping[str, Any]) -> str:
        """The object as an unreadable text. Two seals of one object differ."""
        return self._fernet().encrypt(json.dumps(dict(value)).encode()).decode("ascii")

    def open(self, sealed: str) -> dict[str, Any]:
        """The object back. An empty text is an empty object. `VaultError` when no key fits."""
        return self._open(self._fernet(), sealed) if sealed else {}

    def open_many(self, sealed: Iterable[str]) -> list[dict[str, Any]]:
        """As `open` for each, with one look at the key file."""
        fernet = self._fernet()
        return [self._open(fernet, one) if one else {} for one in sealed]

    def _open(self, fernet: MultiFernet, sealed: str) -> dict[str, Any]:
        try:
            value = json.loads(fernet.decrypt(sealed.encode("ascii", "replace")))
        except InvalidToken:
            raise VaultError(
                f"A stored secret cannot be opened with the keys in {self.key_path.name}. "
                "Put back the key file that belongs to this database, or enter the secret again."
            ) from None
        if not isinstance(value, dict):
            raise VaultError("A stored secret is not what was sealed. Enter it again.")
        return value

    def renew(self, sealed: str) -> str:
        """The same secret sealed with the newest key."""
        return self.seal(self.open(sealed)) if sealed else sealed

    def rotate(self) -> None:
        """Put a new key in front. What was sealed before can still be opened."""
        with self._lock:
            keys = self._keys()
            self._write([Fernet.generate_key(), *keys])

    def forget_old(self) -> None:
        """Keep the newest key only. Never before everything was renewed."""
        with self._lock:
            self._write(self._keys()[:1])

    def _fernet(self) -> MultiFernet:
        with self._lock:
            keys = self._keys()
            found = self.key_path.stat()
            mark = (found.st_ino, found.st_mtime_ns)
            if self._read is None or self._read[0] != mark:
                try:
                    self._read = (mark, MultiFernet([Fernet(key) for key in keys]))
                except ValueError:
                    raise VaultError(
                        f"{self.key_path.name} does not hold keys. Put back a good copy of the file."
                    ) from None
            return self._read[1]

    def _keys(self) -> list[bytes]:
        try:
            mode = self.key_path.stat().st_mode
        except FileNotFoundError:
            return self._make()
        if stat.S_IMODE(mode) & 0o077:
            raise VaultError(
                f"{self.key_path.name} can be read by others. Run chmod 600 on it, and rotate the key if it "
                "may have been seen."
            )
        keys = self.key_path.read_bytes().split()
        if not keys:
            raise VaultError(f"{self.key_path.name} is empty. Put back a good copy of the file.")
        return keys

    def _make(self) -> list[bytes]:
        self.key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._beside(Fernet.generate_key() + b"\n")
        try:
            # A link fails where a rename would replace: of two processes that start at once, one wins
            # and the other uses the winner's key.
            os.link(fresh, self.key_path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return self.key_path.read_bytes().split()

    def _write(self, keys: list[bytes]) -> None:
        self._beside(b"\n".join(keys) + b"\n").replace(self.key_path)

    def _beside(self, data: bytes) -> Path:
        name = f".{self.key_path.name}.{os.getpid()}.{threading.get_ident()}"
        path = self.key_path.with_name(name)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return path
