import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib import canonical
from dragoman.lib.canonical import NotCanonical
from dragoman.lib.files import write_atomic

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def test_keys_are_sorted_and_white_space_is_absent() -> None:
    assert canonical.dumps({"b": [1, True, None], "a": "é"}) == '{"a":"é","b":[1,true,null]}'.encode()


def test_keys_are_sorted_by_utf16_units() -> None:
    # By code point U+FF01 comes before U+1F600; by UTF-16 unit the surrogate D83D comes first.
    assert canonical.dumps({"\uff01": 1, "\U0001f600": 2}).startswith('{"\U0001f600"'.encode())


def test_controls_are_escaped_as_jcs_says() -> None:
    assert (
        canonical.dumps('\x0f\n\t\x08\x0c\r"\\/\x7f€') == b'"\\u000f\\n\\t\\b\\f\\r\\"\\\\/\x7f\xe2\x82\xac"'
    )


def test_decomposed_text_is_brought_to_nfc() -> None:
    assert canonical.dumps("e\u0301") == canonical.dumps("\u00e9")


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), 2**53, {1: 2}, {"é": 1, "e\u0301": 2}, "\ud800", b"x", {"a": {"b": [object()]}}],
)
def test_a_value_without_one_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical.dumps(value)


def test_a_refusal_says_where() -> None:
    with pytest.raises(NotCanonical, match=r"\$\.a\.b\[0\]: float"):
        canonical.dumps({"a": {"b": [0.5]}})


@pytest.mark.parametrize(
    "data",
    [b'{"b":1,"a":2}', b"[1, 2]", b"1.0", b"\xff", b'{"a":1,"a":1}', b"", b"[" * 9999],
)
def test_bytes_in_another_form_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.loads(data)


@given(plain)
def test_one_value_has_one_form_and_it_reads_back(value: object) -> None:
    try:
        data = canonical.dumps(value)
    except NotCanonical:
        return  # two keys that are one in NFC
    assert canonical.dumps(json.loads(data)) == data
    assert canonical.dumps(canonical.loads(data)) == data
    assert canonical.digest(value) == hashlib.sha256(data).hexdigest()


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
