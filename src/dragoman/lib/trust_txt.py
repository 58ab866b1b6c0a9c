"""trust.txt: a plain list of who belongs to whom, for programs that judge sites. Pure.

The format is that of JournalList (journallist.net, specification 1.2 and the additions of 2024) and of the
Internet-Draft draft-org-trust-relationship-protocol: lines `attribute=value`, comments after `#`, values that
are addresses; the file stands at `/trust.txt` and at `/.well-known/trust.txt`.
"""

from __future__ import annotations

from collections.abc import Iterable

ATTRIBUTES = (
    "member",
    "belongto",
    "control",
    "controlledby",
    "social",
    "vendor",
    "customer",
    "disclosure",
    "contact",
    "datatrainingallowed",
)
MOST = 2000


def parse(text: str) -> tuple[tuple[str, str], ...]:
    """The lines that are understood, in their order; whatever else stands there is passed over."""
    rows = []
    for line in text.removeprefix("\ufeff").splitlines()[:MOST]:
        word, sign, value = line.partition("#")[0].strip().partition("=")
        word, value = word.strip().lower(), value.strip()
        if sign and value and word in ATTRIBUTES:
            rows.append((word, value))
    return tuple(rows)


def dumps(rows: Iterable[tuple[str, str]], *, head: str = "") -> str:
    """The file. A value that would break the line is left out: it could say something else."""
    lines = [f"# {line}" for line in head.splitlines()]
    for word, value in rows:
        if (
            word in ATTRIBUTES
            and value
            and not any(mark in value for mark in "\r\n#")
            and value.isprintable()
        ):
            lines.append(f"{word}={value}")
    return "\n".join(lines) + "\n"
