"""`python -m dragoman.lib.postgres serve|url|stop HOME`: the server alone, for supervisors and shells."""

from __future__ import annotations

import sys
from pathlib import Path

from dragoman.lib.postgres import server
from dragoman.lib.problems import Problem


def main(arguments: list[str]) -> int:
    match arguments:
        case ["serve", home]:
            return server.serve(Path(home))
        case ["serve", "--quiet", home]:
            return server.serve(Path(home), told=lambda _line: None)
        case ["url", home]:
            print(server.url(Path(home)))
            return 0
        case ["stop", home]:
            print("stopped" if server.stop(Path(home)) else "was not running")
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        print(f"{problem.detail} {problem.mend}", file=sys.stderr)
        sys.exit(1)
