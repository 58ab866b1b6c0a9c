"""Rule files: a ministry changes, adds or switches off; a mistake is told with its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.lib.problems import Invalid
from dragoman.negotiations.neutrality import RuleSet, check, load_rules
from dragoman.negotiations.neutrality.examples import example_sheet

WHOLE = """
title = "No exclamation mark"
severity = "note"
check = "judgement"
subject = "cheer"
text = "A joint text does not cheer."
why = "It cheers."
source = "House style"
mend = "Say it plainly."
[words.en]
judging = ["hooray"]
praising = []
[[passes]]
shows = "Plain"
texts.en = { body = "The road is open." }
[[fails]]
shows = "Cheer"
texts.en = { body = "Hooray, the road is open." }
words = "Hooray"
"""


def own(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def found(rules: RuleSet, lang: str, text: str) -> set[tuple[str, str]]:
    sheet = example_sheet()
    return {(finding.rule, finding.words) for finding in check({lang: ("", "", text)}, sheet, 1, rules=rules)}


def told(folder: Path) -> str:
    with pytest.raises(Invalid) as refused:
        load_rules(folder)
    assert refused.value.code == "rule-file"
    return refused.value.detail


def test_language_is_added_to_a_rule_of_ours(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        "SAY-1.toml",
        '[words.fi]\nneutral = ["sanoi/sanoivat"]\ndoubt = ["väitti*"]\nguilt = []\nheat = []\ntruth = []\n',
    )
    rules = load_rules(folder)
    assert ("SAY-1", "väittivät") in found(rules, "fi", "He väittivät niin.")
    assert ("SAY-1", "claimed") in found(rules, "en", "They claimed it.")
    notes = check({"fi": ("", "", "Hän väitti.")}, example_sheet(), 1, rules=rules)
    assert not [note for note in notes if note.rule == "SAY-1" and note.why.startswith("Not checked")]


def test_lists_of_one_language_are_replaced_and_the_others_stay(tmp_path: Path) -> None:
    folder = own(tmp_path, "JDG-1.toml", '[words.en]\njudging = ["odd"]\npraising = []\n')
    rules = load_rules(folder)
    assert found(rules, "en", "A brutal, odd day.") >= {("JDG-1", "odd")}
    assert ("JDG-1", "brutal") not in found(rules, "en", "A brutal, odd day.")
    assert ("JDG-1", "brutal") in found(rules, "de", "Ein brutal langer Tag.")


def test_severity_and_parameters_are_changed_without_the_rest(tmp_path: Path) -> None:
    folder = own(tmp_path, "PRC-1.toml", 'severity = "note"\n[parameters]\nleast = 50\n')
    rule = load_rules(folder)["PRC-1"]
    assert rule.severity == "note"
    assert rule.parameters == {"percent": 25, "least": 50}


def test_rule_is_switched_off(tmp_path: Path) -> None:
    assert "JDG-1" not in {rule.id for rule in load_rules(own(tmp_path, "JDG-1.toml", "off = true\n")).rules}


def test_new_rule_is_read_whole(tmp_path: Path) -> None:
    rules = load_rules(own(tmp_path, "HSE-1.toml", WHOLE))
    assert ("HSE-1", "Hooray") in found(rules, "en", "Hooray, the road is open.")


def test_version_changes_with_any_file(tmp_path: Path) -> None:
    before = load_rules(tmp_path).version
    assert before == load_rules().version
    assert load_rules(own(tmp_path, "HSE-1.toml", WHOLE)).version != before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("SAY-1.toml", "severity = ", "is not TOML"),
        ("say.toml", "off = true", "must be named like its rule"),
        ("SAY-1.toml", 'id = "SAY-2"', "says id"),
        ("SAY-1.toml", 'colour = "red"', "knows no key “colour”"),
        ("SAY-1.toml", 'severity = "loud"', "severity must be one of"),
        ("SAY-1.toml", 'check = "magic"', "knows no check “magic”"),
        ("SAY-1.toml", 'why = " "', "“why” must be words"),
        ("SAY-1.toml", '[words.pl]\nneutral = ["a"]\n', "[words.pl] lacks “doubt”"),
        ("SAY-1.toml", '[words.pl]\nnoise = ["a"]\n', "knows no list “noise”"),
        ("JDG-1.toml", '[words.pl]\njudging = ["*"]\npraising = []\n', "must be a list of words"),
        ("JDG-1.toml", 'words = ["a"]\n', "must be tables of lists"),
        ("PRC-1.toml", "[parameters]\nleast = -1\n", "must be a whole number"),
        ("PRC-1.toml", "[parameters]\nmost = 1\n", "takes no parameter “most”"),
        ("HSE-2.toml", 'title = "Half a rule"', "lacks severity, check"),
        ("JDG-1.toml", "[[passes]]\ntexts.en = { body = 1 }\n", "needs texts.<language>"),
        ("JDG-1.toml", '[[passes]]\ntexts.en = { body = "x" }\n', "lacks shows"),
    ],
)
def test_mistake_is_told_with_its_file(tmp_path: Path, name: str, text: str, words: str) -> None:
    detail = told(own(tmp_path, name, text))
    assert words in detail
    assert name in detail


def test_mistakes_of_several_files_are_told_at_once(tmp_path: Path) -> None:
    own(tmp_path, "SAY-1.toml", 'severity = "loud"')
    own(tmp_path, "JDG-1.toml", 'check = "magic"')
    detail = told(tmp_path)
    assert "SAY-1.toml" in detail
    assert "JDG-1.toml" in detail


def test_file_that_is_not_utf8_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "SAY-1.toml").write_bytes(b"\xff")
    assert "not UTF-8" in told(tmp_path)
    (tmp_path / "SAY-1.toml").write_bytes(b"#" * 300_000)
    assert "larger" in told(tmp_path)
