"""What the environment says to the live stream. Names as in `dragoman.config.env`, without its libraries."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dragoman.lib.postgres import server as embedded


@dataclass(frozen=True, slots=True)
class Settings:
    """docs/settings.md says what each is for."""

    database: str
    host: str
    port: int
    public_origin: str
    readers: int = 10_000
    per_address: int = 200
    processes: int = 1
    ping: int = 20
    proxies: int = 0
    proxy_protocol: bool = False
    certificate: Path | None = None
    key: Path | None = None


def from_environment() -> Settings:
    """Raises ValueError that names every wrong variable."""
    wrong: list[str] = []

    def number(name: str, default: int, least: int, most: int) -> int:
        given = os.environ.get(name) or str(default)
        if given.isdecimal() and least <= int(given) <= most:
            return int(given)
        wrong.append(f"{name}={given!r} must be a number from {least} to {most}")
        return default

    def file(name: str) -> Path | None:
        given = os.environ.get(name)
        if given and not Path(given).is_file():
            wrong.append(f"{name}={given!r} must be a file that can be read")
        return Path(given) if given else None

    public_port = number("DRAGOMAN_PUBLIC_PORT", 8000, 1, 65535)
    public = urlsplit(os.environ.get("DRAGOMAN_PUBLIC_URL") or f"http://localhost:{public_port}")
    settings = Settings(
        database=os.environ.get("DATABASE_URL") or _embedded(),
        host=os.environ.get("DRAGOMAN_LIVE_HOST") or "127.0.0.1",
        port=number("DRAGOMAN_LIVE_PORT", 8002, 1, 65535),
        public_origin=f"{public.scheme}://{public.netloc}",
        readers=number("DRAGOMAN_LIVE_READERS", 10_000, 1, 1_000_000),
        per_address=number("DRAGOMAN_LIVE_PER_ADDRESS", 200, 0, 1_000_000),
        processes=number("DRAGOMAN_LIVE_PROCESSES", 1, 1, 64),
        ping=number("DRAGOMAN_LIVE_PING_SECONDS", 20, 0, 3600),
        proxies=number("DRAGOMAN_LIVE_TRUSTED_PROXIES", 0, 0, 9),
        proxy_protocol=number("DRAGOMAN_LIVE_PROXY_PROTOCOL", 0, 0, 1) == 1,
        certificate=file("DRAGOMAN_LIVE_TLS_CERT"),
        key=file("DRAGOMAN_LIVE_TLS_KEY"),
    )
    if bool(settings.certificate) != bool(settings.key):
        wrong.append("DRAGOMAN_LIVE_TLS_CERT and DRAGOMAN_LIVE_TLS_KEY are given together or not at all")
    if wrong:
        raise ValueError("; ".join(wrong))
    return settings


def _embedded() -> str:
    """The address of the embedded database; it is started by whoever supervises, not here."""
    return embedded.url(Path(os.environ.get("DRAGOMAN_HOME") or "var").expanduser().absolute())
