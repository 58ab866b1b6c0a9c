"""A text as mail: a subject, the whole text, the link to our own page. Nothing is cut but an endless subject.

The text is that of the plain part; the HTML part says the same (`mime.py`).
"""

from __future__ import annotations

import re

from dragoman.channels import wording
from dragoman.channels.connector import Part, Piece, Rendition

SUBJECT = 150  # characters; inboxes show some 60
TEXT = 100_000  # bytes; beyond 102 kB the largest provider hides the rest, and with it the link to leave
SPACE = re.compile(r"\s+")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LAST_WORD = re.compile(r"\s+\S*$")


def render(piece: Piece) -> Rendition:
    """The piece as it will be read. Below it every copy has a line on why it came and a link to leave."""
    w = wording.load(piece.lang)
    blocks = [piece.title, piece.summary, piece.body]
    blocks += [w.say("mail_picture", alt=picture.alt) for picture in piece.pictures if picture.alt]
    if piece.url:
        blocks.append(f"{w['mail_read']}\n{piece.url}")
    subject = subject_of(piece.title)
    notes = ["Below it, each reader finds why it came, and a link to change what they receive or to leave."]
    if subject != one_line(piece.title):
        notes.append("The subject is shortened; the whole title stands at the head of the mail.")
    if piece.pictures:
        notes.append("Pictures are described and stand on our own page; mail carries none.")
    return Rendition((_part(blocks, subject, piece),), " ".join(notes))


def letter(piece: Piece) -> Rendition:
    """A note to one person about their own subscription: body, link, and what the summary adds below."""
    blocks = [piece.body, piece.url, piece.summary]
    return Rendition((_part(blocks, subject_of(piece.title), piece, list=False),))


def subject_of(title: str) -> str:
    """The title on one line; an endless one ends at a word with an ellipsis."""
    line = one_line(title)
    if len(line) <= SUBJECT:
        return line
    head = line[: SUBJECT - 1]
    return (LAST_WORD.sub("", head) or head).rstrip(" ,;:") + "…"


def one_line(text: str) -> str:
    """Without line breaks and controls: no value of a header can begin another header."""
    return SPACE.sub(" ", CONTROLS.sub(" ", text)).strip()


def _part(blocks: list[str], subject: str, piece: Piece, *, list: bool = True) -> Part:  # noqa: A002 - the word of mail
    text = "\n\n".join(block.strip() for block in (_clean(each) for each in blocks) if block.strip())
    text = text or subject or "…"
    extra = {
        "subject": subject or "…",
        "title": one_line(piece.title) if list else "",
        "summary": _clean(piece.summary) if list else "",
        "topics": sorted({tag.casefold() for tag in piece.tags}),
        "list": list,
    }
    return Part(text, len(text.encode()), TEXT, "bytes", extra)


def _clean(text: str) -> str:
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
