"""What a digest covers, and what is kept of an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.audit import rules
from dragoman.lib import canonical

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_whatever_is_noted_has_one_form(value: object) -> None:
    plain = rules.plain(value)
    assert rules.plain(plain) == plain
    try:
        canonical.dumps(plain)
    except canonical.NotCanonical as error:
        # Two keys of one object may fall together in NFC; nothing else may be refused.
        assert "occurs twice" in str(error)  # noqa: PT017 - the refusal is allowed, not awaited


def test_a_moment_is_written_in_utc_to_the_microsecond() -> None:
    at = datetime(2017, 1, 12, 10, 0, tzinfo=timezone(timedelta(hours=3)))
    assert rules.moment(at) == "2017-01-12T07:00:00.000000Z"


def test_nul_and_half_a_surrogate_are_replaced() -> None:
    assert rules.clean("a\x00b\ud800c") == "a\N{REPLACEMENT CHARACTER}b?c"


def test_a_digest_changes_with_any_field() -> None:
    said = {"verb": "a.b", "data": {"n": 1}}
    assert rules.digest(said) != rules.digest({**said, "data": {"n": 2}})
    assert rules.digest(said) == rules.digest(dict(reversed(list(said.items()))))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::9", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_of_an_address_only_the_network_is_kept(address: str, kept: str) -> None:
    assert rules.shortened(address) == kept


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_of_an_export_runs(cell: str) -> None:
    assert rules.safe_cell(cell) == f"'{cell}"
