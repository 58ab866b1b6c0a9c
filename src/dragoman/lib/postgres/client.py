"""PostgreSQL's client programs against an address, its password kept out of the process list."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

KNOWN = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def environment(url: str, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The address as libpq's variables, added to `base` (else our own environment, without its PG names)."""
    parts = urlsplit(url)
    told = {
        "host": parts.hostname or "",
        "port": str(parts.port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path.lstrip("/")),
    }
    told |= {name: values[0] for name, values in parse_qs(parts.query).items() if name in KNOWN}
    start = base if base is not None else os.environ
    kept = {
        name: value for name, value in start.items() if not name.startswith("PG") and name != "DATABASE_URL"
    }
    return {**kept, **{KNOWN[name]: value for name, value in told.items() if value}}
