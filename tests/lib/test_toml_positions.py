"""The scanner finds exactly the entries that tomllib reads, each where it stands."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.toml_positions import Path, Place, line_column, nearest, places

KEYS = st.text(min_size=1, max_size=8).filter(lambda s: not any(0xD800 <= ord(c) <= 0xDFFF for c in s))
TEXTS = st.text(max_size=30).filter(lambda s: not any(0xD800 <= ord(c) <= 0xDFFF for c in s))
SCALARS = st.one_of(
    TEXTS,
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.floats(allow_nan=False),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=6)


def leaves(value: Any, path: Path = ()) -> dict[Path, Any]:
    if isinstance(value, dict):
        return {p: v for key, inner in value.items() for p, v in leaves(inner, (*path, key)).items()}
    if isinstance(value, list):
        return {p: v for n, inner in enumerate(value) for p, v in leaves(inner, (*path, n)).items()}
    return {path: value}


@given(DOCUMENTS, st.booleans())
def test_every_leaf_stands_where_the_scanner_says(document: dict[str, Any], multiline: bool) -> None:
    source = tomli_w.dumps(document, multiline_strings=multiline)
    found = places(source)
    for path, value in leaves(tomllib.loads(source)).items():
        place = found[path]
        text = source.replace("\r\n", "\n")[place.start : place.end]
        assert tomllib.loads("x = " + text)["x"] == value


BY_HAND = '''# a comment with [brackets] = "and equals"
title = """one
two = "three\\""""   # after
path.to."the key" = 'C:\\temp'  \r
list = [ # why
  "a]", 'b,', [1, 2], { x = 1, y.z = "}" },
]
when = 2017-02-12 10:00:00

[[fact]]
number = "F1"
[fact.text]
en = "one"

[[fact]]
number = "F2"
  [fact.text]
  "ar" = """"واحد""""
[[fact.deep]]
n = 1
[[fact.deep]]
n = 2
'''


def test_hand_written_forms_are_found() -> None:
    found = places(BY_HAND)
    source = BY_HAND.replace("\r\n", "\n")
    for path, value in leaves(tomllib.loads(BY_HAND)).items():
        text = source[found[path].start : found[path].end]
        assert tomllib.loads("x = " + text)["x"] == value, path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("title",), (2, 1)),
        (("path", "to"), (4, 1)),
        (("list", 3, "y", "z"), (6, 32)),
        (("fact", 0), (10, 1)),
        (("fact", 1, "text", "ar"), (18, 3)),
        (("fact", 1, "deep", 1, "n"), (22, 1)),
    ],
)
def test_lines_and_columns_count_from_one(path: Path, expected: tuple[int, int]) -> None:
    assert line_column(BY_HAND, places(BY_HAND)[path].key) == expected


def test_missing_path_is_placed_at_what_holds_it() -> None:
    found = places(BY_HAND)
    assert nearest(found, ("fact", 1, "text", "zh")) == found["fact", 1, "text"]
    assert nearest(found, ("nowhere",)) == Place(0, 0, 0)
