"""Forms with files, as RFC 7578 has them (`multipart/form-data`)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class File:
    """One file of a form."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


def encode(fields: Mapping[str, str], files: Mapping[str, File]) -> tuple[str, bytes]:
    """The content type and the body. The same form gives the same bytes every time."""
    boundary = "part-" + _digest(fields, files)
    out = bytearray()
    for name, value in fields.items():
        out += _head(boundary, name) + b"\r\n\r\n" + value.encode() + b"\r\n"
    for name, file in files.items():
        out += _head(boundary, name) + f'; filename="{_quoted(file.name)}"\r\n'.encode()
        out += f"Content-Type: {_line(file.media_type)}\r\n\r\n".encode() + file.data + b"\r\n"
    out += f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", bytes(out)


def _head(boundary: str, name: str) -> bytes:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'.encode()


def _quoted(name: str) -> str:
    """As RFC 7578, section 2 and the WHATWG's URL standard have it: three signs are escaped."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _line(value: str) -> str:
    return value.replace("\r", "").replace("\n", "")


def _digest(fields: Mapping[str, str], files: Mapping[str, File]) -> str:
    # A digest of all that is inside cannot stand inside, so the boundary never ends a part too early.
    seen = hashlib.sha256()
    for value in [*fields.values(), *fields]:
        seen.update(value.encode() + b"\0")
    for file in files.values():
        seen.update(file.data)
    return seen.hexdigest()[:40]
