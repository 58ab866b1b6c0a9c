"""Reading a log's files and what witnesses show, over HTTP: bounded in time and size, nothing to install."""

import http.client
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from dragoman.lib.tlog import note, witness
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.witnessing import gossip
from dragoman.lib.witnessing.gossip import Told

LARGEST = 5_000_000
PATIENCE = 10.0
AT_ONCE = 8
CHUNK = 65_536


class Silent(Exception):
    """It could not be asked, so nothing is known of it. The message says why."""


@dataclass(frozen=True)
class Asked:
    """What witnesses told, and which of them could not be asked, with why."""

    told: tuple[Told, ...]
    silent: Mapping[str, str]


def get(url: str, *, largest: int = LARGEST, seconds: float = PATIENCE) -> bytes | None:
    """The bytes at an address, or None when there is nothing (404, 410). Follows no redirect.

    Raises Silent for all else, and when it takes longer than `seconds` or is longer than `largest`.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Silent(f"{url} is not an address that begins with https://")
    ends = time.monotonic() + seconds
    link = _link(parts.scheme, parts.hostname, parts.port, seconds)
    try:
        link.request(
            "GET", parts.path or "/", headers={"user-agent": "dragoman", "accept-encoding": "identity"}
        )
        answer = link.getresponse()
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise Silent(f"{parts.netloc} answered {answer.status}")
        return _whole(answer, parts.netloc, largest, ends)
    except http.client.HTTPException as error:
        raise Silent(f"{parts.netloc}: {type(error).__name__}") from error
    except OSError as error:
        raise Silent(f"{parts.netloc}: {error.strerror or error}") from error
    finally:
        link.close()


def reader(url: str) -> Callable[[str], bytes]:
    """A function that reads the files of the log at this address. It raises FileNotFoundError for a file
    that is not served, Silent when that cannot be known."""
    base = url.rstrip("/")

    def read(path: str) -> bytes:
        data = get(f"{base}/{quote(path)}")
        if data is None:
            raise FileNotFoundError(path)
        return data

    return read


def told_by(addresses: Mapping[str, str], origin: str, keys: Sequence[note.VerifierKey]) -> Asked:
    """What these witnesses (name -> address) tell of the heads they saw of a log, all asked at once.

    One that shows no list of what it saw is asked for its last head alone, as every tlog-witness shows it.
    """
    told: list[Told] = []
    silent: dict[str, str] = {}
    with ThreadPoolExecutor(AT_ONCE, "witnesses") as pool:
        asked = {name: pool.submit(_told, name, url, origin, keys) for name, url in addresses.items()}
        for name, work in asked.items():
            try:
                told += work.result()
            except Silent as error:
                silent[name] = str(error)
    return Asked(tuple(told), silent)


def _told(name: str, url: str, origin: str, keys: Sequence[note.VerifierKey]) -> list[Told]:
    head = f"{url.rstrip('/')}/{witness.head_path(origin)}"
    found: list[Told] = []
    for address in (f"{head.removesuffix('checkpoint')}seen", head):
        data = get(address)
        if data is None:
            continue
        try:
            found += gossip.parse(data, name, keys)
        except TlogError as error:
            raise Silent(f"what it shows cannot be read: {error}") from error
    if not found:
        raise Silent("it shows no head of this log")
    return found


def _link(scheme: str, host: str, port: int | None, seconds: float) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, port, timeout=seconds)


def _whole(answer: http.client.HTTPResponse, where: str, largest: int, ends: float) -> bytes:
    data = b""
    while piece := answer.read1(CHUNK):
        data += piece
        if len(data) > largest:
            raise Silent(f"{where} answers with more than {largest:,} bytes")
        if time.monotonic() > ends:
            raise Silent(f"{where} takes longer than it may")
    return data
