"""How a piece looks in the fediverse: a note with a little HTML. Pure.

ActivityPub itself sets no limit. Servers take activities of some hundred kilobytes and fold long notes away
behind a "read more"; so there is a limit of our own, and the choice between the whole text and title and
summary.

The HTML is what Mastodon keeps of what it is sent (docs.joinmastodon.org/spec/activitypub, "Sanitization"):
`p`, `br`, `strong`, `a`.
"""

from html import escape
from typing import Any

from dragoman.channels.connector import Part, Piece, Rendition
from dragoman.lib.text.measures import graphemes
from dragoman.lib.text.unicode_re import regex

LIMIT = 20_000
UNIT = "graphemes"
SUMMARY, WHOLE = "summary", "whole"

_LINK = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
_LINK_END = ".,;:!?'\"»”’…。，)"
_PARAGRAPH = regex.compile(r"\n\s*\n")


def render(piece: Piece, *, form: str = WHOLE) -> Rendition:
    """One note: the title in bold, then the text or its summary, the link to our page, hashtags."""
    short = form == SUMMARY and bool(piece.summary.strip())
    blocks = [piece.title, piece.summary] if short else [piece.title, piece.summary, piece.body]
    blocks = [block.strip() for block in blocks if block.strip()]
    tags = [tag for tag in (_tag(each) for each in piece.tags) if tag]
    foot = [piece.url.strip()] if piece.url.strip() else []
    foot += [" ".join(f"#{tag}" for tag in tags)] if tags else []
    text = "\n\n".join([*blocks, *foot]) or "-"
    html = "".join(
        _paragraphs(block, strong=block is blocks[0] and bool(piece.title.strip())) for block in blocks
    )
    html += f"<p>{_linked(piece.url.strip())}</p>" if piece.url.strip() else ""
    extra: dict[str, Any] = {"html": html, "tags": tags, "topics": [tag.casefold() for tag in tags]}
    note = "The body is not in the note. It links to the whole text." if short and piece.body.strip() else ""
    return Rendition((Part(text, graphemes(text), LIMIT, UNIT, extra),), note)


def _paragraphs(text: str, *, strong: bool) -> str:
    found = []
    for paragraph in _PARAGRAPH.split(text):
        inner = "<br>".join(_linked(line.strip()) for line in paragraph.splitlines() if line.strip())
        if inner:
            found.append(f"<p><strong>{inner}</strong></p>" if strong else f"<p>{inner}</p>")
    return "".join(found)


def _linked(text: str) -> str:
    """Escaped, and addresses made into links."""
    found, at = [], 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(_LINK_END)
        found.append(escape(text[at : match.start()], quote=False))
        href = escape(address)
        found.append(f'<a href="{href}" rel="nofollow noopener">{escape(address, quote=False)}</a>')
        at = match.start() + len(address)
    return "".join(found) + escape(text[at:], quote=False)


def _tag(text: str) -> str:
    """A hashtag as one word, each part with a capital so that it can be read; "" when nothing is left."""
    words = regex.findall(r"[\p{L}\p{M}\p{N}_]+", text)
    joined = "".join(word if len(words) == 1 else word[:1].upper() + word[1:] for word in words)
    return joined if regex.search(r"\p{L}", joined) else ""
