"""Paces, circuits and preparing ahead, on plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels import pacing
from dragoman.channels.connector import Pace
from dragoman.channels.pacing import Wish
from dragoman.channels.rules import Outcome

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def wish(ref: int, *, posts: int = 1, urgent: bool = False, ago: int = 0) -> Wish:
    return Wish(ref, posts, urgent, NOW - timedelta(seconds=ago))


def test_without_a_pace_all_go_the_urgent_first() -> None:
    wishes = [wish(1), wish(2, urgent=True), wish(3, ago=5)]
    assert pacing.granted(wishes, pace=None, spoken=(), now=NOW) == ([2, 3, 1], None)


def test_at_a_pace_the_rest_waits_until_there_is_room() -> None:
    said = [(NOW - timedelta(seconds=50), 1)]
    going, free_at = pacing.granted([wish(1), wish(2), wish(3)], pace=Pace(2, 60), spoken=said, now=NOW)
    assert going == [1]
    assert free_at == NOW + timedelta(seconds=10)


def test_one_that_is_longer_than_the_pace_goes_when_nothing_else_was_said() -> None:
    pace = Pace(2, 60)
    assert pacing.granted([wish(1, posts=9)], pace=pace, spoken=(), now=NOW) == ([1], None)
    said = [(NOW - timedelta(seconds=1), 1)]
    going, free_at = pacing.granted([wish(1, posts=9)], pace=pace, spoken=said, now=NOW)
    assert going == []
    assert free_at is not None


@given(
    wishes=st.lists(st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 99)), max_size=12),
    said=st.lists(st.tuples(st.integers(0, 120), st.integers(1, 4)), max_size=6),
    posts=st.integers(1, 8),
)
def test_a_pace_is_never_exceeded_and_nobody_waits_for_ever(
    wishes: list[tuple[int, bool, int]], said: list[tuple[int, int]], posts: int
) -> None:
    pace = Pace(posts, 60)
    wanted = [
        Wish(ref, size, urgent, NOW - timedelta(seconds=ago))
        for ref, (size, urgent, ago) in enumerate(wishes)
    ]
    spoken = [(NOW - timedelta(seconds=ago), number) for ago, number in said]
    going, free_at = pacing.granted(wanted, pace=pace, spoken=spoken, now=NOW)
    lately = sum(number for ago, number in said if ago < 60)
    sizes = {each.ref: each.posts for each in wanted}
    total = sum(sizes[ref] for ref in going)
    assert lately + total <= posts or (lately == 0 and len(going) == 1) or not going
    assert (free_at is None) == (len(going) == len(wanted))
    if free_at is not None:
        assert NOW < free_at <= NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("outcome", "failures", "opens"),
    [
        (Outcome("refused", account=True), 0, True),
        (Outcome("refused"), 9, False),
        (Outcome("try_later"), 4, False),
        (Outcome("try_later"), 5, True),
        (Outcome("unsure"), 5, True),
        (Outcome("try_later", account=True), 9, False),
        (Outcome("try_later", sign_in=True), 0, True),
        (Outcome("done"), 9, False),
    ],
)
def test_a_circuit_opens_for_a_dead_account_and_for_nothing_else(
    outcome: Outcome, failures: int, opens: bool
) -> None:
    assert pacing.opens(outcome, failures) is opens


def test_an_account_is_asked_less_and_less_often() -> None:
    pauses = [pacing.next_check(number, NOW) - NOW for number in range(12)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=30), timedelta(minutes=30))


def test_what_lasts_a_day_is_prepared_once() -> None:
    due = NOW + timedelta(days=3)
    first = pacing.arm_first(due, NOW)
    assert first == due - timedelta(hours=23)
    assert pacing.arm_again(due, first + timedelta(hours=24), first) is None
    assert pacing.arm_again(due, None, first) is None


def test_what_lasts_half_an_hour_is_prepared_again_shortly_before() -> None:
    due = NOW + timedelta(hours=5)
    again = pacing.arm_again(due, NOW + timedelta(minutes=30), NOW)
    assert again == due - timedelta(minutes=15)
    assert pacing.arm_again(due, again + timedelta(minutes=30), again) is None


@given(minutes=st.integers(0, 24 * 60), lasts=st.integers(1, 24 * 60))
def test_preparing_ahead_comes_to_an_end_and_never_after_the_moment(minutes: int, lasts: int) -> None:
    due, now = NOW + timedelta(minutes=minutes), pacing.arm_first(NOW + timedelta(minutes=minutes), NOW)
    for _ in range(100):
        again = pacing.arm_again(due, now + timedelta(minutes=lasts), now)
        if again is None:
            return
        assert now < again < due
        now = again
    raise AssertionError("it is prepared over and over")


def test_trouble_in_preparing_is_tried_again_until_just_before_the_moment() -> None:
    due = NOW + timedelta(hours=1)
    assert pacing.arm_after_trouble(due, None, NOW) == NOW + timedelta(minutes=5)
    assert pacing.arm_after_trouble(due, due + timedelta(hours=1), NOW) == due - timedelta(minutes=1)
    assert pacing.arm_after_trouble(due, None, due - timedelta(seconds=20)) is None
