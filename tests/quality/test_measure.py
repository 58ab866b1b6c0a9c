"""The measure is run against a tool of a few lines, never against the real one here: that takes minutes."""

import json
import sys
from pathlib import Path

import pytest

from quality import measure, outside

TOOL = """
import json, sys
library, messages = [], {}
for line in sys.stdin:
    ask = json.loads(line)
    if ask["op"] == "reset":
        library, messages = [], {}
        reply = {"ok": True}
    elif ask["op"] == "library":
        library.append(ask)
        reply = {"ok": True}
    elif ask["op"] == "groups":
        reply = {"groups": messages}
    else:
        assert set(ask) == {"op", "id", "text"}, "an outsider tells no labels"
        words = set(ask["text"].split())
        hits = [[a["id"], len(words & set(a["answer"].split()))] for a in library]
        ranked = sorted(hits, key=lambda hit: -hit[1])
        sure = bool(ranked) and ranked[0][1] > 1
        messages[ask["id"]] = ranked[0][0] if ranked else ask["id"]
        reply = {"id": ask["id"], "lang": "en", "lang_confidence": 1,
                 "country": "PL" if "Polish" in words else None,
                 "kind": "help" if "help" in words else "question", "help_score": float("help" in words),
                 "is_help": "help" in words, "answers": ranked[:5], "confidence": 0.9 if sure else 0.1,
                 "answered": sure, "contradicts": float("not" in words)}
    print(json.dumps(reply), flush=True)
"""
LIBRARY = [
    {"set": "visa", "id": "a1", "answer": "the rule starts in February", "lang": "en"},
    {"set": "visa", "id": "a2", "answer": "money for each day of stay", "lang": "en"},
]
MESSAGES = [
    {"id": "m1", "text": "when does the rule start ?", "answer": "a1", "group": "a1"},
    {"id": "m2", "text": "the rule starts when", "answer": "a1", "group": "a1"},
    {"id": "m3", "text": "how much money for each day", "answer": "a2", "group": "a2"},
    {"id": "m4", "text": "nice weather", "answer": None, "group": None},
]
CLAIMS = [
    {
        "id": "c1",
        "text": "the rule does not start in February",
        "topic": "a1",
        "claim": "false",
        "how": "negation",
    },
    {"id": "c2", "text": "the rule starts in February", "topic": "a1", "claim": "true"},
]
HELP = [
    {"id": "h1", "text": "help me", "lang": "en", "help": True, "kind": "direct"},
    {"id": "h2", "text": "thank you", "lang": "en", "help": False, "kind": "ordinary"},
]


def lines(file: Path, rows):
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    told = [{**row, "set": "visa", "lang": "en", "part": "final"} for row in MESSAGES]
    unseen = {
        "id": "m9",
        "set": "visa",
        "lang": "en",
        "text": "x",
        "answer": "a1",
        "group": "a1",
        "part": "dev",
    }
    lines(tmp_path / "library.jsonl", LIBRARY)
    lines(tmp_path / "messages.jsonl", [*told, unseen])
    lines(tmp_path / "claims.jsonl", CLAIMS)
    lines(tmp_path / "help.jsonl", HELP)
    lines(
        tmp_path / "countries.jsonl", [{"id": "l1", "text": "Polish passport", "countries": [{"code": "PL"}]}]
    )
    lines(tmp_path / "language.jsonl", [{"id": "g1", "text": "hello there", "lang": "en", "short": False}])
    lines(tmp_path / "kinds.jsonl", [{"id": "k1", "text": "spam", "kind": "spam"}])
    return tmp_path


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "tool.py").write_text(TOOL, "utf-8")
    return [sys.executable, str(tmp_path / "tool.py")]


def test_the_table_and_the_json_hold_what_the_tool_said(folder, command, capsys):
    out = folder / "figures.json"
    assert measure.main(["--set", str(folder), "--json", str(out), "--command", *command]) == 0
    found = {one["name"]: one for one in json.loads(out.read_text("utf-8"))["figures"]}
    assert found["R@1"]["value"] == 1.0
    assert found["R@1"]["cases"] == 3, "the line of the other part was left out"
    assert found["pair F1"]["value"] == 1.0
    assert found["out of scope, AUROC of confidence"]["value"] == 1.0
    assert found["help, recall at the cut"]["met"] is True
    assert found["claims, false against true, AUROC"]["value"] == 1.0
    assert found["country, precision"]["value"] == 1.0
    printed = capsys.readouterr().out
    assert "| R@1 | 1.000 | 3 | 0.95 | met |" in printed
    assert "spam taken for" in printed


def test_a_tool_that_ends_early_is_named_not_waited_for(folder, capsys):
    assert measure.main(["--set", str(folder), "--command", sys.executable, "-c", "pass"]) == 1
    told = capsys.readouterr().err
    assert "no reply to" in told
    assert "exit code 0" in told


def test_a_reply_without_a_field_is_named(folder, capsys):
    reply = "print(json.dumps({'ok': True, 'id': json.loads(line).get('id')}), flush=True)"
    tool = f"import sys, json\nfor line in sys.stdin: {reply}"
    assert measure.main(["--set", str(folder), "--command", sys.executable, "-c", tool]) == 1
    assert "lacks lang" in capsys.readouterr().err


def test_tags_of_one_language_are_one_language():
    assert outside.language_of("nn-NO") == outside.language_of("no") == "nb"
    assert outside.language_of(None) == "und"


def test_a_country_may_be_told_in_each_of_the_forms():
    assert outside.countries_of("pl") == outside.countries_of({"code": "PL"}) == frozenset({"PL"})
    assert outside.countries_of(["PL", "DE"]) == frozenset({"PL", "DE"})
    assert outside.countries_of(None) == frozenset()
