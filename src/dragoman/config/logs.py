"""Logs: one line for each deed, JSON unless a person watches, no secrets."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "(hidden)"
SECRET_NAME = re.compile(
    r"passw|secret|token|api_?key|private|credential|authorization|cookie|database_url|otp|recovery", re.I
)
# A password inside an address, and the bearer of a request.
SECRET_TEXT = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+(?=@)|(?<=Bearer )[\w.~+/=-]+", re.I)


def scrub(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Last step before a line is written: nothing that looks like a secret leaves the process."""
    return {name: _scrubbed(name, value) for name, value in event.items()}


def _scrubbed(name: str, value: Any) -> Any:
    if SECRET_NAME.search(name) and not isinstance(value, bool | int | float | None):
        return HIDDEN
    if isinstance(value, str):
        return SECRET_TEXT.sub(
            lambda found: f"{found[1]}:{HIDDEN}" if found[1] is not None else HIDDEN, value
        )
    if isinstance(value, dict):
        return {key: _scrubbed(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(name, item) for item in value]
    return value


def set_up(form: str = "auto", stream: TextIO | None = None) -> None:
    """Both structlog's lines and the standard library's go the same way. Called once per process."""
    target = stream or sys.stderr
    pretty = form == "console" or (form == "auto" and target.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=target.isatty())]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, scrub, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Their news are ours already, or are of no use to whoever runs the desk.
    for name in ("procrastinate", "django.request", "httpx", "httpcore", "asyncio", "granian"):
        logging.getLogger(name).setLevel(logging.WARNING)
