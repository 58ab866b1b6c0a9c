"""Where `dragoman verify` reads a record from: a folder, or a site over HTTP.

Standard library only: it starts fast, and a verifier should lean on little.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from dragoman.record.verification import Unreadable

PATIENCE = 20
LARGEST = 64_000_000


class Folder:
    """A record in a folder: the folder itself, or its `record`, or `public/record`."""

    def __init__(self, place: str) -> None:
        root = Path(place).expanduser()
        if not root.is_dir():
            raise Unreadable(f"there is no folder {place}")
        tried = [root, root / "record", root / "public" / "record"]
        self._root = next((one for one in tried if (one / "checkpoint").is_file()), root)
        self.pin = ""

    def read(self, path: str) -> bytes:
        """The bytes of a file of the record."""
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise Unreadable(f"{self._root / path}: {error.strerror}") from error

    def beside(self, path: str) -> bytes:
        """The bytes of a file of the site that the record is on, such as `/accounts.json`."""
        try:
            return (self._root.parent / path.lstrip("/")).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}") from error


class Site:
    """A record on a site: the address itself, its `record`, or `/record` of the whole site."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if not parts.hostname:
            raise Unreadable(f"{address} is not an address of a site")
        self._origin, self._https, self._netloc = parts.hostname, parts.scheme == "https", parts.netloc
        self._port = parts.port
        self._link: http.client.HTTPConnection | None = None
        # A pin is for the site that was asked, so that it cannot choose another pin by the name it claims.
        self.pin = parts.netloc.rpartition("@")[2]
        self._base = self._find(parts.path.rstrip("/"))

    def read(self, path: str) -> bytes:
        """The bytes of a file of the record. A 404 or 410 is an absent file; all else is not knowing."""
        status, data = self._get(f"{self._base}/{quote(path)}")
        if status in (404, 410):
            raise FileNotFoundError(path)
        if status != 200:
            raise Unreadable(f"{self._netloc} answered {status} for {self._base}/{path}")
        return data

    def beside(self, path: str) -> bytes:
        """The bytes of a file of the site that the record is on, such as `/accounts.json`."""
        status, data = self._get(quote(path))
        if status in (404, 410):
            raise FileNotFoundError(path)
        if status != 200:
            raise Unreadable(f"{self._netloc} answered {status} for {path}")
        return data

    def _find(self, path: str) -> str:
        for base in dict.fromkeys([path, f"{path}/record", "/record"]):
            if self._get(f"{base}/checkpoint")[0] == 200:
                return base
        return path

    def _get(self, path: str) -> tuple[int, bytes]:
        for again in (True, False):
            try:
                return self._once(path)
            except (http.client.HTTPException, ConnectionResetError, BrokenPipeError) as error:
                # A server may close a connection that it kept; a fresh one tells whether it is really gone.
                self._link = None
                if not again:
                    raise Unreadable(f"{self._netloc}: {type(error).__name__}") from error
            except OSError as error:
                raise Unreadable(f"{self._netloc}: {error.strerror or error}") from error
        raise AssertionError

    def _once(self, path: str) -> tuple[int, bytes]:
        if self._link is None:
            self._link = self._connect()
        self._link.request(
            "GET", path, headers={"user-agent": "dragoman-verify", "accept-encoding": "identity"}
        )
        answer = self._link.getresponse()
        data = answer.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise Unreadable(f"{self._netloc}{path} is longer than {LARGEST:,} bytes")
        return answer.status, data

    def _connect(self) -> http.client.HTTPConnection:
        if self._https:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._origin, self._port, timeout=PATIENCE, context=context)
        return http.client.HTTPConnection(self._origin, self._port, timeout=PATIENCE)


def source(place: str) -> Folder | Site:
    """What to read from: an address that begins with http:// or https://, else a folder."""
    if place.startswith(("http://", "https://")):
        return Site(place)
    return Folder(place)


def pin_names(reader: Folder | Site) -> Iterator[str]:
    """Under which names a policy for this record may be pinned, the surest first."""
    if reader.pin:
        yield reader.pin
        return
    try:
        yield reader.read("checkpoint").split(b"\n", 1)[0].decode("utf-8", "replace")
    except FileNotFoundError:
        raise Unreadable("there is no record here: it has no file `checkpoint`") from None
