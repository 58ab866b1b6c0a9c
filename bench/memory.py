"""Peak memory of each process of a desk, idle after its start, with the sample in it.

Peak resident set (VmHWM) and proportional share (Pss, which counts shared pages once) as the kernel tells
them, summed over the processes of each part: granian has a parent and a worker, PostgreSQL one process per
connection.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.ground.running import Desk  # noqa: E402 - found by the line above

SETTLE = 20.0
PARTS = {
    "dragoman.lib.postgres": "database keeper",
    "granian --interface wsgi": "web",
    "dragoman.cli.worker": "worker",
    "dragoman.public.pulse": "pulse",
    "dragoman.cli.main up": "supervisor",
}


def part(command: str) -> str:
    if "dragoman.config.wsgi" in command:
        return "web-desk"
    if "dragoman.public.serve" in command:
        return "web-public"
    found = [name for mark, name in PARTS.items() if mark in command]
    return found[0] if found else "PostgreSQL" if "postgres" in command else "other"


def kilobytes(path: Path, field: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0


def measure(desk: Desk) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for pid in desk.processes():
        place = Path(f"/proc/{pid}")
        try:
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            peak = kilobytes(place / "status", "VmHWM")
            share = kilobytes(place / "smaps_rollup", "Pss")
        except OSError:
            continue
        row = found.setdefault(part(command), {"processes": 0, "peak_rss_kb": 0, "pss_kb": 0})
        row["processes"] += 1
        row["peak_rss_kb"] += peak
        row["pss_kb"] += share
    return found


def main() -> int:
    if not sys.platform.startswith("linux"):
        print("memory: only Linux tells this")
        return 0
    with Desk(DRAGOMAN_SAMPLE="1") as desk:
        desk.until_well()
        time.sleep(SETTLE)
        found = measure(desk)
    results = ROOT / "bench" / "results"
    results.mkdir(exist_ok=True)
    told = {"at": datetime.now(UTC).isoformat(), "settle_seconds": SETTLE, "parts": found}
    (results / "memory.json").write_text(json.dumps(told, indent=1) + "\n")
    print(f"{'part':<18}{'processes':>10}{'peak RSS MB':>14}{'share (Pss) MB':>16}")
    for name, row in sorted(found.items(), key=lambda pair: -pair[1]["pss_kb"]):
        print(
            f"{name:<18}{row['processes']:>10}{row['peak_rss_kb'] / 1024:>14.1f}{row['pss_kb'] / 1024:>16.1f}"
        )
    total = sum(row["pss_kb"] for row in found.values())
    print(f"{'all':<18}{sum(row['processes'] for row in found.values()):>10}{'':>14}{total / 1024:>16.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
