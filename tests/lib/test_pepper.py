"""Marks and tokens that only the house can make."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from dragoman.lib.pepper import Pepper, ref_of
from dragoman.lib.vault import VaultError

REF = uuid.UUID("12345678-1234-4234-8234-123456789abc")


def test_equal_parts_give_equal_marks_and_others_do_not(tmp_path: Path) -> None:
    pepper = Pepper(tmp_path / "k")
    assert pepper.mark("a", "x", "y") == Pepper(tmp_path / "k").mark("a", "x", "y")
    marks = {
        pepper.mark(*parts) for parts in (("a", "x", "y"), ("a", "xy"), ("a", "x", "y", ""), ("b", "x", "y"))
    }
    assert len(marks) == 4
    assert Pepper(tmp_path / "other").mark("a", "x", "y") not in marks


def test_a_token_names_its_ref_and_fits_its_purpose_alone(tmp_path: Path) -> None:
    pepper = Pepper(tmp_path / "k")
    token = pepper.token("leave", REF)
    assert len(token) == 43
    assert ref_of(token) == REF
    assert pepper.fits(token, "leave")
    assert not pepper.fits(token, "confirm")
    assert not pepper.fits(token, "leave", "more")
    for place in range(43):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert not pepper.fits(other, "leave")


def test_a_tag_is_fit_for_an_address(tmp_path: Path) -> None:
    pepper = Pepper(tmp_path / "k")
    tag = pepper.tag("bounce", REF)
    assert tag.isalnum()
    assert tag == tag.lower()
    assert pepper.ref_of_tag(tag.upper(), "bounce") == REF
    assert pepper.ref_of_tag(tag, "other") is None
    assert pepper.ref_of_tag("b" + tag[1:], "bounce") is None


@pytest.mark.parametrize("text", ["", "x", "é" * 43, "=" * 43, "A" * 42, "A" * 44, "\x00" * 43])
def test_nonsense_names_nothing(tmp_path: Path, text: str) -> None:
    pepper = Pepper(tmp_path / "k")
    assert not pepper.fits(text, "leave")
    assert pepper.ref_of_tag(text, "leave") is None


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "k"
    place.write_text("00" * 32)
    place.chmod(0o644)
    with pytest.raises(VaultError, match="chmod"):
        Pepper(place).mark("a")
    place.chmod(0o600)
    place.write_text("nonsense")
    with pytest.raises(VaultError, match="does not hold a key"):
        Pepper(place).mark("a")


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    pepper = Pepper(tmp_path / "k")
    pepper.mark("a")
    assert (tmp_path / "k").read_text().strip() not in repr(pepper) + repr(str(pepper))
