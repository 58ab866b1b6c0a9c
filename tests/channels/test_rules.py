"""The decisions, on plain values."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.channels import rules, states
from dragoman.channels.connector import Field, Picture, Sent
from dragoman.channels.media import Missing, load
from dragoman.channels.rules import Outcome

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)
SENT = Sent("id", "https://x.example/1", NOW)
WHATS = st.sampled_from(["done", "absent", "try_later", "refused", "unsure"])


def test_the_pause_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [rules.pause(n).total_seconds() for n in (1, 2, 3, 8, 9, 1000)] == [5, 10, 20, 640, 900, 900]


def test_a_lease_outlives_any_attempt() -> None:
    assert rules.VERB_LIMIT + timedelta(seconds=30) < rules.LEASE


@given(WHATS, st.integers(1, 60), st.booleans())
def test_after_sending_what_may_be_out_is_never_queued(what: rules.What, tries: int, can_find: bool) -> None:
    following = rules.after_send(Outcome(what, "why", sent=SENT), tries=tries, now=NOW, can_find=can_find)
    assert (following.state == "queued") == (what == "try_later")
    assert states.DELIVERY.admits("sending", following.state)
    assert following.next_at is not None or following.person or following.state == "sent"


@given(WHATS, st.integers(1, 60), st.integers(1, 60), st.booleans(), st.booleans())
def test_after_looking_only_a_proof_of_absence_and_a_safe_key_send_again(
    what: rules.What, looks: int, tries: int, once: bool, late: bool
) -> None:
    following = rules.after_find(
        Outcome(what, "why", sent=SENT),
        looks=looks,
        tries=tries,
        now=NOW,
        last_useful=NOW if late else LATER,
        same_key_once=once,
    )
    assert (following.state == "queued") == (what == "absent" and once and not late)
    assert following.state == "unsure" or states.DELIVERY.admits("unsure", following.state)
    if following.state == "unsure":
        assert following.next_at is not None or following.person


def test_a_person_is_called_when_looking_fails_for_long_and_looking_goes_on() -> None:
    following = rules.after_find(
        Outcome("try_later", "down"), looks=6, tries=1, now=NOW, last_useful=LATER, same_key_once=True
    )
    assert following.person
    assert following.next_at is not None


def test_the_network_may_name_the_moment_but_neither_the_past_nor_next_year() -> None:
    past = Outcome("try_later", when=NOW - timedelta(hours=1))
    year = Outcome("try_later", when=NOW + timedelta(days=365))
    assert rules.next_try(past, 1, NOW) == NOW + timedelta(seconds=1)
    assert rules.next_try(year, 1, NOW) == NOW + timedelta(days=1)


def test_taking_down_is_asked_again_until_it_is_sure() -> None:
    assert rules.after_withdraw(Outcome("unsure"), tries=1, now=NOW).state == "asked"
    assert rules.after_withdraw(Outcome("refused"), tries=1, now=NOW).state == "unable"
    assert rules.after_withdraw(Outcome("try_later"), tries=40, now=NOW).state == "unable"


def test_an_empty_token_never_replaces_a_good_one() -> None:
    old = {"access": "a", "refresh": "r"}
    assert rules.merged_session(old, {"access": "b", "refresh": ""}) == {"access": "b", "refresh": "r"}
    assert rules.merged_session(old, {"refresh": None}) == old


FIELDS = (
    Field("handle", "Handle", pattern=r"[a-z.]+", mend="Small letters."),
    Field("form", "Form", choices=(("a", "A"), ("b", "B")), default="a"),
    Field("secret", "Secret", secret=True),
)


@pytest.mark.parametrize(
    ("given_values", "named"),
    [
        ({}, ["handle", "secret"]),
        ({"handle": "X!", "secret": "s"}, ["handle"]),
        ({"handle": "x", "secret": "s", "form": "c"}, ["form"]),
        ({"handle": "x", "secret": "s", "colour": "red"}, ["colour"]),
        ({"handle": " x ", "secret": "s"}, []),
    ],
)
def test_each_wrong_field_of_the_form_is_named(given_values: dict[str, str], named: list[str]) -> None:
    assert [each["field"] for each in rules.wrong_fields(FIELDS, given_values)] == named


def test_a_picture_is_loaded_by_its_digest_or_not_at_all(tmp_path: Path) -> None:
    wanted = Picture("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "image/png", 1, 1)
    with pytest.raises(Missing):
        load(wanted, (tmp_path,))
    (tmp_path / wanted.sha256).write_bytes(b"changed")
    with pytest.raises(Missing):
        load(wanted, (tmp_path,))
    (tmp_path / wanted.sha256).write_bytes(b"foo")
    assert load(wanted, (tmp_path / "absent", tmp_path)).data == b"foo"


TEXT = st.text(st.characters(), max_size=8)
SAID = st.recursive(
    TEXT | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


def leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, str):
        yield value


@given(SAID)
def test_whatever_a_network_says_can_be_stored(value: object) -> None:
    for text in leaves(rules.storable(value)):
        assert "\x00" not in text
        text.encode("utf-8")
