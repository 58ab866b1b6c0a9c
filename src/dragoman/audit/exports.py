"""The audit as CSV and as JSON lines, a row at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from dragoman.audit import rules
from dragoman.audit.models import Event

COLUMNS = ("id", *Event.SAYS, "digest", "seq", "chain")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def as_csv(events: Iterable[Event]) -> Iterator[str]:
    """For a spreadsheet: no cell can run as a formula; `data` is JSON in one cell."""
    # Without the mark a spreadsheet takes the file for its own old encoding.
    yield BYTE_ORDER_MARK + _line(COLUMNS)
    for event in events:
        row = _row(event)
        yield _line(rules.safe_cell(_cell(row[column])) for column in COLUMNS)


def as_json_lines(events: Iterable[Event]) -> Iterator[str]:
    """For a program, and for whoever checks the chain: each line has all that the digest covers."""
    for event in events:
        yield json.dumps(_row(event), ensure_ascii=False) + "\n"


def _row(event: Event) -> dict[str, Any]:
    link = getattr(event, "link", None)
    return {
        "id": event.pk,
        **rules.plain(event.says()),
        "digest": event.digest,
        "seq": link.seq if link else None,
        "chain": link.hash if link else None,
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
