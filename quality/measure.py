"""Runs `dragoman triage --jsonl` over labelled sets and prints how well it does, goals beside the figures.

    python -m quality.measure                 the final part of the project's own sets
    python -m quality.measure --part dev      the part that thresholds may be looked at on
    python -m quality.measure --set DIR       other labelled sets of the same form (quality/test/README.md)
    python -m quality.measure --json OUT      the figures as JSON too

The exit code is 0 when the measure ran, whatever the figures; 1 when the tool broke its protocol.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from quality import figures as parts
from quality.figures import Figure, Sets
from quality.outside import BrokenTool, Tool, running

OWN = Path(__file__).parent / "test"
NAMES = ("library", "messages", "help", "claims", "language", "countries", "kinds")
TOOL = [str(Path(sys.executable).parent / "dragoman"), "triage", "--jsonl"]


def load(folder: Path, part: str) -> Sets:
    """The labelled lines. A file that is not there is left out; a line without a part is in each."""
    sets: Sets = {}
    for name in NAMES:
        file = folder / f"{name}.jsonl"
        rows = []
        if file.exists():
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                try:
                    row = json.loads(line)
                except ValueError as problem:
                    raise SystemExit(f"{file}, line {number}: not JSON ({problem})") from None
                if part == "all" or row.get("part", part) == part:
                    rows.append(row)
        sets[name] = rows
    return sets


def measure(tool: Tool, sets: Sets) -> tuple[list[Figure], dict[str, dict[str, int]]]:
    """All figures that these sets allow, in the order of the table."""
    found: list[Figure] = []
    taken: dict[str, dict[str, int]] = {}
    if sets["messages"] and sets["library"]:
        found += parts.matching(tool, sets) + parts.grouping(tool, sets)
    if sets["help"]:
        found += parts.calling(tool, sets)
    if sets["claims"] and sets["library"]:
        found += parts.believing(tool, sets)
    if sets["language"]:
        found += parts.languages(tool, sets)
    if sets["countries"]:
        found += parts.countries(tool, sets)
    if sets["kinds"]:
        more, taken = parts.kinds(tool, sets)
        found += more
    return found, taken


def _number(value: float) -> str:
    return "  -  " if math.isnan(value) else f"{value:.3f}"


def table(found: Sequence[Figure], taken: dict[str, dict[str, int]]) -> str:
    """The figures as a Markdown table, so that it can be read in a terminal and kept in a page."""
    lines = ["| measure | value | cases | goal | | note |", "| --- | --- | --- | --- | --- | --- |"]
    for one in found:
        verdict = {True: "met", False: "**not met**", None: ""}[one.met]
        goal = "" if one.goal is None else f"{one.goal:.2f}"
        lines.append(f"| {one.name} | {_number(one.value)} | {one.cases} | {goal} | {verdict} | {one.note} |")
    for truth, row in taken.items():
        others = ", ".join(f"{kind} {count}" for kind, count in row.items() if kind != truth)
        if others:
            lines.append(f"| {truth} taken for | | {sum(row.values())} | | | {others} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(prog="quality.measure", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--set", type=Path, default=OWN, help="a folder of labelled sets")
    parser.add_argument("--part", choices=("final", "dev", "all"), default="final")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--command", nargs=argparse.REMAINDER, default=TOOL, help="another tool; comes last")
    wanted = parser.parse_args(arguments)
    sets = load(wanted.set, wanted.part)
    if not any(sets.values()):
        print(f"no labelled lines in {wanted.set}", file=sys.stderr)
        return 1
    try:
        with running(wanted.command) as tool:
            found, taken = measure(tool, sets)
            speed = tool.messages / tool.seconds if tool.seconds else math.nan
            told = tool.messages
    except BrokenTool as problem:
        print(f"the tool broke the protocol: {problem}", file=sys.stderr)
        return 1
    print(f"Part: {wanted.part}. Lines: {', '.join(f'{k} {len(v)}' for k, v in sets.items() if v)}.\n")
    print(table(found, taken))
    missing = sum(one.met is False for one in found)
    print(f"\n{sum(one.met is True for one in found)} goals met, {missing} not met.")
    print(f"{told} messages at {speed:.0f} a second, protocol and repeats included.")
    if wanted.json:
        rows = [
            {
                "name": one.name,
                "value": None if math.isnan(one.value) else one.value,
                "cases": one.cases,
                "goal": one.goal,
                "met": one.met,
                "note": one.note,
            }
            for one in found
        ]
        wanted.json.write_text(
            json.dumps({"part": wanted.part, "figures": rows, "kinds": taken}, ensure_ascii=False, indent=1)
            + "\n",
            "utf-8",
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
