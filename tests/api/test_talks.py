"""Talks over the API: the host's deeds by its rules, and no answer before its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.api.speaking import Speak
from tests.cast import Cast
from tests.homes import home
from tests.negotiations import help as table
from tests.negotiations.help import World

from dragoman.base import clock
from dragoman.negotiations.models import Round

__all__ = ["home"]
pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = {lang: {"title": text.title, "body": text.body} for lang, text in table.TEXTS.items()}


@pytest.fixture
def world(cast: Cast) -> World:
    return table.opened(cast=cast)


def test_a_round_goes_from_draft_to_release(world: World, speak: Speak) -> None:
    director = speak(world.cast.director)
    made = director("post", "/talks/stonebridge/rounds", {"texts": TEXTS})
    assert made.status_code == 201
    assert (made.json()["number"], made.json()["state"], made.json()["statement"]) == (2, "drafting", "")
    opened = director("post", "/talks/stonebridge/rounds/2/opening", {})
    assert (opened.status_code, opened.json()["state"]) == (201, "open")
    about = Round.objects.get(number=2)
    world["northland"].consents(about)
    waiting = director("get", "/talks/stonebridge/rounds/2").json()
    assert [(one["party"], one["answer"]) for one in waiting["answers"]] == [
        ("northland", None),
        ("eastmark", None),
        ("southport", None),
    ]
    assert director("post", "/talks/stonebridge/rounds/2/release").json()["code"] == "not-agreed"
    world.all_consent(about)
    at = (clock.now() + timedelta(hours=1)).isoformat()
    armed = director("post", "/talks/stonebridge/rounds/2/release", {"at": at})
    assert (armed.status_code, armed.json()["state"]) == (201, "armed")
    again = director("post", "/talks/stonebridge/rounds/2/release")
    assert (again.status_code, again.json()["code"]) == (409, "released-already")


def test_a_notice_is_drafted_in_the_agreed_sentences(world: World, speak: Speak) -> None:
    director = speak(world.cast.director)
    facts = [{"kind": "meeting", "values": {"date": {"en": "14 December", "ru": "14 декабря"}}}]
    made = director("post", "/talks/stonebridge/notices", {"facts": facts}).json()
    assert made["texts"]["en"]["body"] == "A meeting takes place on 14 December."
    refused = director("post", "/talks/stonebridge/notices", {"facts": [{"kind": "weather"}]})
    assert (refused.status_code, refused.json()["code"]) == (422, "not-publishable")


def test_lists_go_on_where_they_ended(world: World, speak: Speak) -> None:
    director = speak(world.cast.director)
    for _ in range(2):
        director("post", "/talks/stonebridge/rounds", {"texts": TEXTS})
    first = director("get", "/talks/stonebridge/rounds?limit=2").json()
    rest = director("get", f"/talks/stonebridge/rounds?limit=2&after={first['next']}").json()
    assert [one["number"] for one in [*first["items"], *rest["items"]]] == [1, 2, 3]
    assert rest["next"] is None
    assert [one["id"] for one in director("get", "/talks").json()["items"]] == ["stonebridge"]
    assert director("get", "/talks/stonebridge").json()["protocol"] == 1


def test_another_missions_officer_sees_nothing(world: World, speak: Speak) -> None:
    stranger = speak(world.cast.stranger)
    assert stranger("get", "/talks").json()["items"] == []
    assert stranger("get", "/talks/stonebridge").status_code == 404
    assert stranger("get", "/talks/stonebridge/rounds/1").status_code == 404
    assert stranger("post", "/talks/stonebridge/rounds", {"texts": TEXTS}).status_code == 404


def test_a_token_that_may_only_write_opens_and_releases_nothing(world: World, speak: Speak) -> None:
    writer = speak(world.cast.director, "read", "write")
    assert writer("post", "/talks/stonebridge/rounds", {"texts": TEXTS}).status_code == 201
    assert writer("post", "/talks/stonebridge/rounds/2/opening").status_code == 403
    assert writer("post", "/talks/stonebridge/rounds/2/release").status_code == 403
