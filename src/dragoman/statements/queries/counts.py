"""Lengths and previews of what is being written, before it is saved: by the code that sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.channels import queries as channels
from dragoman.statements.models import Revision, Text
from dragoman.statements.queries import renditions
from dragoman.statements.queries.renditions import Shown


@dataclass(frozen=True)
class Typed:
    """One language as it stands in the editor."""

    title: str
    summary: str
    body: str


def as_typed(revision: Revision, given: Mapping[str, Typed]) -> tuple[list[Text], list[Shown]]:
    """The texts as they stand in the editor, and every rendition of those languages. Writes nothing."""
    texts = []
    for text in revision.texts.all():
        typed = given.get(text.lang)
        if typed is not None:
            text.title, text.summary, text.body = typed.title, typed.summary, typed.body
        texts.append(text)
    pictures, videos = renditions.media_of(revision), renditions.videos_of(revision)
    pieces = [
        renditions.piece_of(revision, text, pictures=pictures, videos=videos)
        for text in texts
        if text.lang in given
    ]
    shown = [
        Shown(channel=channel, lang=piece.lang, rendition=channels.render(channel, piece))
        for channel in revision.channels.order_by("id")
        for piece in pieces
        if channels.speaks(channel, piece.lang)
    ]
    return texts, shown
