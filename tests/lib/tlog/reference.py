"""A tree computed the naive way, straight from the definitions in RFC 6962, to compare with."""

import hashlib
from functools import cache


def entry(number: int) -> bytes:
    return f"entry {number}".encode() * (number % 3 + 1)


@cache
def leaf(number: int) -> bytes:
    return hashlib.sha256(b"\x00" + entry(number)).digest()


@cache
def mth(start: int, end: int) -> bytes:
    """MTH(D[start:end])."""
    if start == end:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return leaf(start)
    k = split(end - start)
    return hashlib.sha256(b"\x01" + mth(start, start + k) + mth(start + k, end)).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, start: int, end: int) -> list[bytes]:
    """PATH(m, D[start:end])."""
    if end - start == 1:
        return []
    k = split(end - start)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[start:end], whole)."""
    if m == end - start:
        return [] if whole else [mth(start, end)]
    k = split(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


def tile(level: int, number: int, width: int) -> bytes:
    """The tile's bytes from its definition: 256 hashes of 256^level leaves each."""
    span = 256**level
    first = number * 256
    return b"".join(mth((first + i) * span, (first + i + 1) * span) for i in range(width))
