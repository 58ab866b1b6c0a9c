"""What no text may hold, whatever its language."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.lib.text.controls import find_controls
from dragoman.statements.guidelines.model import FIELDS, Hit, Rule
from dragoman.statements.guidelines.reading import Reading


def hidden_characters(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """CTL-1: no character that cannot be seen and changes what is read, or how it is ordered."""
    for text in reading.draft.languages:
        for field in FIELDS:
            words: str = getattr(text, field)
            for control in find_controls(words):
                block = next(
                    (
                        b.number
                        for b in reading.blocks(text)
                        if b.start <= control.start < b.start + len(b.text)
                    ),
                    None,
                )
                around = (
                    words[max(0, control.start - 12) : control.start]
                    + "▯"
                    + words[control.end : control.end + 12]
                )
                yield Hit(
                    words=f"{control.name} in “{around.strip()}”",
                    lang=text.lang,
                    field=field,
                    paragraph=block if field == "body" else None,
                    start=control.start,
                    end=control.end,
                    why=f"Character {control.start + 1} is {control.name} ({control.code}). {control.why}",
                )
