"""Templates and style sheets: no inline style or script, nothing from elsewhere, logical directions only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.house import code

TEMPLATES = [path for path in code.ours("src", ends=".html") if "node_modules" not in path.parts]
STYLES = code.ours("src", ends=".css")

INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style[\s>]", re.I),
    "a script written into the page": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")[^>]*>", re.I
    ),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
}
ELSEWHERE = re.compile(
    r"<(?:script|img|iframe|audio|video|source|embed|object)\b[^>]*\s(?:src|data|srcset)=[\"']?(?:https?:)?//"
    r"|<link\b(?=[^>]*rel=[\"']?(?:stylesheet|icon|preload|preconnect|dns-prefetch|manifest))[^>]*href=[\"']?(?:https?:)?//",
    re.I,
)
PHYSICAL = re.compile(
    r"(?<![\w-])(?:"
    r"(?:margin|padding|border)-(?:left|right)(?:-\w+)?\s*:"
    r"|(?:left|right)\s*:"
    r"|border-(?:top|bottom)-(?:left|right)-radius\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
    r")"
)


@pytest.mark.parametrize("what", INLINE)
def test_no_page_holds(what: str) -> None:
    wrong = [
        f"{code.name(path)}:{text[: found.start()].count(chr(10)) + 1} {found[0][:60]}"
        for path in TEMPLATES
        for text in [path.read_text(encoding="utf-8")]
        for found in INLINE[what].finditer(text)
    ]
    assert not wrong, wrong


def test_no_page_asks_another_host() -> None:
    wrong = [code.name(path) for path in TEMPLATES if ELSEWHERE.search(path.read_text(encoding="utf-8"))]
    wrong += [
        code.name(path)
        for path in STYLES
        if re.search(r"url\(\s*[\"']?(?:https?:)?//|@import", path.read_text(encoding="utf-8"))
    ]
    assert not wrong, wrong


def directions(path: Path) -> list[str]:
    text = re.sub(
        r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), path.read_text("utf-8"), flags=re.S
    )
    return [
        f"{code.name(path)}:{text[: found.start()].count(chr(10)) + 1} {found[0]}"
        for found in PHYSICAL.finditer(text)
    ]


def test_styles_name_logical_directions_only() -> None:
    wrong = [line for path in STYLES for line in directions(path)]
    assert not wrong, wrong


@pytest.mark.parametrize(
    ("rule", "physical"),
    [
        ("margin-left: 1px", True),
        ("left:0", True),
        ("text-align: right", True),
        ("border-top-left-radius: 2px", True),
        ("margin-inline-start: 1px", False),
        ("inset-inline-start: 0", False),
        ("text-align: start", False),
        ("grid-area: left", False),
    ],
)
def test_physical_directions_are_recognised(rule: str, physical: bool) -> None:
    assert bool(PHYSICAL.search(rule)) is physical


def test_every_page_names_its_language_by_the_tag_or_the_root() -> None:
    """A whole page says lang and dir on its html element."""
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        for found in re.finditer(r"<html\b[^>]*>", text):
            assert "lang=" in found[0] or "lang_attrs" in found[0], code.name(path)
