"""A text as a notice: its title, the summary or the first sentences, and our own page behind a press.

Counted as the wire counts: a push service must take 4096 bytes (RFC 8030, 7.2), of which encryption needs 103
(RFC 8188, 2.1, RFC 8291, 4). What a screen shows of a notice is less, and differs; some 40 characters of the
title and 120 of the text are safe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dragoman.channels import wording
from dragoman.channels.connector import Part, Piece, Post, Rendition

BYTES = 4096 - 103
TITLE = 120
TEXT = 300
ADDRESS = 1000  # bytes kept free for the address, the tag and the form around them
SENTENCE = re.compile(r"(?<=[.!?。！？؟])\s+|\n+")
SPACE = re.compile(r"\s+")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LAST_WORD = re.compile(r"\s+\S*$")


def render(piece: Piece) -> Rendition:
    """The notice as it will be shown. What it leaves out is said in the note."""
    title = _shortened(_line(piece.title), TITLE) or "…"
    said = _line(piece.summary)
    notes = ["The whole text stands on our own page, which a press on the notice opens."]
    if not said:
        said = _first_sentences(piece.body)
        notes.append("There is no summary, so the notice has the first sentences.")
    text = _shortened(said, TEXT)
    if title != (_line(piece.title) or "…") or text != said:
        notes.append("It was shortened for the notice.")
    shown = f"{title}\n{text}" if text else title
    extra = {"title": title, "text": text, "topics": sorted({tag.casefold() for tag in piece.tags})}
    size = len(payload(piece.lang, piece.url, extra, tag="x" * 32, urgent=True))
    return Rendition((Part(shown, size, BYTES, "bytes", extra),), " ".join(notes))


def payload(lang: str, url: str, extra: Mapping[str, Any], *, tag: str, urgent: bool) -> bytes:
    """What the page's worker is told. One tag is one notice: a second one takes the place of the first."""
    told = {
        "title": extra.get("title", ""),
        "body": extra.get("text", ""),
        "lang": lang,
        "dir": wording.direction(lang),
        "url": url,
        "tag": tag,
        "urgent": urgent,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def payload_of(post: Post, *, tag: str, urgent: bool) -> bytes:
    """The payload of a post."""
    return payload(post.lang, post.url, post.rendition.parts[0].extra, tag=tag, urgent=urgent)


def _line(text: str) -> str:
    return SPACE.sub(" ", CONTROLS.sub(" ", text)).strip()


def _first_sentences(body: str) -> str:
    out = ""
    for sentence in SENTENCE.split(body.strip()):
        more = f"{out} {_line(sentence)}".strip()
        if out and len(more) > TEXT:
            break
        out = more
    return out


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (LAST_WORD.sub("", head) or head).rstrip(" ,;:") + "…"
