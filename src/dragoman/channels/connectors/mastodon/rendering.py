"""How a piece looks on Mastodon: counted as the server counts, and cut into a thread. Pure.

How much one post holds is the server's own affair: 500 characters on most, and 23 for each link. Both are
settings of the channel, and `check` says when the server thinks otherwise.
"""

from dataclasses import dataclass

from dragoman.channels.connector import Part, Piece, Rendition
from dragoman.channels.connectors.mastodon.counting import count, names, spans
from dragoman.lib.text import threads
from dragoman.lib.text.measures import graphemes

MAX_CHARACTERS = 500
PER_LINK = 23
MAX_PARTS = 25
MAX_PICTURES = 4
UNIT = "characters"

SUMMARY = "summary"
WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the server takes, and how the channel is set."""

    limit: int = MAX_CHARACTERS
    per_link: int = PER_LINK
    form: str = SUMMARY
    warning: str = ""
    visibility: str = "public"


def render(piece: Piece, rules: Rules) -> Rendition:
    """The posts of a piece.

    `summary` is title, summary and the link to the page; `whole` is all of it, with the link at the end. A
    whole text of more than 25 posts falls back to the summary and says so; a summary of more than that gives
    a single part that is over its limit, for a person to shorten.
    """
    tags = " ".join("#" + tag.lstrip("#") for tag in piece.tags)
    short = _text(piece.title, piece.summary or piece.body, tags, piece.url)
    notes = ["The body is not in the post. The link leads to the whole text."] if piece.summary else []
    slices: tuple[str, ...] = ()
    if rules.form == WHOLE:
        slices = thread(_text(piece.title, piece.summary, piece.body, tags, piece.url), rules)
        notes = (
            []
            if slices
            else [f"The whole text needs more than {MAX_PARTS} posts, so only title and summary are posted."]
        )
    slices = slices or thread(short, rules)
    if not slices:
        slices, notes = (short,), [f"The text needs more than {MAX_PARTS} posts. Shorten it."]
    if len(piece.pictures) > MAX_PICTURES:
        notes.append(f"Only the first {MAX_PICTURES} of {len(piece.pictures)} pictures are in the post.")
    if piece.videos:
        notes.append("The film is not in the post. The link leads to it.")
    parts = tuple(_part(text, rules) for text in slices)
    return Rendition(parts, " ".join(notes), _warnings(short if rules.form == SUMMARY else "".join(slices)))


def thread(source: str, rules: Rules, *, most: int = MAX_PARTS) -> tuple[str, ...]:
    """The source as posts that fit. Empty when it would take more than `most`."""
    room = rules.limit - graphemes(rules.warning)
    for spare in (0, rules.per_link, 2 * rules.per_link):
        # A cut inside a word can make a link of what was none before it; then less is put into each post.
        if room - spare < 40:
            break
        slices = threads.split(
            source,
            lambda text: threads.atoms(text, spans(text, per_link=rules.per_link)),
            limit=room - spare,
            most=most,
        )
        texts = tuple(each.text for each in slices)
        if all(_count(text, rules) <= rules.limit for text in texts):
            return texts
    return ()


def _count(text: str, rules: Rules) -> int:
    return count(text, per_link=rules.per_link, warning=rules.warning)


def _part(text: str, rules: Rules) -> Part:
    extra = {"visibility": rules.visibility}
    if rules.warning:
        extra["warning"] = rules.warning
    return Part(text, _count(text, rules), rules.limit, UNIT, extra)


def _text(*blocks: str) -> str:
    return "\n\n".join(block.strip() for block in blocks if block.strip())


def _warnings(text: str) -> tuple[str, ...]:
    called = sorted(set(names(text)))
    if not called:
        return ()
    return (f"The text calls {', '.join(called[:5])} by name: whoever has that name is notified.",)
