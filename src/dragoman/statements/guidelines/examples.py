"""Turns the `[[passes]]` and `[[fails]]` tables of a rule file into drafts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from dragoman.statements.guidelines.model import (
    ApprovalView,
    Draft,
    DraftText,
    ElectionWindow,
    Example,
    FactView,
    PartView,
    PictureView,
    RenditionView,
)

_ABOUT = {"shows", "words", "suggestion"}
_PLAIN = {field.name for field in dataclasses.fields(Draft)} - {
    "languages", "facts", "pictures", "renditions", "election_windows", "approvals",
}  # fmt: skip


def read_examples(passes: object, fails: object) -> tuple[Example, ...]:
    """The examples in file order. Raises ValueError with words fit for the rule's author."""
    return (*_read(passes, fails=False), *_read(fails, fails=True))


def _read(tables: object, *, fails: bool) -> list[Example]:
    name = "fails" if fails else "passes"
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError(f"examples are written as [[{name}]] tables")
    return [_example(table, f"[[{name}]] {number}", fails) for number, table in enumerate(tables, 1)]


def _example(table: Mapping[str, Any], place: str, fails: bool) -> Example:
    if not str(table.get("shows", "")).strip():
        raise ValueError(f"{place} lacks shows = “what this example shows”")
    try:
        draft = draft_from({key: value for key, value in table.items() if key not in _ABOUT})
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise ValueError(f"{place} cannot be read: {error}") from error
    return Example(
        shows=table["shows"],
        fails=fails,
        draft=draft,
        words=table.get("words"),
        suggestion=table.get("suggestion"),
    )


def draft_from(table: Mapping[str, Any]) -> Draft:
    """A draft from a plain table; what is left out takes the default of `Draft`."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in _READERS:
            name, read = _READERS[key]
            values[name] = read(value)
        elif key in _PLAIN:
            values[key] = tuple(value) if isinstance(value, list) else value
        else:
            raise ValueError(f"a draft has no “{key}”; known: {', '.join(sorted({*_PLAIN, *_READERS}))}")
    return Draft(**values)


def _texts(table: Mapping[str, Mapping[str, str]]) -> tuple[DraftText, ...]:
    return tuple(DraftText(lang=lang, **fields) for lang, fields in table.items())


def _facts(tables: Sequence[Mapping[str, Any]]) -> tuple[FactView, ...]:
    return tuple(
        FactView(
            **cast("dict[str, Any]", {k: _day(v) if k.startswith("valid_") else v for k, v in table.items()})
        )
        for table in tables
    )


def _day(value: object) -> object:
    # a TOML date-time is a date too; the rule asks for the day
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def _many(kind: Callable[..., Any]) -> Callable[[Sequence[Mapping[str, Any]]], tuple[Any, ...]]:
    def read(tables: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        return tuple(
            kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})
            for table in tables
        )

    return read


def _renditions(tables: Sequence[Mapping[str, Any]]) -> tuple[RenditionView, ...]:
    return tuple(
        RenditionView(
            channel=table["channel"],
            kind=table.get("kind", "sandbox"),
            lang=table["lang"],
            parts=tuple(
                PartView(count=part["count"], limit=part.get("limit"), unit=part.get("unit", "characters"))
                for part in table["parts"]
            ),
        )
        for table in tables
    )


_READERS: dict[str, tuple[str, Callable[[Any], tuple[Any, ...]]]] = {
    "texts": ("languages", _texts),
    "facts": ("facts", _facts),
    "pictures": ("pictures", _many(PictureView)),
    "renditions": ("renditions", _renditions),
    "election_windows": ("election_windows", _many(ElectionWindow)),
    "approvals": ("approvals", _many(ApprovalView)),
}
