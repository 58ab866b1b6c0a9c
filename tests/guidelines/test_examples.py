"""Every rule of the package proves itself by the examples in its own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.statements.guidelines import Rule, RuleSet, check, load_rules
from dragoman.statements.guidelines.loader import PACKAGE_RULES
from dragoman.statements.guidelines.model import Example

RULES = load_rules()
PAIRS = [(rule, example) for rule in RULES.rules for example in rule.examples]


def name(value: object) -> str:
    return value.id if isinstance(value, Rule) else getattr(value, "shows", "")


@pytest.mark.parametrize(("rule", "example"), PAIRS, ids=name)
def test_example_of_rule_is_judged_as_its_file_says(rule: Rule, example: Example) -> None:
    findings = check(example.draft, RuleSet(version="", rules=(rule,)))
    if not example.fails:
        assert findings == ()
        return
    assert findings, "nothing was found"
    if example.words is not None:
        assert example.words in [finding.words for finding in findings]
    if example.suggestion is not None:
        assert example.suggestion in [finding.suggestion for finding in findings]


@pytest.mark.parametrize("path", sorted(PACKAGE_RULES.glob("*.toml")), ids=lambda path: path.stem)
def test_rule_has_examples_of_both_kinds(path: Path) -> None:
    kinds = {example.fails for example in RULES[path.stem].examples}
    assert kinds == {True, False}


@pytest.mark.parametrize(("rule", "example"), [pair for pair in PAIRS if pair[1].fails], ids=name)
def test_finding_says_what_where_why_and_how_to_mend(rule: Rule, example: Example) -> None:
    for finding in check(example.draft, RuleSet(version="", rules=(rule,))):
        assert finding.words.strip()
        assert finding.why.strip()
        assert finding.source.endswith(f"rule {rule.id}")
        assert finding.mend.strip()
        if finding.start is not None and finding.field in ("title", "summary", "body"):
            text = example.draft.text(finding.lang)
            assert text is not None
            assert 0 <= finding.start <= (finding.end or 0) <= len(getattr(text, finding.field))
