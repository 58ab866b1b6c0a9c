"""Pictures, answers and what a server without an AppView says, against Bluesky's own server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.peers.bluesky.running import Network
from tests.peers.bluesky.test_bluesky import SHORT, do, network, picture, post, server

from dragoman.channels.connector import Post, Prepared, Refused
from dragoman.channels.connectors.bluesky import rendering

__all__ = ["network", "server"]

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]


def with_pictures() -> Post:
    pictures = (picture(), picture())
    rendition = rendering.render(replace(SHORT, pictures=pictures))
    return replace(post(), rendition=rendition, pictures=pictures)


def test_pictures_stand_in_the_post_with_their_words(network: Network) -> None:
    whole = with_pictures()
    first = do(network, lambda bluesky: bluesky.send(Prepared(whole)))
    (record,) = network.posts()
    embed = record["value"]["embed"]
    assert embed["$type"] == "app.bsky.embed.images"
    assert [(one["alt"], one["aspectRatio"]) for one in embed["images"]] == [
        ("Alt", {"width": 40, "height": 30})
    ] * 2
    assert network.blob(embed["images"][0]["image"]["ref"]["$link"]) == picture().data
    assert record["value"]["text"].endswith(SHORT.url)
    revision = network.revision()
    second = do(network, lambda bluesky: bluesky.send(Prepared(whole)))
    assert (second.extra, network.revision()) == (first.extra, revision)


def test_an_answer_to_our_own_post_hangs_under_it(network: Network) -> None:
    sent = do(network, lambda bluesky: bluesky.send(Prepared(post())))
    answer = replace(post(replace(SHORT, title="More"), key="answer"), reply_to=sent.remote_id)
    do(network, lambda bluesky: bluesky.send(Prepared(answer)))
    replies = [record["value"].get("reply") for record in network.posts()]
    (reply,) = [one for one in replies if one]
    assert reply["root"] == reply["parent"] == sent.extra["parts"][0]


def test_a_server_alone_says_that_it_knows_no_answers_and_no_counts(network: Network) -> None:
    sent = do(network, lambda bluesky: bluesky.send(Prepared(post())))
    for verb in (lambda bluesky: bluesky.fetch(""), lambda bluesky: bluesky.figures(sent)):
        with pytest.raises(Refused, match="not part of a whole network"):
            do(network, verb)
