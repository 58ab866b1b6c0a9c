"""Every rule proves itself by the examples in its own file, in every language for which it has words."""

from __future__ import annotations

import pytest

from dragoman.negotiations.neutrality import Rule, load_rules
from dragoman.negotiations.neutrality.examples import judged
from dragoman.negotiations.neutrality.rulebook import Example

RULES = load_rules().rules
PAIRS = [(rule, example) for rule in RULES for example in rule.examples]
LISTED = [(rule, lang) for rule in RULES for lang in rule.words]
ASKED = {"en", "fr", "ru", "ar", "es", "zh", "de", "be", "uk"}


def name(value: object) -> str:
    return value.id if isinstance(value, Rule) else str(getattr(value, "shows", value))


@pytest.mark.parametrize(("rule", "example"), PAIRS, ids=name)
def test_example_is_judged_as_its_file_says(rule: Rule, example: Example) -> None:
    found = judged(rule, example)
    if not example.fails:
        assert found == ()
        return
    assert found, "nothing was found"
    if example.words:
        assert example.words in [finding.words for finding in found]


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_rule_has_examples_of_both_kinds(rule: Rule) -> None:
    assert {example.fails for example in rule.examples} == {True, False}


@pytest.mark.parametrize(("rule", "lang"), LISTED, ids=name)
def test_language_with_words_has_examples_of_both_kinds(rule: Rule, lang: str) -> None:
    assert {example.fails for example in rule.examples if lang in example.texts} == {True, False}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.words], ids=name)
def test_word_lists_cover_the_languages_that_are_promised(rule: Rule) -> None:
    assert set(rule.words) >= ASKED


@pytest.mark.parametrize(("rule", "example"), [pair for pair in PAIRS if pair[1].fails], ids=name)
def test_finding_says_what_where_why_by_whom_and_how_to_mend(rule: Rule, example: Example) -> None:
    for finding in judged(rule, example):
        assert finding.rule == rule.id
        assert finding.why.strip()
        assert finding.mend.strip()
        assert finding.source == rule.source
        if finding.field:
            text = dict(zip(("title", "summary", "body"), example.texts[finding.lang], strict=True))[
                finding.field
            ]
            assert 0 <= finding.start <= finding.end <= len(text)
            if finding.end and rule.check != "numbers-across-languages":
                assert text[finding.start : finding.end] == finding.words
