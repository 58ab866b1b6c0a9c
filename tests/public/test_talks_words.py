"""What the script of a live page says is on the page: a word that is missing would stop the stream."""

from __future__ import annotations

import re
from pathlib import Path

import dragoman
from dragoman.public import press_talks

SCRIPT = Path(dragoman.__file__).parent / "public" / "static" / "public" / "talks.js"


def test_the_page_has_every_word_that_its_script_says() -> None:
    source = SCRIPT.read_text("utf-8")
    said = set(re.findall(r'"((?:live|talks|withdrawn|day)_[a-z_]+)"', source))
    assert "talks_protocol_now" in said
    assert said <= set(press_talks.SAYS), said - set(press_talks.SAYS)
