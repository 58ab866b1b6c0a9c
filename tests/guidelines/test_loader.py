"""Rule files are read with clear errors; the ministry's own files change, add and switch off rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.lib.problems import Invalid
from dragoman.statements.guidelines import Draft, DraftText, check, load_rules

WHOLE = """
title = "No exclamation marks"
severity = "warns"
check = "agreed-terms"
text = "Calm words."
why = "It shouts."
source = "House rule"
mend = "Take it out."
[[parameters.terms]]
avoid = { en = ["wow"] }
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def mistake(folder: Path) -> str:
    with pytest.raises(Invalid) as refusal:
        load_rules(override=folder)
    assert refusal.value.where
    assert refusal.value.mend
    return refusal.value.detail


def test_rules_are_read_from_the_package() -> None:
    rules = load_rules()
    wanted = "ACS-1 ACS-3 APP-1 APP-4 CTL-1 DEL-1 ELE-1 EMB-1 FCT-1 FCT-2 LEN-1 LNG-1 LNG-2 LNG-3 LNK-1 PII-1"
    assert set(wanted.split()) <= {rule.id for rule in rules.rules}
    assert len(rules.version) == 64


def test_missing_folder_changes_nothing(tmp_path: Path) -> None:
    assert load_rules(override=tmp_path / "none") == load_rules()


def test_ministry_changes_a_rule_by_naming_only_the_change(tmp_path: Path) -> None:
    rules = load_rules(override=write(tmp_path, "ACS-3.toml", 'severity = "blocks"'))
    assert rules["ACS-3"].severity == "blocks"
    assert rules["ACS-3"].title == load_rules()["ACS-3"].title
    assert rules.version != load_rules().version


def test_ministry_switches_a_rule_off(tmp_path: Path) -> None:
    rules = load_rules(override=write(tmp_path, "ACS-3.toml", "off = true"))
    assert "ACS-3" not in {rule.id for rule in rules.rules}


def test_ministry_adds_a_rule(tmp_path: Path) -> None:
    rules = load_rules(override=write(tmp_path, "HSE-1.toml", WHOLE))
    (finding,) = [
        f for f in check(Draft(languages=(DraftText("en", "Wow", "Yes."),)), rules) if f.rule == "HSE-1"
    ]
    assert (finding.words, finding.severity) == ("Wow", "warns")


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, "ACS-3.toml", 'severity = "blocks"')
    assert load_rules(override=tmp_path)["ACS-3"].severity == "blocks"
    write(tmp_path, "ACS-3.toml", 'severity = "reason" # longer')
    assert load_rules(override=tmp_path)["ACS-3"].severity == "reason"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "ACS-3.toml",
            'severity = "hard"',
            "ACS-3.toml line 1: severity must be one of blocks, reason, warns",
        ),
        ("ACS-3.toml", '\nseverty = "blocks"', "line 2: knows no key “severty”"),
        ("ACS-3.toml", 'title = "a"\ntitle = "b"', "line 2"),
        ("ACS-3.toml", "[parameters]\nmost_emoji = true", "most_emoji"),
        ("ACS-3.toml", "[parameters]\nmost_emojis = 3", "takes no parameter “most_emojis”"),
        ("ACS-3.toml", 'id = "ACS-4"', "but the file is ACS-3.toml"),
        ("ACS-3.toml", 'check = "magic"', "knows no check “magic”"),
        ("ACS-3.toml", '[[fails]]\nshows = "x"\nboddy = 1', "a draft has no “boddy”"),
        ("ACS-3.toml", "[[fails]]\nkind = 'x'", "[[fails]] 1 lacks shows"),
        ("HSE-1.toml", 'title = "Half a rule"', "HSE-1.toml: lacks severity, check, text"),
        ("my rule.toml", WHOLE, "must be named like its rule"),
    ],
)
def test_mistake_is_named_with_file_and_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    assert said in mistake(write(tmp_path, name, text))


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, "ACS-1.toml", 'severity = "x"')
    write(tmp_path, "ACS-3.toml", "not toml")
    said = mistake(tmp_path)
    assert "ACS-1.toml" in said
    assert "ACS-3.toml" in said


def test_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "ACS-3.toml").write_bytes(b'title = "\xff"')
    assert "is not UTF-8" in mistake(tmp_path)
