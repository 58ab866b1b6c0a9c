"""Texts written to be slow: an officer, or a machine with a token, cannot hold the desk up with one."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from dragoman.lib import markdown
from dragoman.statements.guidelines import blocks, engine, loader
from dragoman.statements.guidelines.model import Draft, DraftText
from dragoman.statements.queries import editor
from dragoman.statements.rules import BODY_LIMIT

PIECES = {
    "open brackets": "[",
    "open links": "[a](",
    "open angles in links": "[a](<b",
    "open emphasis": "**a *b ",
    "underscores": "_a",
    "quotes in quotes": ">",
    "lists in lists": "- ",
    "quotes and lists": "> - ",
    "open tags": "<a:",
    "entities": "&a",
    "backslashes": "\\",
    "hyphens": "a-",
    "dots": "a.",
    "addresses": "a@",
    "web addresses": "http://",
    "numbers": "1 ",
    "grouped numbers": "1,",
    "slashes": "1/1/1/",
    "colons": "1:",
    "digits": "1",
    "telephones": "+1 234 567 ",
    "passports": "AB1234567 ",
    "percents": "1% ",
    "spelled numbers": "twenty one hundred and ",
    "Russian numbers": "двадцать один тысяч ",
    "Chinese dates": "二千零一十七年二月十二日",
    "citations": "[F1]",
    "half citations": "[F",
    "hashtags": "#a",
    "combining marks": "\u0301",
    "joiners": "\u200d",
    "bidi overrides": "\u202e",
    "negations": "not ",
    "spaces": " ",
    "short lines": "a\n",
    "paragraphs": "a\n\n",
    "headings": "a\n-\n",
}  # fmt: skip
WITHIN = 5.0


def body_of(piece: str) -> str:
    return (piece * (BODY_LIMIT // len(piece)))[: BODY_LIMIT - 1] + "x"


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    body = body_of(piece)
    assert seconds(lambda: markdown.to_html(body, fact_url=lambda cite: None)) < WITHIN
    assert seconds(lambda: markdown.canonical("", "", body)) < WITHIN
    assert seconds(lambda: editor.pairs(body, "")) < WITHIN


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_a_hostile_text_is_judged_in_time(piece: str) -> None:
    body = body_of(piece)
    draft = Draft(
        ref="2026-000000",
        kind="statement",
        risk="ordinary",
        lane="ordinary",
        mission="capital",
        source_language="en",
        languages=(DraftText(lang="en", title="T", body=body), DraftText(lang="ru", title="T", body="Да.")),
    )
    assert seconds(lambda: engine.check(draft, loader.load_rules())) < WITHIN


def test_a_link_with_brackets_in_its_address_is_no_prose() -> None:
    prose = blocks.blank_out("See [the page](https://example.org/a_(b)?n=2017) of 5 days.")
    assert "2017" not in prose
    assert prose.endswith(" of 5 days.")
