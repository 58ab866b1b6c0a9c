"""How what came in is handed to the inbox, and what of it stays."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from tests.cast import Cast
from tests.channels.help import sandbox

from dragoman.base import clock
from dragoman.channels import actions, queries
from dragoman.channels.actions.common import WORKER
from dragoman.channels.actions.keeping import keep_items
from dragoman.channels.connector import Gone, Incoming, Receipt
from dragoman.channels.models import Arrival, Channel, Delivery

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def channel(cast: Cast) -> Channel:
    return sandbox(cast)


def text(name: str = "m1", words: str = "May I bring my dog?", **more: Any) -> Incoming:
    return Incoming(name, words, AT, **more)


def rows() -> list[tuple[str, str]]:
    return [(row.kind, row.outside_id) for row in Arrival.objects.order_by("id")]


def take(limit: int = 100) -> list[Any]:
    with transaction.atomic():
        found = queries.waiting_arrivals(limit)
        said = [queries.open_arrival(row) for row in found]
        actions.mark_taken(by=WORKER, rows=found)
    return said


@pytest.mark.django_db
def test_what_is_handed_over_is_what_came(channel: Channel) -> None:
    said = text(
        lang="en",
        url="https://example.org/1",
        in_reply_to="p1",
        author="Ana",
        author_id="77",
        conversation="p0",
        edited=AT + timedelta(minutes=3),
        private=True,
        attachments=2,
        automatic=True,
    )
    receipt = Receipt("k1", "read", AT)
    assert keep_items(channel, [said, receipt], "hook") == 2
    assert "Ana" not in Arrival.objects.get(kind="text").sealed
    assert take() == [receipt, said] or take() == []
    assert take() == []
    assert {row.sealed for row in Arrival.objects.all()} == {""}


@pytest.mark.django_db
def test_a_repeat_changes_nothing_even_after_it_was_taken(channel: Channel) -> None:
    assert keep_items(channel, [text()], "hook") == 1
    take()
    assert keep_items(channel, [text()], "fetch") == 0
    assert take() == []


@pytest.mark.django_db
def test_a_changed_text_comes_again_as_a_version(channel: Channel) -> None:
    keep_items(channel, [text()], "hook")
    assert keep_items(channel, [text(words="May I bring two dogs?")], "fetch") == 1
    assert keep_items(channel, [text(), text(words="May I bring two dogs?")], "back") == 0
    back = text(edited=AT + timedelta(hours=1))
    assert keep_items(channel, [back], "hook") == 1  # the first words again, by a later change
    assert [one.text for one in take()] == ["May I bring my dog?", "May I bring two dogs?", back.text]


@pytest.mark.django_db
def test_what_is_taken_back_before_the_inbox_has_it_is_not_handed_on(channel: Channel) -> None:
    keep_items(channel, [text(), text("m2")], "hook")
    gone = Gone("m1", AT + timedelta(minutes=1))
    assert keep_items(channel, [gone, gone], "hook") == 1
    assert take() == [text("m2"), gone]


@pytest.mark.django_db
def test_what_was_taken_back_does_not_come_again(channel: Channel) -> None:
    keep_items(channel, [Gone("m1", AT)], "hook")
    assert keep_items(channel, [text()], "hook") == 0
    assert rows() == [("gone", "m1")]


@pytest.mark.django_db
def test_what_was_erased_for_a_person_does_not_come_again(cast: Cast, channel: Channel) -> None:
    long = "x" * 600
    keep_items(channel, [text(), text("m2"), text(long)], "hook")
    assert actions.erase_arrivals(by=cast.admin, channel=channel, outside_ids=["m1", long], why="asked") == 2
    assert keep_items(channel, [text(), text(words="again"), text(long), Gone("m1", AT)], "hook") == 0
    assert {(kind, name[:7]) for kind, name in rows()} == {("text", "m2"), ("erased", "sha256:")}


@pytest.mark.django_db
def test_a_very_long_name_is_known_by_its_digest_in_every_row(channel: Channel) -> None:
    name = "n" * 600
    keep_items(channel, [text(name)], "hook")
    [said] = take()
    keep_items(channel, [Gone(name, AT)], "hook")
    [gone] = take()
    assert said.outside_id == gone.outside_id
    assert len(said.outside_id) <= 500


@pytest.mark.django_db
def test_odd_words_and_moments_are_made_fit(channel: Channel) -> None:
    later = clock.now() + timedelta(days=900)
    said = Incoming("a\x00b", "x\x00y \ud800 " + "z" * 200_000, later)
    assert keep_items(channel, [said], "hook") == 1
    [came] = take()
    assert came.outside_id == "a\ufffdb"
    assert came.text.startswith("x\ufffdy ? z")
    assert len(came.text) == 50_000
    assert came.at <= clock.now()


@pytest.mark.django_db
def test_our_own_posts_are_no_questions_and_answers_are_tied_to_what_they_answer(channel: Channel) -> None:
    values = {
        "channel": channel,
        "source": "2026-4f7kq2",
        "rev": 1,
        "lang": "en",
        "rendition": {},
        "post": {},
        "due": AT,
        "last_useful": AT,
        "state": "sent",
    }
    one = Delivery.objects.create(key="k1", remote_id="r1", remote={"names": ["r1", "r2"]}, **values)
    Delivery.objects.create(key="k2", remote_id="", **values)
    assert keep_items(channel, [text("r1"), text("r2"), text("m1", in_reply_to="r2")], "fetch") == 1
    assert queries.delivery_of(channel, "r2") == one
    assert queries.delivery_of(channel, "r9") is None
    assert queries.delivery_of(channel, "") is None
    found = queries.deliveries_of_ids(channel, ["r1", "r2", "", "r3"])
    assert {name: row.source for name, row in found.items()} == {"r1": one.source, "r2": one.source}


@pytest.mark.django_db(transaction=True)
def test_two_who_take_at_once_never_take_the_same(channel: Channel) -> None:
    keep_items(channel, [text(f"m{number}") for number in range(40)], "hook")
    taken: list[list[int]] = []
    both = threading.Barrier(2)

    def work() -> None:
        try:
            with transaction.atomic():
                found = queries.waiting_arrivals(20)
                both.wait(timeout=10)
                actions.mark_taken(by=WORKER, rows=found)
            taken.append([row.pk for row in found])
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({pk for part in taken for pk in part}) == 40
    assert not Arrival.objects.waiting().exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_bring_the_same_at_once_keep_it_once_and_never_block_each_other(channel: Channel) -> None:
    items = [text(f"m{number}") for number in range(200)]
    kept: list[int] = []

    def bring(part: list[Incoming]) -> None:
        try:
            kept.append(keep_items(channel, part, "hook"))
        finally:
            connection.close()

    threads = [threading.Thread(target=bring, args=(part,)) for part in (items, items[::-1], items)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(kept) == 200
    assert Arrival.objects.count() == 200
