"""One secret of the house from which marks are made: digests that nobody else can compute, and short tokens.

A digest of an e-mail address alone is no secret, for all addresses can be tried. A digest with this key is
one: whoever has the database and not the key file learns nothing from it. The key never changes, for what
was marked with it must be found again; the file is kept as the vault's are.
"""

import base64
import hmac
import os
import stat
import threading
import uuid
from pathlib import Path

from dragoman.lib.vault import VaultError

KEY_BYTES = 32
REF_BYTES = 16
MAC_BYTES = 16


class Pepper:
    """Makes marks with the key in one file, which is made on first use and readable by its owner alone."""

    def __init__(self, key_path: Path) -> None:
        self.key_path = key_path
        self._lock = threading.Lock()
        self._key = b""

    def __repr__(self) -> str:
        return f"Pepper({self.key_path.name!r})"

    def mark(self, purpose: str, *parts: str) -> str:
        """The digest of the parts for one purpose, in hexadecimal. Equal parts give equal marks."""
        return self._mac(purpose, parts).hex()

    def token(self, purpose: str, ref: uuid.UUID, *more: str) -> str:
        """A token that names `ref`, and that only we can make: 43 characters fit for an address."""
        raw = ref.bytes + self._mac(purpose, (ref.hex, *more))[:MAC_BYTES]
        return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")

    def fits(self, token: str, purpose: str, *more: str) -> bool:
        """Did we make this token for this purpose?"""
        ref = ref_of(token)
        return ref is not None and hmac.compare_digest(token, self.token(purpose, ref, *more))

    def tag(self, purpose: str, ref: uuid.UUID) -> str:
        """As `token`, in small letters and digits alone: 42 characters, fit for an e-mail address."""
        raw = ref.bytes + self._mac(purpose, (ref.hex,))[:10]
        return base64.b32encode(raw).decode("ascii").rstrip("=").lower()

    def ref_of_tag(self, tag: str, purpose: str) -> uuid.UUID | None:
        """What a tag names; None when we did not make it for this purpose."""
        text = tag.strip().upper()
        if not text.isascii() or len(text) != 42:
            return None
        try:
            raw = base64.b32decode(text + "======")
        except ValueError:
            return None
        ref = uuid.UUID(bytes=raw[:REF_BYTES])
        return ref if hmac.compare_digest(self.tag(purpose, ref), text.lower()) else None

    def _mac(self, purpose: str, parts: tuple[str, ...]) -> bytes:
        # Each part with its length before it: no two lists of parts give the same bytes.
        message = b"".join(
            len(part).to_bytes(4, "big") + part for part in (text.encode() for text in (purpose, *parts))
        )
        return hmac.digest(self._read(), message, "sha256")

    def _read(self) -> bytes:
        if not self._key:
            with self._lock:
                self._key = self._load()
        return self._key

    def _load(self) -> bytes:
        try:
            mode = self.key_path.stat().st_mode
        except FileNotFoundError:
            self._make()
            mode = self.key_path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise VaultError(f"{self.key_path.name} can be read by others. Run chmod 600 on it.")
        try:
            key = bytes.fromhex(self.key_path.read_text("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise VaultError(f"{self.key_path.name} does not hold a key. Put back a good copy of the file.")
        return key

    def _make(self) -> None:
        self.key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.key_path.with_name(f".{self.key_path.name}.{os.getpid()}.{threading.get_ident()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(os.urandom(KEY_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, self.key_path)  # fails where a rename would replace: the first key stands
        except FileExistsError:
            pass
        finally:
            fresh.unlink()


def ref_of(token: str) -> uuid.UUID | None:
    """What a token says that it names. Nothing is proved yet; None when it is not even one."""
    if not token.isascii() or len(token) != 43:
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=")
    except ValueError:
        return None
    return uuid.UUID(bytes=raw[:REF_BYTES]) if len(raw) == REF_BYTES + MAC_BYTES else None
