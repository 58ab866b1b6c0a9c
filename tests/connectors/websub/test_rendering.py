"""Which feeds a hub is told of."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels.connector import Account, Piece
from dragoman.channels.connectors.websub.connector import WebSub, topics
from dragoman.lib.http import Door
from dragoman.public import rules


def test_the_topics_are_the_feeds_own_names() -> None:
    found = topics("https://mfa.example/en/statements/five-days/", "en")
    assert found == tuple(
        f"https://mfa.example{rules.feed_path('en', form)}" for form in ("atom", "rss", "json")
    )


@given(st.text(max_size=100), st.text(max_size=10))
def test_nothing_of_the_text_goes_to_the_hub(body: str, lang: str) -> None:
    hub = WebSub(Account("t", {}, {}, Path()), Door())
    [part] = hub.render(Piece(lang, body, body, body, "https://mfa.example/en/statements/five-days/")).parts
    assert not part.over
    assert part.text.startswith("https://mfa.example/")
