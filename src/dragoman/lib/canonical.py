"""Canonical JSON: one value has exactly one form in bytes, so that a digest of it means something.

The form is the subset of RFC 8785 (JCS) that needs no rule for floating point: objects with text keys
sorted by UTF-16 code units, arrays, text in NFC, integers of at most 53 bits, true, false and null;
no white space; UTF-8 without a byte-order mark.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping

LARGEST_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """The value, or the bytes, have no canonical form. The message says where and why."""


def dumps(value: object) -> bytes:
    """Return the canonical bytes of a plain value (dict, list, tuple, str, int, bool, None).

    Text is brought to NFC. Raises NotCanonical for a float, a date, a lone surrogate, an integer of
    more than 53 bits, a key that is not text, or two keys that become one in NFC.
    """
    text = json.dumps(_prepared(value, "$"), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def loads(data: bytes) -> object:
    """Read canonical bytes back. Raises NotCanonical when the bytes are not the canonical form of what
    they say: spare white space, unsorted or doubled keys, a float."""
    try:
        value: object = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise NotCanonical(f"not JSON in UTF-8: {error}") from error
    if dumps(value) != data:
        raise NotCanonical("JSON, but not in its canonical form")
    return value


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(dumps(value)).hexdigest()


def _prepared(value: object, where: str) -> object:
    match value:
        case None | bool():
            return value
        case str():
            return _text(value, where)
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise NotCanonical(f"{where}: the integer {value} needs more than 53 bits")
            return int(value)
        case list() | tuple():
            return [_prepared(item, f"{where}[{number}]") for number, item in enumerate(value)]
        case Mapping():
            return _object(value, where)
        case _:
            raise NotCanonical(f"{where}: {type(value).__name__} has no canonical form")


def _text(value: str, where: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{where}: the text holds a lone surrogate") from error
    return unicodedata.normalize("NFC", value)


def _object(value: Mapping[object, object], where: str) -> dict[str, object]:
    members: dict[str, object] = {}
    for raw, item in value.items():
        if not isinstance(raw, str):
            raise NotCanonical(f"{where}: the key {raw!r} is not text")
        key = _text(raw, where)
        if key in members:
            raise NotCanonical(f"{where}: the key {key!r} occurs twice")
        members[key] = _prepared(item, f"{where}.{key}")
    return dict(sorted(members.items(), key=_utf16))


def _utf16(member: tuple[str, object]) -> bytes:
    # RFC 8785 sorts by UTF-16 code units, which differs from code points above U+FFFF.
    return member[0].encode("utf-16-be")
