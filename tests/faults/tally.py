"""Counting: what the desk says of a delivery against what its network holds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Line:
    """One delivery when all is quiet: its state, whether a person decided, what its network ever held."""

    kind: str
    state: str
    asked_a_person: bool
    held: int
    tries: int
    looks: int

    @property
    def verdict(self) -> str:
        """`once`, `none` (surely not out, and said so), `lost`, `double`, or `open`."""
        if self.held > 1:
            return "double"
        if self.state == "sent":
            return "once" if self.held == 1 else "lost"
        if self.state in ("refused", "expired", "cancelled"):
            return "none" if self.held == 0 else "lost"
        return "open"

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "verdict": self.verdict}


def table(lines: Iterable[Mapping[str, object]]) -> dict[str, Counter[str]]:
    """By kind: deliveries, and how many of each verdict; `person` counts those that a person decided."""
    found: dict[str, Counter[str]] = {}
    for line in lines:
        for name in (str(line["kind"]), "all"):
            row = found.setdefault(name, Counter())
            row["deliveries"] += 1
            row[str(line["verdict"])] += 1
            row["person"] += bool(line["asked_a_person"])
            row["tries"] += int(str(line["tries"]))
            row["looks"] += int(str(line["looks"]))
    return found


HEAD = ("network", "deliveries", "out once", "refused, not out", "decided by a person", "lost", "double")


def markdown(found: Mapping[str, Counter[str]]) -> str:
    """The table as it stands in docs/exactly-once.md."""
    rows = [HEAD, tuple("---" if place == 0 else "---:" for place in range(len(HEAD)))]
    for name in sorted(found, key=lambda name: (name == "all", name)):
        row = found[name]
        counts = (row["deliveries"], row["once"], row["none"], row["person"], row["lost"], row["double"])
        rows.append((f"**{name}**" if name == "all" else name, *(f"{count:,}" for count in counts)))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
