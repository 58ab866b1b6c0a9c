"""Messages joined into groups, whatever their order."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dragoman.inbox.triage.centring import unit
from dragoman.inbox.triage.grouping import Groups, group_all, merged, profile, shared
from dragoman.inbox.triage.matching import Library

Rows = NDArray[np.float32]


def vectors(seed: int, count: int, kinds: int, spread: float = 0.5) -> Rows:
    dice = np.random.default_rng(seed)
    middles = dice.normal(size=(kinds, 16))
    rows: Rows = (middles[np.arange(count) % kinds] + spread * dice.normal(size=(count, 16))).astype(
        np.float32
    )
    return unit(rows)


@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), kinds=st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_every_message_is_in_exactly_one_group(seed: int, count: int, kinds: int) -> None:
    keys = [f"m{place}" for place in range(count)]
    found = group_all(keys, vectors(seed, count, kinds))
    assert sorted(found) == sorted(keys)
    groups = Groups()
    for key, row in zip(keys, vectors(seed, count, kinds), strict=True):
        groups.add(key, row)
    assert sorted(key for some in groups.members for key in some) == sorted(keys)  # type: ignore[type-var]  # texts
    assert sum(groups.counts) == count


@given(seed=st.integers(0, 10_000), count=st.integers(1, 50))
@settings(max_examples=30, deadline=None)
def test_another_order_makes_the_same_groups(seed: int, count: int) -> None:
    rows = vectors(seed, count, 4)
    order = np.random.default_rng(seed + 1).permutation(count)
    straight = group_all([f"m{place:03d}" for place in range(count)], rows)
    mixed = group_all([f"m{place:03d}" for place in order], rows[order])
    assert _parts(straight) == _parts(mixed)


def _parts(found: dict[object, int]) -> set[frozenset[object]]:
    return {frozenset(key for key, mine in found.items() if mine == one) for one in found.values()}


@given(seed=st.integers(0, 10_000), count=st.integers(0, 30), at_least=st.floats(0.1, 0.9))
@settings(max_examples=40, deadline=None)
def test_merging_what_was_merged_changes_nothing(seed: int, count: int, at_least: float) -> None:
    rows = vectors(seed, count, 5) if count else np.zeros((0, 16), np.float32)
    target = merged(rows, [1.0] * count, at_least=at_least)
    places = sorted(set(target))
    assert all(target[place] == place for place in places)
    sums = np.array([rows[[t == place for t in target]].sum(axis=0) for place in places])
    counts = [float(target.count(place)) for place in places]
    assert merged(sums, counts, at_least=at_least + 1e-6) == list(range(len(places)))


def test_officers_decide_over_vectors() -> None:
    rows = unit(np.array([[1, 0, 0], [0.99, 0.1, 0], [0, 1, 0], [0.98, 0.15, 0]], np.float32))
    kept = merged(rows, [1, 1, 1, 1], at_least=0.5, apart=[frozenset((0, 1))])
    assert kept[0] != kept[1]
    assert kept[3] in {kept[0], kept[1]}
    joined = merged(rows, [1, 1, 1, 1], at_least=0.999, together=[(0, 2)])
    assert joined[0] == joined[2]


def test_a_merge_and_a_split_by_hand_keep_every_message_once() -> None:
    rows = unit(np.array([[1, 0], [0, 1], [0.9, 0.1]], np.float32))
    groups = Groups(join_at=0.95)
    places = [groups.add(name, row) for name, row in zip("abc", rows, strict=True)]
    assert places == [0, 1, 0]
    groups.merge(0, 1)
    assert groups.members == [["a", "c", "b"], []]
    groups.merge(0, 1)  # the same again by another officer
    assert groups.members == [["a", "c", "b"], []]
    new = groups.split(0, ["b"], rows[1:2])
    assert groups.members[new] == ["b"]
    assert groups.add("d", rows[1]) == new


def test_groups_come_back_from_their_arrays() -> None:
    groups = Groups()
    for name, row in zip("abcdef", vectors(3, 6, 2, 0.1), strict=True):
        groups.add(name, row)
    again = Groups.restored(*groups.state())
    row = vectors(9, 1, 1)[0]
    assert again.add("new", row) == groups.add("new", row)


def test_barred_groups_take_nothing() -> None:
    groups = Groups(join_at=0.1)
    row = unit(np.ones((1, 4), np.float32))[0]
    assert groups.add("a", row) == 0
    assert groups.add("b", row, barred=[0]) == 1


def test_doubt_about_answers_says_nothing() -> None:
    rows = profile(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([1.0, 0.1]))
    assert np.linalg.norm(rows[0]) > 0.99
    assert np.linalg.norm(rows[1]) < 0.01


def test_a_very_large_group_still_moves() -> None:
    groups = Groups(join_at=-1.0)
    for place in range(1000):
        groups.add(place, np.array([1.0, 0.0], np.float32))
    for place in range(300):
        groups.add(f"late {place}", np.array([0.0, 1.0], np.float32))
    assert groups.centroids()[0][1] > 0.5


def test_what_a_library_shares_is_the_mean_of_its_questions() -> None:
    vectors = np.eye(6, dtype=np.float32)
    asks = np.array([True] * 5 + [False])
    library = Library([f"a{n}" for n in range(5)], np.arange(6) % 5, asks, vectors, ["en"] * 6)
    found = shared(library)
    assert found is not None
    assert np.allclose(found, [0.2] * 5 + [0.0])


def test_a_few_answers_do_not_tell_what_is_shared() -> None:
    few = Library(["a"], np.zeros(1, np.int64), np.ones(1, bool), np.eye(1, dtype=np.float32), ["en"])
    assert shared(few) is None
    assert shared(Library()) is None
