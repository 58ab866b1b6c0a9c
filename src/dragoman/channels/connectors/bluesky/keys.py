"""The names of our posts on the network, made from the delivery's key alone. Pure.

A record key is a TID: 64 bits as 13 characters, a zero bit, 53 bits of microseconds since 1970 and 10 bits
that tell clocks apart. Ours takes the second from the frozen moment of the post and everything below it from
a hash of the delivery's key, so that each attempt, on whatever machine, asks for the same record.
"""

import hashlib
from datetime import datetime

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def tid(value: int) -> str:
    """A 64-bit number as a TID."""
    if not 0 <= value < 1 << 63:
        raise ValueError("a TID holds 63 bits")
    return "".join(ALPHABET[(value >> shift) & 31] for shift in range(60, -1, -5))


def record_key(key: str, at: datetime, part: int) -> str:
    """The record key of one part (from 0) of the delivery `key`. Later parts sort after earlier ones."""
    digest = int.from_bytes(hashlib.sha256(f"dragoman/bluesky/{key}".encode()).digest()[:8], "big")
    micros = int(at.timestamp()) * 1_000_000 + (digest >> 10) % 999_000 + part
    return tid(micros << 10 | digest & 1023)
