"""The subset, and the promise that the shown page and the sealed bytes are the same text."""

import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.lib import markdown

VOID = ("br",)


class Rebuild(HTMLParser):
    """The walk of the page's own script (verify.js), in Python: sealed blocks from shown elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.text: str | None = None
        self.prefix = ""
        self.number = 0
        self.ordered = False
        self.quote = False
        self.links: list[tuple[str | None, str | None, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        match tag:
            case "ul" | "ol":
                self.ordered = tag == "ol"
                self.number = int(known.get("start") or 1) - 1
            case "blockquote":
                self.quote = True
            case "p" | "h2" | "h3":
                self.text = ""
                self.prefix = "> " if self.quote else {"p": "", "h2": "## ", "h3": "### "}[tag]
            case "li":
                self.text, self.number = "", self.number + 1
                self.prefix = f"{self.number}. " if self.ordered else "- "
            case "br":
                self.text = (self.text or "") + "\n"
            case "a":
                self.links.append((known.get("data-cite"), known.get("href"), len(self.text or "")))

    def handle_endtag(self, tag: str) -> None:
        assert self.text is not None or tag in ("ul", "ol", "blockquote")
        if tag == "a" and self.text is not None:
            cite, href, at = self.links.pop()
            if cite:
                self.text = f"{self.text[:at]}[{cite}]"
            else:
                self.text += f" <{href}>"
        elif tag in ("p", "h2", "h3", "li"):
            self.blocks.append(self.prefix + markdown._tidy(self.text or ""))
            self.text = None
        elif tag == "blockquote":
            self.quote = False

    def handle_data(self, data: str) -> None:
        assert self.text is not None, f"text outside a block: {data!r}"
        self.text += markdown._BLANK.sub(" ", data)


def rebuilt(html: str) -> list[str]:
    walk = Rebuild()
    walk.feed(html)
    walk.close()
    return [unicodedata.normalize("NFC", block) for block in walk.blocks]


def html(md: str) -> str:
    return markdown.to_html(md, fact_url=lambda cite: f"#{cite.rpartition('/')[2]}")


MARKS = st.sampled_from(
    [
        *("# ", "## ", "### ", "- ", "1. ", "7) ", "> ", "*", "**", "_", "[F1]", "[visa-free/F12]", "["),
        *("](https://a.example)", "](javascript:alert(1))", "<b>", "<https://b.example/?a=1&b=2>"),
        *("&amp;", "&lt;", "\\", "\\\n", "  \n", "\n", "\n\n", "`", "    ", "\t", "---", "===", "|"),
        *("\u00e9", "e\u0301", "\ufb01", "\u200f", "مرحبا", "中文", "\x00", "\x07", "\r\n", "\u00a0"),
        "![x](https://c.example)",
    ]
)
BODIES = st.lists(MARKS | st.text(max_size=8), max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(BODIES)
def test_page_elements_rebuild_the_sealed_blocks(md: str) -> None:
    sealed = [unicodedata.normalize("NFC", block) for block in markdown.sealed_blocks(md)]
    assert rebuilt(html(md)) == sealed


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), BODIES)
def test_canonical_bytes_are_nfc_with_one_last_line_feed(title: str, summary: str, body: str) -> None:
    data = markdown.canonical(title, summary, body)
    text = data.decode()
    assert unicodedata.is_normalized("NFC", text)
    assert text.startswith("# ")
    assert text.endswith("\n")
    assert not {"\r", "\x00"} & set(text)
    assert "\n\n\n" not in text
    assert markdown.canonical(title, summary, body) == data


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_html_never_carries_script_or_foreign_attributes(md: str) -> None:
    out = html(md)
    assert not [tag for tag in ("<script", "<img", "<b>", 'href="javascript') if tag in out.lower()]


def test_canonical_text_has_the_documented_form() -> None:
    body = (
        "First *line*[F1]  \nsecond [page](https://e.example/a).\n\n## Whom\n\n- one\n- **two**\n\n"
        "3. three\n\n> said\n\n### More\n"
    )
    assert markdown.canonical("A  title\n", " In short ", body).decode() == (
        "# A title\n\nIn short\n\nFirst line[F1]\nsecond page <https://e.example/a>.\n\n## Whom\n\n- one\n\n"
        "- two\n\n3. three\n\n> said\n\n### More\n"
    )


def test_text_without_summary_has_no_empty_block() -> None:
    assert markdown.canonical("T", "  ", "") == b"# T\n"


@pytest.mark.parametrize(
    ("md", "expected"),
    [
        ("a[F1][F2] b", '<p>a<a class="f" href="#F1" data-cite="F1" aria-label="fact F1" dir="ltr">F1</a>'),
        ("# Top", "<h2>Top</h2>"),
        ("### Low first", "<h2>Low first</h2>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](/local)", "<p>x</p>"),
        ("[see [F1]](https://e.example)", '<p><a href="https://e.example" rel="noopener">see [F1]</a></p>'),
        ("- a\n  - b\n- c", "<ul><li>a</li><li>b</li><li>c</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("> a\n>\n> b", "<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>"),
    ],
)
def test_body_becomes_safe_html(md: str, expected: str) -> None:
    assert html(md).startswith(expected)


def test_unknown_citation_is_shown_as_it_is_written() -> None:
    assert markdown.to_html("a [F9]", fact_url=lambda cite: None) == "<p>a [F9]</p>"


def test_plain_text_drops_marks_and_citations() -> None:
    md = "## Head\n\nA **b**[F1] [c](https://d.example) <https://e.example>\n\n- one\n- two\n\n> said"
    assert (
        markdown.to_plain(md)
        == "Head\n\nA b c (https://d.example) https://e.example\n\n• one\n• two\n\n“said”"
    )


def test_citations_come_in_order_and_once() -> None:
    assert markdown.citations("x [F2] y [visa-free/F1]\n\n- z [F2] [F10]") == ("F2", "visa-free/F1", "F10")


def test_ten_thousand_nested_marks_do_not_break_the_parser() -> None:
    assert markdown.parse("> " * 10_000 + "deep") is not None
    assert markdown.parse("[" * 20_000) is not None
    assert markdown.parse("*a " * 5_000) is not None
