"""How often a stranger may ask: counted in memory, by address, minute by minute. Nothing is written down.

Addresses are kept as digests under a key that dies with the process. Each process counts for itself; what
must hold across processes is counted in rows by the app that needs it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict

from django.conf import settings
from django.http import HttpRequest

from dragoman.lib.problems import TooMany

MOST_KEPT = 50_000
_KEY = secrets.token_bytes(32)
_lock = threading.Lock()
_counts: OrderedDict[bytes, tuple[int, int]] = OrderedDict()


def check(request: HttpRequest, name: str, *, a_minute: int) -> None:
    """Count one request of this name by this address; TooMany beyond `a_minute`. The whole minute counts."""
    _guard(_count(request, name, 1), a_minute)


def look(request: HttpRequest, name: str, *, a_minute: int) -> None:
    """TooMany where `check` has counted up to `a_minute` already; counts nothing itself."""
    _guard(_count(request, name, 0) + 1, a_minute)


def _count(request: HttpRequest, name: str, more: int) -> int:
    minute = int(time.time() // 60)
    key = hashlib.blake2b(f"{name} {whose(request)}".encode(), key=_KEY, digest_size=16).digest()
    with _lock:
        then, count = _counts.get(key, (minute, 0))
        count = (count if then == minute else 0) + more
        if more:
            _counts[key] = (minute, count)
            _counts.move_to_end(key)
        while len(_counts) > MOST_KEPT:
            _counts.popitem(last=False)
    return count


def _guard(count: int, a_minute: int) -> None:
    if count > a_minute:
        left = 60 - int(time.time() % 60)
        raise TooMany(
            "This address has asked too often in the last minute.",
            mend=f"Wait {left} seconds, and try again.",
        )


def whose(request: HttpRequest) -> str:
    """The address that a request is counted for: an IPv6 network of 64 bits counts as one.

    What our own proxies say is believed, counted from the nearest, and nobody else's word.
    """
    proxies = getattr(settings, "AUDIT_TRUSTED_PROXIES", settings.DRAGOMAN.trusted_proxies)
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    address = told[-proxies] if proxies and len(told) >= proxies else str(request.META.get("REMOTE_ADDR", ""))
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return address


def forget() -> None:
    """Begin to count anew. For tests."""
    with _lock:
        _counts.clear()
