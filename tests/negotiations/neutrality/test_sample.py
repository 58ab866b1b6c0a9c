"""The sample talks keep every rule, and their versions are proved."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dragoman.negotiations import neutrality
from dragoman.negotiations.neutrality import TermSheet, alternat

Texts = dict[str, tuple[str, str, str]]
NAMES = ("opening", "crossing", "river")


@pytest.mark.parametrize("name", NAMES)
def test_joint_text_of_the_sample_keeps_every_rule(
    sheet: TermSheet, sample: Mapping[str, Any], joint: Callable[[str], Texts], name: str
) -> None:
    assert neutrality.check(joint(name), sheet, sample["releases"][name]) == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_text_under_another_number_names_the_wrong_party_first(
    sheet: TermSheet, sample: Mapping[str, Any], joint: Callable[[str], Texts], name: str
) -> None:
    found = neutrality.check(joint(name), sheet, sample["releases"][name] + 1)
    assert {finding.lang for finding in found if finding.severity == "blocks"} == {"en", "fr", "ar", "ru"}
    assert {finding.rule for finding in found} == {"ORD-1"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("party", ["northland", "eastmark"])
def test_version_of_each_party_is_proved(
    sheet: TermSheet, sample: Mapping[str, Any], joint: Callable[[str], Texts], name: str, party: str
) -> None:
    agreed, number = joint(name), sample["releases"][name]
    version = alternat.version(agreed, sheet, number, party)
    proof = alternat.prove(agreed, version, sheet, party, number)
    assert proof.ok
    assert {difference.lang for difference in proof.differences} == set(agreed)
    for lang, fields in version.items():
        first = min(
            sheet.order,
            key=lambda each: fields[2].casefold().find(stem(sheet, each, lang)),
        )
        assert first == party


def stem(sheet: TermSheet, party: str, lang: str) -> str:
    """What all forms of the name have in common."""
    return {"northland": {"ar": "نورث", "ru": "норт"}, "eastmark": {"ar": "إيست", "ru": "истм"}}[party].get(
        lang, party[:6]
    )


def test_every_text_of_the_sample_is_canonical(sample: Mapping[str, Any]) -> None:
    def words(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [word for each in inner for word in words(each)]

    for text in words(dict(sample)):
        assert unicodedata.is_normalized("NFC", text)
        assert not any(unicodedata.category(sign) == "Cf" for sign in text)
        assert not any(line != line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    "part", ["pulse", "fallback", "protocol", "texts.opening", "texts.crossing", "texts.river"]
)
def test_every_part_of_the_sample_has_every_language(
    sheet: TermSheet, sample: Mapping[str, Any], part: str
) -> None:
    found: Any = sample
    for key in part.split("."):
        found = found[key]
    assert set(found) == set(sheet.languages) == set(sample["process"]["languages"])
