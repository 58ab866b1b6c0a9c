"""The sample day as a labelled set fits the library that it is measured with."""

import json
import sys

from quality import day


def test_every_question_of_the_day_has_an_answer_in_the_library():
    known = {row["id"] for row in day.library()}
    rows = list(day.messages())
    assert {row["answer"] for row in rows if row["answer"]} <= known
    assert len({row["id"] for row in rows}) == len(rows)


def test_no_line_of_the_day_is_one_of_the_test_lines():
    told = set()
    for name in ("messages", "help", "claims"):
        lines = (day.OWN / f"{name}.jsonl").read_text("utf-8").splitlines()
        told |= {json.loads(line)["text"].lower().strip(" ?!.") for line in lines}
    assert not {row["text"].lower().strip(" ?!.") for row in day.messages()} & told


def test_calls_for_help_are_few_among_all_that_is_said():
    rows = list(day.calls())
    assert 20 < sum(row["help"] for row in rows) < len(rows) / 10


def test_the_files_are_written_where_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["quality.day", str(tmp_path / "day")])
    assert day.main() == 0
    assert {file.name for file in (tmp_path / "day").iterdir()} == {
        "library.jsonl",
        "messages.jsonl",
        "help.jsonl",
    }
    monkeypatch.setattr(sys, "argv", ["quality.day"])
    assert day.main() == 2
    assert "Say where to" in capsys.readouterr().err
