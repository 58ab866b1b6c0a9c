"""Where things stand on the public site, how lists are cut, and what differs between two texts. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dragoman.lib import markdown
from dragoman.lib.problems import Invalid
from dragoman.public.values import Edition

NEWEST = 20
"""Statements on a language's front page."""
FEED = 50
ARCHIVE_PAGE = 100
SEARCH_SHARD = 500
SITEMAP_LIMIT = 50_000
LIVE = 20
TALKS_CUT = 50
"""Entries of talks in one file or page; those before the newest cut never change but by corrections."""
SEARCH_WORDS = 1500
CHANGES_SHOWN = 12
CONTEXT = 12

LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")
RESERVED = ("feeds", "facts", "record", "static", "sitemaps", "accessibility", "talks")
TOKEN = re.compile(r"\s+|[\w’'-]+|[^\w\s]")
UNSPACED = ("zh", "ja", "th", "lo", "km", "my")
RTL = ("ar", "fa", "ur", "he", "ps", "sd", "ug", "yi", "dv", "ckb")

Stroke = Literal["same", "del", "ins"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a changed block: kept, struck or added."""

    stroke: Stroke
    text: str


Change = tuple[Piece, ...]


def check_edition(edition: Edition) -> None:
    """Raises Invalid with every reason why this cannot stand on the site."""
    where: list[dict[str, str]] = []
    if not REF.fullmatch(edition.ref):
        where.append({"field": "ref", "message": "letters, digits and hyphens only, at most 80"})
    if not SLUG.fullmatch(edition.slug) or len(edition.slug) > 120:
        where.append(
            {"field": "slug", "message": "small Latin letters, digits and single hyphens, at most 120"}
        )
    if not edition.texts:
        where.append({"field": "texts", "message": "at least one language is needed"})
    for text in edition.texts:
        if not LANG.fullmatch(text.lang) or text.lang in RESERVED:
            where.append(
                {"field": "texts", "message": f"{text.lang!r} is no language tag such as en or pt-BR"}
            )
    if len(set(edition.langs)) != len(edition.texts):
        where.append({"field": "texts", "message": "a language stands there twice"})
    if where:
        raise Invalid("This revision cannot be published as it is.", where=where, mend="Mend what is named.")


def direction(lang: str) -> str:
    return "rtl" if lang.partition("-")[0] in RTL else "ltr"


def isolated(text: str, lang: str) -> str:
    """A name in Latin letters as it stands in a text of this language: between isolates where that is written
    from right to left, or a mark before the name would jump behind it (Unicode, UAX 9)."""
    return f"\u2066{text}\u2069" if direction(lang) == "rtl" else text


def zone(name: str) -> ZoneInfo:
    """The zone of this name; UTC for one that is unknown, so that a page never fails for it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def month_of(moment: datetime) -> str:
    """The month of the archive. In UTC, so that it is the same for statements of every zone."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def home_path(lang: str) -> str:
    return f"/{lang}/"


def statement_path(lang: str, slug: str, rev: int | None = None) -> str:
    return f"/{lang}/statements/{slug}/" + (f"{rev}/" if rev is not None else "")


def archive_path(lang: str, month: str = "", page: int | None = None) -> str:
    """`page` counts from 1, the oldest hundred first, so that old pages never change again."""
    return f"/{lang}/archive/" + (f"{month}/" if month else "") + (f"{page}/" if page is not None else "")


def sheet_path(slug: str, lang: str = "") -> str:
    return f"/{lang}/facts/{slug}/" if lang else f"/facts/{slug}/"


def accounts_path(lang: str = "") -> str:
    return f"/{lang}/accounts/" if lang else "/accounts/"


def notice_path(lang: str, ref: str) -> str:
    return f"/{lang}/notices/{ref}/"


def answers_path(sheet: str, lang: str) -> str:
    return f"/{lang}/answers/{sheet}/"


def talks_path(lang: str, ref: str = "", part: str | int = "") -> str:
    """The page of talks in a language; `part` is one of its pages (`embed`, `protocol`, `evenness`) or a cut
    of its entries, counted from 1, the oldest first."""
    return f"/{lang}/talks/" + (f"{ref}/" if ref else "") + (f"{part}/" if part else "")


def talks_file(ref: str, name: str) -> str:
    return f"/talks/{ref}/{name}"


def talks_feed_path(ref: str, lang: str, form: str = "atom") -> str:
    return f"/feeds/talks/{ref}.{lang}.{form}"


def feed_path(lang: str, form: str) -> str:
    return f"/feeds/{lang}.{form}"


def page_of(place: int, size: int = ARCHIVE_PAGE) -> int:
    return place // size + 1


def search_words(body: str) -> str:
    """The words of a body for the search, each once, as long as there is room."""
    text = unicodedata.normalize("NFC", markdown.to_plain(body)).lower()
    found: dict[str, None] = dict.fromkeys(re.findall(r"\w{2,}", text))
    return " ".join(found)[:SEARCH_WORDS]


def differences(
    before: Mapping[str, str], after: Mapping[str, str], lang: str
) -> tuple[tuple[Change, ...], int]:
    """The changed blocks with their words struck or added, at most twelve, and how many more there are.

    `before` and `after` hold title, summary and body of one language.
    """
    old, new = _blocks(before), _blocks(after)
    changes: list[Change] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            pairs = zip_longest(old[i:j], new[k:m], fillvalue="")
            changes += [_words_changed(a, b, lang) for a, b in pairs]
    return tuple(changes[:CHANGES_SHOWN]), max(0, len(changes) - CHANGES_SHOWN)


def _blocks(text: Mapping[str, str]) -> list[str]:
    sealed = [markdown.one_line(text["title"]), markdown.one_line(text["summary"])]
    sealed += markdown.sealed_blocks(text["body"])
    return [markdown.CITATION.sub("", block) for block in sealed if block]


def _words_changed(old: str, new: str, lang: str) -> Change:
    a, b = _tokens(old, lang), _tokens(new, lang)
    found: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(a[i:j])))
            continue
        if i < j:
            found.append(Piece("del", "".join(a[i:j])))
        if k < m:
            found.append(Piece("ins", "".join(b[k:m])))
    return tuple(shortened(joined(found)))


def _tokens(text: str, lang: str) -> list[str]:
    return list(text) if lang.partition("-")[0] in UNSPACED else TOKEN.findall(text)


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """A lone space between two changes belongs to them: "ten dollars" -> "nine euro" is one change."""
    out: list[Piece] = []
    struck = added = ""
    for place, piece in enumerate(pieces):
        bridge = piece.stroke == "same" and not piece.text.strip() and 0 < place < len(pieces) - 1
        if piece.stroke == "same" and not bridge:
            out += _pair(struck, added)
            struck = added = ""
            out.append(piece)
        else:
            struck += piece.text if piece.stroke != "ins" else ""
            added += piece.text if piece.stroke != "del" else ""
    return [*out, *_pair(struck, added)]


def _pair(struck: str, added: str) -> Iterator[Piece]:
    if struck:
        yield Piece("del", struck)
    if added:
        yield Piece("ins", added)


def shortened(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Long unchanged stretches become an ellipsis with a dozen words on the sides that touch a change."""
    for place, piece in enumerate(pieces):
        words = re.findall(r"\s*\S+\s*", piece.text)
        if piece.stroke != "same" or len(words) <= 2 * CONTEXT:
            yield piece
            continue
        start = "".join(words[:CONTEXT]) if place > 0 else ""
        end = "".join(words[-CONTEXT:]) if place < len(pieces) - 1 else ""
        yield Piece("same", f"{start}… {end}" if start else f"… {end}")
