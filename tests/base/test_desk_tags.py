"""The tags that every page of the desk uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dragoman.base.templatetags import desk

AT = datetime(2017, 1, 12, 6, 42, 5, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("", "12 Jan 2017 09:42 Minsk"),
        ("minute", "09:42 Minsk"),
        ("clock", "09:42:05 Minsk"),
        ("full", "12 Jan 2017 09:42:05.123 Minsk (UTC+3)"),
        ("day", "12 Jan 2017"),
    ],
)
def test_a_moment_is_told_on_the_clock_of_its_zone(form: str, text: str) -> None:
    assert f">{text}</time>" in desk.moment(AT, "Europe/Minsk", form)


def test_an_unknown_zone_is_shown_in_utc_and_never_fails() -> None:
    assert "06:42" in desk.moment(AT, "Nowhere/At-all", "minute")


@pytest.mark.parametrize(
    ("zone", "offset"), [("UTC", "UTC"), ("Asia/Kolkata", "UTC+5:30"), ("America/New_York", "UTC-5")]
)
def test_an_offset_is_told_with_its_sign(zone: str, offset: str) -> None:
    assert desk.offset_of(AT, zone) == offset


@pytest.mark.parametrize(
    ("span", "text"),
    [(41, "41 s"), (16 * 60, "16 min"), (108 * 60, "1 h 48"), (86_400, "1 day"), (3 * 86_400, "3 days")],
)
def test_a_span_is_told_in_the_largest_unit_that_fits(span: int, text: str) -> None:
    assert desk.span(timedelta(seconds=span)) == text


def test_a_state_is_colour_shape_and_word() -> None:
    shown = desk.state("released")
    assert 'class="st good"' in shown
    assert "#s-sent" in shown
    assert shown.endswith("Released</span>")


def test_an_unknown_state_is_shown_by_its_own_word() -> None:
    assert "Half baked" in desk.state("half_baked")


def test_what_is_shown_is_escaped() -> None:
    assert "<b>" not in desk.state("draft", "<b>")
    assert "<b>" not in desk.digest("<b>")


@pytest.mark.parametrize(
    ("code", "direction"),
    [("ar", "rtl"), ("fa-IR", "rtl"), ("en", "ltr"), ("az-Arab", "rtl"), ("ar-Latn", "ltr"), ("", "ltr")],
)
def test_a_language_runs_as_its_script_does(code: str, direction: str) -> None:
    assert f'dir="{direction}"' in desk.lang_attrs(code)


def test_a_language_is_named_in_its_own_script_and_an_unknown_one_by_its_code() -> None:
    assert desk.own_name("ar") == "العربية"
    assert desk.own_name("be") == "Беларуская"
    assert desk.own_name("qqx") in ("qqx", "Qqx")


def test_a_digest_shows_its_first_figures_in_fours_and_keeps_the_whole() -> None:
    whole = "7c4e91aa5d20b3f8" * 4
    assert "7c4e 91aa 5d20 b3f8 … b3f8" in desk.digest(whole)
    assert f'data-copy="{whole}"' in desk.digest(whole, "whole")
