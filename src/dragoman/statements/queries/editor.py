"""What the editor's page shows: two languages paragraph by paragraph, lengths, previews, findings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from dragoman.channels.connector import Part, Rendition
from dragoman.channels.models import Channel
from dragoman.lib import markdown
from dragoman.lib.text import measures
from dragoman.statements.guidelines import blocks
from dragoman.statements.models import Revision, Text
from dragoman.statements.queries import renditions

LIST_ITEM = re.compile(r"[ \t]*(?:[-*+][ \t]|\d{1,4}[.)][ \t])")


@dataclass(frozen=True)
class Pair:
    """One paragraph in both languages; either may be empty."""

    number: int
    left: str
    right: str


def pairs(left: str, right: str) -> list[Pair]:
    """Cut as the guidelines count paragraphs. There is always at least one: a place to write."""
    lefts = [block.text for block in blocks.cut(left)]
    rights = [block.text for block in blocks.cut(right)]
    both = list(zip_longest(lefts, rights, fillvalue="")) or [("", "")]
    return [Pair(number, one, other) for number, (one, other) in enumerate(both, 1)]


def join(paragraphs: Sequence[str]) -> str:
    """The body again: a blank line between paragraphs, none between the items of one list."""
    body = ""
    before = ""
    for paragraph in (part.strip("\n").rstrip() for part in paragraphs):
        if not paragraph.strip():
            continue
        tight = LIST_ITEM.match(paragraph) and LIST_ITEM.match(before)
        body += ("\n" if tight else "\n\n" if body else "") + paragraph
        before = paragraph.splitlines()[-1]
    return body


@dataclass(frozen=True)
class Length:
    """How much of a channel one language takes."""

    lang: str
    parts: tuple[Part, ...]
    spoken: bool = True

    @property
    def count(self) -> int:
        return max((part.count for part in self.parts), default=0)

    @property
    def limit(self) -> int:
        return self.parts[0].limit if self.parts else 0

    @property
    def over(self) -> bool:
        return any(part.over for part in self.parts)


@dataclass(frozen=True)
class Lengths:
    """One channel's line in the table of lengths."""

    channel: Channel
    unit: str
    cells: tuple[Length, ...]

    @property
    def over(self) -> bool:
        return any(cell.over for cell in self.cells)

    @property
    def most_parts(self) -> int:
        return max((len(cell.parts) for cell in self.cells), default=0)


@dataclass(frozen=True)
class Preview:
    """What readers will see in one language, and the channels that show exactly this."""

    labels: tuple[str, ...]
    rendition: Rendition

    @property
    def label(self) -> str:
        return ", ".join(self.labels)


@dataclass(frozen=True)
class Status:
    """How far one language is beside the source."""

    lang: str
    source: bool
    paragraphs: int
    missing: tuple[str, ...] = field(default=())

    @property
    def complete(self) -> bool:
        return not self.missing


def lengths(shown: Sequence[renditions.Shown], langs: Sequence[str]) -> list[Lengths]:
    """A line for each channel, a cell for each of these languages."""
    channels = {item.channel.pk: item.channel for item in shown}
    parts = {(item.channel.pk, item.lang): item.rendition.parts for item in shown}
    lines = []
    for pk, channel in channels.items():
        cells = tuple(Length(lang, parts.get((pk, lang), ()), (pk, lang) in parts) for lang in langs)
        unit = next((part.unit for cell in cells for part in cell.parts), "")
        lines.append(Lengths(channel, unit, cells))
    return lines


def previews(shown: Sequence[renditions.Shown], lang: str) -> list[Preview]:
    """Every channel in one language; those that show the same stand together."""
    found: list[tuple[Rendition, list[str]]] = []
    for item in shown:
        if item.lang != lang:
            continue
        labels = next((labels for rendition, labels in found if rendition == item.rendition), None)
        if labels is None:
            found.append((item.rendition, [item.channel.label]))
        else:
            labels.append(item.channel.label)
    return [Preview(tuple(labels), rendition) for rendition, labels in found]


def page_html(text: Text, sheet: str) -> str:
    """The body as the own page will show it; citations lead to the facts on the desk."""

    def address(cite: str) -> str:
        slug, slash, number = cite.rpartition("/")
        return f"/facts/{slug if slash else sheet}/{number}/" if slash or sheet else f"#{number}"

    return str(markdown.to_html(text.body, fact_url=address))


def words_in(text: Text) -> int:
    """How long it is on the own page, which has no limit."""
    return measures.words(f"{text.title} {text.summary} {markdown.to_plain(text.body)}")


def statuses(revision: Revision, texts: Sequence[Text]) -> list[Status]:
    """Each language beside the source: what is missing in it, the source first."""
    source = next((text for text in texts if text.lang == revision.statement.source_language), None)
    wanted = len(blocks.cut(source.body)) if source else 0
    found = []
    for text in texts:
        have = len(blocks.cut(text.body))
        missing = [] if text.title.strip() else ["title"]
        if source and source.summary.strip() and not text.summary.strip():
            missing.append("summary")
        if have < wanted:
            missing.append(f"¶{have + 1}" if have + 1 == wanted else f"¶{have + 1} to ¶{wanted}")
        found.append(Status(text.lang, text is source, have, tuple(missing)))
    return sorted(found, key=lambda status: (not status.source, status.lang))
