"""The small safe subset of Markdown that statements are written in, and the sealed bytes of a text.

One parse feeds everything: the page (`to_html`), posts (`to_plain`) and the record (`canonical`) are three
walks over the same blocks. So what a reader sees, what a post says and what was sealed cannot drift apart,
and the script on a public page can rebuild the sealed bytes from the elements it shows.

The subset: paragraphs, headings of two levels, flat lists, quotes, emphasis, strong, links, line breaks and
citations of facts (`[F1]`, `[visa-free/F1]`). Everything else is shown as the characters it is written with.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Literal

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

CITATION = re.compile(r"\[((?:[a-z0-9][a-z0-9-]*/)?F[1-9][0-9]{0,3})\]")
MEDIA_TYPE = "text/plain; charset=utf-8"

_SCHEMES = ("https://", "http://", "mailto:")
_BLANK = re.compile(r"[ \t\n\r\f\v]+")
_SPACES = re.compile(r" +")
_AROUND_BREAK = re.compile(r" ?(?:\n ?)+")

SpanKind = Literal["text", "break", "cite", "em", "strong", "link"]
BlockKind = Literal["p", "h2", "h3", "ul", "ol", "quote"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text inside a block; `text` holds the words, the address of a link, or the cited fact."""

    kind: SpanKind
    text: str = ""
    inside: tuple["Span", ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a text. A list item is a block of its own; `number` counts in a numbered list."""

    kind: BlockKind
    spans: tuple[Span, ...]
    number: int = 0


def clean(text: str) -> str:
    """The text in NFC, without control characters and lone surrogates, which no page can show."""
    kept = (
        c
        for c in unicodedata.normalize("NFC", text)
        if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")
    )
    return "".join(kept)


def one_line(text: str) -> str:
    """A title or summary as it is sealed: one line, single spaces."""
    return _BLANK.sub(" ", clean(text.replace("\r", "\n"))).strip(" ")


def parse(md: str) -> tuple[Block, ...]:
    """The blocks of a body, without empty ones; never fails, whatever the text."""
    text = clean(md.replace("\r\n", "\n").replace("\r", "\n"))
    walker = _Walker(_parser().parse(text))
    return tuple(_stepwise(block for block in walker.blocks() if _sealed(block.spans)))


def to_html(
    md: str,
    *,
    fact_url: Callable[[str], str | None],
    fact_label: Callable[[str], str] = "fact {}".format,
) -> str:
    """The body as safe HTML; `fact_url("F1")` gives a cited fact's address, or None to leave it plain."""
    out: list[str] = []
    open_list = ""
    last = 0
    for block in parse(md):
        same = block.kind == open_list and (block.kind == "ul" or block.number == last + 1)
        if open_list and not same:
            out.append(f"</{open_list}>")
            open_list = ""
        inner = "".join(_span_html(span, fact_url, fact_label) for span in _trimmed(block.spans))
        if block.kind in ("ul", "ol"):
            if not open_list:
                start = f' start="{block.number}"' if block.kind == "ol" and block.number != 1 else ""
                out.append(f"<{block.kind}{start}>")
                open_list = block.kind
            out.append(f"<li>{inner}</li>")
        elif block.kind == "quote":
            out.append(f"<blockquote><p>{inner}</p></blockquote>")
        else:
            out.append(f"<{block.kind}>{inner}</{block.kind}>")
        last = block.number
    if open_list:
        out.append(f"</{open_list}>")
    return _scrub("".join(out))


def to_plain(md: str) -> str:
    """The body as readable plain text: no marks, no citations, addresses written after their words."""
    out: list[str] = []
    before: BlockKind | None = None
    for block in parse(md):
        line = _tidy(_plain(block.spans))
        if block.kind == "ul":
            line = f"• {line}"
        elif block.kind == "ol":
            line = f"{block.number}. {line}"
        elif block.kind == "quote":
            line = f"“{line}”"
        if out:
            out.append("\n" if block.kind in ("ul", "ol") and block.kind == before else "\n\n")
        out.append(line)
        before = block.kind
    return unicodedata.normalize("NFC", "".join(out))


def citations(md: str) -> tuple[str, ...]:
    """The facts a body cites, in order of first appearance, each once."""
    found: dict[str, None] = {}
    for block in parse(md):
        for span in _each(block.spans):
            if span.kind == "cite":
                found[span.text] = None
    return tuple(found)


def canonical(title: str, summary: str, body: str) -> bytes:
    """The sealed bytes of one text: what the record holds the SHA-256 of. Never change this."""
    blocks = [f"# {one_line(title)}"]
    if brief := one_line(summary):
        blocks.append(brief)
    blocks += sealed_blocks(body)
    return (unicodedata.normalize("NFC", "\n\n".join(blocks)) + "\n").encode()


def sealed_blocks(md: str) -> list[str]:
    """The blocks of a body as they are sealed; also what word differences are taken over."""
    marks = {"p": "", "h2": "## ", "h3": "### ", "ul": "- ", "quote": "> "}
    return [marks.get(b.kind, f"{b.number}. ") + _sealed(b.spans) for b in parse(md)]


@cache
def _parser() -> MarkdownIt:
    rules = ["paragraph", "heading", "list", "blockquote", "lheading"]
    inline = [
        "text",
        "newline",
        "escape",
        "emphasis",
        "link",
        "autolink",
        "entity",
        "balance_pairs",
        "fragments_join",
    ]
    known = MarkdownIt("zero")
    return known.enable([*rules, *inline])


def _stepwise(blocks: Iterable[Block]) -> Iterator[Block]:
    """No heading of the second level before one of the first: a page's outline must not skip a step."""
    seen = False
    for block in blocks:
        seen = seen or block.kind == "h2"
        yield Block("h2", block.spans) if block.kind == "h3" and not seen else block
        seen = seen or block.kind == "h3"


class _Walker:
    """Turns the flat tokens into blocks: nested lists become flat, quotes hold paragraphs only."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.lists: list[tuple[BlockKind, int]] = []
        self.quotes = 0
        self.item: list[Span] | None = None

    def blocks(self) -> Iterator[Block]:
        kind: BlockKind = "p"
        for token in self.tokens:
            match token.type:
                case "bullet_list_open" | "ordered_list_open":
                    yield from self._flush()
                    ordered = token.type.startswith("o")
                    start = int(token.attrGet("start") or 1) if ordered else 0
                    self.lists.append(("ol" if ordered else "ul", max(start, 1) - 1))
                case "bullet_list_close" | "ordered_list_close":
                    yield from self._flush()
                    self.lists.pop()
                case "list_item_open":
                    self._next_item()
                case "list_item_close":
                    yield from self._flush()
                case "blockquote_open":
                    self.quotes += 1
                case "blockquote_close":
                    self.quotes -= 1
                case "heading_open":
                    kind = "h2" if token.tag in ("h1", "h2") else "h3"
                case "inline":
                    spans = _spans(token.children or [])
                    if self.lists:
                        self._into_item(spans)
                    else:
                        yield Block("quote" if self.quotes else kind, spans)
                    kind = "p"

    def _next_item(self) -> None:
        name, count = self.lists[-1]
        self.lists[-1] = (name, count + 1)
        self.item = []

    def _into_item(self, spans: tuple[Span, ...]) -> None:
        if self.item is None:  # words after a nested list: an item of their own
            self._next_item()
        item = self.item or []
        if item:
            item.append(Span("break"))
        item.extend(spans)
        self.item = item

    def _flush(self) -> Iterator[Block]:
        if self.item is not None and self.lists:
            name, count = self.lists[-1]
            if _sealed(tuple(self.item)):
                yield Block(name, tuple(self.item), count if name == "ol" else 0)
            elif (
                name == "ol"
            ):  # an empty item takes no number, or the shown numbers would differ from the sealed
                self.lists[-1] = (name, count - 1)
        self.item = None


def _spans(tokens: Sequence[Token]) -> tuple[Span, ...]:
    stack: list[list[Span]] = [[]]
    links: list[str] = []
    for token in tokens:
        match token.type:
            case "em_open" | "strong_open" | "link_open":
                stack.append([])
                if token.type == "link_open":
                    links.append(str(token.attrGet("href") or ""))
            case "em_close" | "strong_close":
                inside = tuple(stack.pop())
                stack[-1].append(Span("em" if token.type == "em_close" else "strong", "", inside))
            case "link_close":
                inside, href = tuple(stack.pop()), links.pop()
                if href.lower().startswith(_SCHEMES) and _sealed(inside):
                    stack[-1].append(Span("link", href, inside))
                else:
                    stack[-1].extend(inside)
            case "hardbreak":
                stack[-1].append(Span("break"))
            case "softbreak":
                stack[-1].append(Span("text", " "))
            case _:
                stack[-1].extend(_texts(token.content, cite=not links))
    return tuple(stack[0])


def _texts(content: str, *, cite: bool) -> Iterator[Span]:
    """Text with its citations set apart; inside a link they stay text, for links cannot nest."""
    text = _BLANK.sub(" ", clean(content))
    at = 0
    for match in CITATION.finditer(text) if cite else ():
        if match.start() > at:
            yield Span("text", text[at : match.start()])
        yield Span("cite", match[1])
        at = match.end()
    if at < len(text):
        yield Span("text", text[at:])


def _each(spans: Sequence[Span]) -> Iterator[Span]:
    for span in spans:
        yield span
        yield from _each(span.inside)


def _raw(spans: Sequence[Span]) -> str:
    out = []
    for span in spans:
        match span.kind:
            case "break":
                out.append("\n")
            case "cite":
                out.append(f"[{span.text}]")
            case "link":
                out.append(f"{_raw(span.inside)} <{span.text}>")
            case "text":
                out.append(span.text)
            case _:
                out.append(_raw(span.inside))
    return "".join(out)


def _plain(spans: Sequence[Span]) -> str:
    out = []
    for span in spans:
        match span.kind:
            case "break":
                out.append("\n")
            case "cite":
                pass
            case "link":
                words = _plain(span.inside)
                address = span.text.removeprefix("mailto:")
                out.append(words if words.strip() in (address, span.text) else f"{words} ({address})")
            case "text":
                out.append(span.text)
            case _:
                out.append(_plain(span.inside))
    return "".join(out)


def _tidy(text: str) -> str:
    return _AROUND_BREAK.sub("\n", _SPACES.sub(" ", text)).strip(" \n")


def _sealed(spans: Sequence[Span]) -> str:
    return _tidy(_raw(spans))


def _trimmed(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Without breaks at the edges, which would show as empty lines that are not sealed."""
    start, end = 0, len(spans)
    while start < end and spans[start].kind == "break":
        start += 1
    while end > start and spans[end - 1].kind == "break":
        end -= 1
    return spans[start:end]


def _span_html(span: Span, fact_url: Callable[[str], str | None], fact_label: Callable[[str], str]) -> str:
    inner = "".join(_span_html(s, fact_url, fact_label) for s in span.inside)
    match span.kind:
        case "text":
            return escape(span.text)
        case "break":
            return "<br>"
        case "cite":
            href = fact_url(span.text)
            if href is None:
                return f"[{escape(span.text)}]"
            number = span.text.rpartition("/")[2]
            label = escape(fact_label(number))
            return (
                f'<a class="f" href="{escape(href)}" data-cite="{escape(span.text)}"'
                f' aria-label="{label}" dir="ltr">{number}</a>'
            )
        case "link":
            return f'<a href="{escape(span.text)}" rel="noopener">{inner}</a>'
        case kind:
            return f"<{kind}>{inner}</{kind}>"


def _scrub(html: str) -> str:
    """A second fence: whatever the walk above gets wrong, no script or foreign attribute gets by."""
    return nh3.clean(
        html,
        tags={"p", "h2", "h3", "ul", "ol", "li", "blockquote", "em", "strong", "a", "br"},
        attributes={"a": {"href", "class", "data-cite", "aria-label", "dir", "rel"}, "ol": {"start"}},
        url_schemes={"https", "http", "mailto"},
        link_rel=None,
    )
