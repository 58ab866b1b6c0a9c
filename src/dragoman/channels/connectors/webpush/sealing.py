"""Encryption for one browser (RFC 8291), by pywebpush. Its own sending is not used: it knows no door.

Loaded when the first notice goes out and not before: the library brings two HTTP clients with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from pywebpush import WebPusher  # type: ignore[import-untyped]  # the library brings no types


def seal(payload: bytes, address: Mapping[str, str]) -> bytes:
    """The body of a push message for this browser alone. ValueError when its keys are not keys."""
    keys = {"p256dh": address["p256dh"], "auth": address["auth"]}
    pusher = WebPusher({"endpoint": address["endpoint"], "keys": keys})
    return bytes(pusher.encode(payload, content_encoding="aes128gcm")["body"])
