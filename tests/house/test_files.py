"""Files stay small and say why where they leave the rules."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest
from tests.house import code

LIMIT = 500


def test_no_file_passes_500_lines() -> None:
    long = {
        code.name(path): count
        for path in [*code.ours("src", "tests", "bench", "scripts"), *code.ours("src", ends=".html")]
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LIMIT
    }
    assert not long, f"split by noun: {long}"


def excuses(path: Path) -> list[tuple[int, str]]:
    with path.open("rb") as file:
        return [
            (token.start[0], token.string)
            for token in tokenize.tokenize(file.readline)
            if token.type == tokenize.COMMENT and re.match(r"#\s*(noqa|type:\s*ignore)\b", token.string)
        ]


def reason(comment: str) -> str:
    """What is left of an excuse without its rule numbers."""
    rest = re.sub(
        r"#\s*(noqa(:\s*[A-Z]+\d+(\s*,\s*[A-Z]+\d+)*)?|type:\s*ignore(\[[\w\s,-]+\])?)", "", comment
    )
    return rest.strip(" #-:()")


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# noqa: S104 - compared, not bound", "compared, not bound"),
        ("# type: ignore[misc]  # the library has no types", "the library has no types"),
        ("# noqa: S104, E501", ""),
        ("# type: ignore[arg-type]", ""),
    ],
)
def test_reason_is_read_from_an_excuse(comment: str, said: str) -> None:
    assert reason(comment) == said


def explained(path: Path, line: int) -> bool:
    """The line above, past further excuses of the same block, is a comment that says why."""
    lines = path.read_text(encoding="utf-8").splitlines()
    above = line - 2
    while above >= 0 and re.search(r"#\s*(noqa|type:\s*ignore)\b", lines[above]):
        above -= 1
    return above >= 0 and lines[above].lstrip().startswith("#")


def test_every_excuse_has_its_reason_beside_or_above_it() -> None:
    bare = [
        f"{code.name(path)}:{line} {comment}"
        for path in code.ours("src", "scripts")
        for line, comment in excuses(path)
        if not reason(comment) and not explained(path, line)
    ]
    assert not bare, bare
