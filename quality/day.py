"""The sample day's own wordings as a labelled set: more of each language, and plainer, than `quality/test/`.

    python -m quality.day DIR       writes library.jsonl, messages.jsonl and help.jsonl into DIR
    python -m quality.measure --set DIR --part all

The wordings are spoken as they were written, without the typing errors of the replayed day.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from dragoman.inbox import replay
from quality.outside import Line

OWN = Path(__file__).parent / "test"
# Which approved answer of the test library answers which question of the sample day.
ANSWERS = {
    "start": "a01",
    "list": "a02",
    "count": "a03",
    "out": "a04",
    "in": "a04",
    "russia": "a05",
    "card": "a06",
    "cover": "a07",
    "money": "a08",
    "nine": "a09",
    "again": "a10",
    "extend": "a11",
    "over": "a12",
    "delay": "a13",
    "diplo": "a14",
    "inside": "a16",
    "child": "a17",
    "register": "a18",
    "other": "a20",
    "apply": "a27",
}
OUTSIDE = ("thanks", "other", "spam", "press", "abuse")


def messages() -> Iterator[Line]:
    """Every question with its answer, and what the library does not answer."""
    for spoken in replay.wordings():
        for about, said in spoken.by_kind["question"].items():
            for number, text in enumerate(said):
                yield {
                    "id": f"{spoken.lang}-{about}-{number}",
                    "set": "visa",
                    "text": text,
                    "lang": spoken.lang,
                    "answer": ANSWERS[about],
                    "group": about,
                }
        for kind in OUTSIDE:
            for number, text in enumerate(spoken.by_kind.get(kind, {}).get("", ())):
                yield {
                    "id": f"{spoken.lang}-x-{kind}-{number}",
                    "set": "visa",
                    "text": text,
                    "lang": spoken.lang,
                    "answer": None,
                    "group": None,
                }


def calls() -> Iterator[Line]:
    """Every call for help of the day, and everything else that is said in it."""
    for spoken in replay.wordings():
        for kind, abouts in spoken.by_kind.items():
            for about, said in abouts.items():
                for number, text in enumerate(said):
                    yield {
                        "id": f"{spoken.lang}-{kind}-{about}-{number}",
                        "text": text,
                        "lang": spoken.lang,
                        "help": kind == "help",
                        # who is stuck tells of distress too: counted apart
                        "kind": "direct" if kind == "help" else "near" if about == "delay" else "ordinary",
                    }


def library() -> Iterator[Line]:
    """The test library's answers on the visa rule."""
    for line in (OWN / "library.jsonl").read_text("utf-8").splitlines():
        row: Line = json.loads(line)
        if row["set"] == "visa":
            yield row


def main() -> int:
    """Write the three files."""
    if len(sys.argv) != 2:
        print("Say where to: python -m quality.day DIR", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("library", library()), ("messages", messages()), ("help", calls())):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
