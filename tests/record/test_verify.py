import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.record.conftest import Seal, texts, trust
from tests.record.desk_witness import DeskWitness
from typer import Typer
from typer.testing import CliRunner, Result

from dragoman.cli.verify import verify as command
from dragoman.lib.tlog import policy
from dragoman.record import keys, store

pytestmark = pytest.mark.django_db(transaction=True)
ID = "2026-4f7kq2"


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verifier's own files, apart from the record's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "verifier" / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "verifier" / "state"))


def run(place: object, *options: object) -> Result:
    app = Typer(pretty_exceptions_enable=False)
    app.command()(command)
    return CliRunner().invoke(app, [str(place), *map(str, options)])


@pytest.fixture
def released(seal: Seal, home: Path) -> Path:
    """Three entries: a statement, another, and a correction of the first."""
    seal()
    seal("other")
    seal(rev=2, kind="correction")
    return home / "public"


@pytest.fixture
def site(released: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(released)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("part", ["", "record"])
def test_a_folder_verifies_with_the_policy(released: Path, part: str) -> None:
    result = run(released / part, "--policy", keys.policy_path())
    assert result.exit_code == 0, result.output
    assert "VERIFIED  localhost/record: 3 entries" in result.output
    assert "6 texts and media, 3 proofs" in result.output
    assert "asks for no witness" in result.output


@pytest.mark.parametrize("part", ["", "/record", "/en/statements/anything/"])
def test_a_site_verifies_with_the_policy(site: str, part: str) -> None:
    result = run(site + part, "--policy", keys.policy_path())
    assert result.exit_code == 0, result.output


def test_without_a_policy_it_refuses_and_says_how_to_get_one(site: str, released: Path) -> None:
    for place in (site, released):
        result = run(place)
        assert result.exit_code == 1
        assert "--policy FILE" in result.output
        assert "--trust-on-first-use" in result.output


def test_the_served_policy_is_taken_only_when_asked_and_then_kept(site: str, released: Path) -> None:
    first = run(site, "--trust-on-first-use")
    assert first.exit_code == 0, first.output
    assert str(keys.signing()[0].verifier) in first.output
    assert run(site).exit_code == 0
    # What the record serves later no longer matters.
    (released / "record" / "policy").write_text("quorum none\n")
    assert run(site, "--trust-on-first-use").exit_code == 0


def test_another_records_key_is_refused(released: Path, tmp_path: Path) -> None:
    from dragoman.lib.tlog.note import SignerKey

    other = tmp_path / "other.txt"
    other.write_text(f"log {SignerKey.make('localhost/record').verifier}\nquorum none\n")
    result = run(released, "--policy", other)
    assert result.exit_code == 1
    assert "not signed by a log key of the policy" in result.output


def test_one_statement_is_verified_and_its_correction_told(released: Path) -> None:
    result = run(released, "--policy", keys.policy_path(), "--statement", f"{ID}-1")
    assert result.exit_code == 0, result.output
    assert f"{ID}, revision 1: statement" in result.output
    assert "later CORRECTED by revision 2" in result.output
    assert "2 texts and media, 1 proofs" in result.output


def test_an_unknown_statement_is_refused_without_calling_it_false(released: Path) -> None:
    result = run(released, "--policy", keys.policy_path(), "--statement", "2026-nothing")
    assert result.exit_code == 1
    assert "not whether it is true" in result.output


def test_a_sealed_text_is_found_with_what_came_later(released: Path, tmp_path: Path, seal: Seal) -> None:
    seal(rev=3, kind="withdrawal", texts=[])
    copy = tmp_path / "copy.txt"
    copy.write_bytes(texts(f"statement {ID} 1")[1].data)
    result = run(released, "--policy", keys.policy_path(), "--text", copy)
    assert result.exit_code == 0, result.output
    assert f"This is the en text of {ID}, revision 1" in result.output
    assert "later CORRECTED by revision 2" in result.output
    assert "later WITHDRAWN by revision 3" in result.output


def test_a_text_with_other_line_ends_is_found_and_that_is_said(released: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_bytes(b"\xef\xbb\xbf" + texts("statement other 1")[0].data.rstrip() + b"\r\n\r\n")
    result = run(released, "--policy", keys.policy_path(), "--text", copy)
    assert result.exit_code == 0, result.output
    assert "after bringing line ends" in result.output


def test_a_text_that_is_not_sealed_is_refused_but_not_called_false(released: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_bytes(b"# Ten days\n")
    result = run(released, "--policy", keys.policy_path(), "--text", copy)
    assert result.exit_code == 1
    assert "not whether they are true" in result.output


def record_files(folder: Path) -> list[Path]:
    # The policy is not evidence and is never read unless asked for; old partial files speak for old heads.
    current = {"checkpoint", "000.p/3"}
    return [
        path
        for path in sorted((folder / "record").rglob("*"))
        if path.is_file()
        and path.name != "policy"
        and ("tile" not in path.parts or any(str(path).endswith(one) for one in current))
    ]


@pytest.mark.parametrize("how", ["flip", "cut", "grow", "empty", "garbage"])
def test_wrong_bytes_in_any_file_are_refused(released: Path, how: str) -> None:
    files = record_files(released)
    assert len(files) == 1 + 2 + 6 + 3
    for path in files:
        right = path.read_bytes()
        wrong = {
            "flip": right[:-3] + bytes([right[-3] ^ 4]) + right[-2:],
            "cut": right[:-1],
            "grow": right + b"\n",
            "empty": b"",
            "garbage": b"\x00\xff<html>" * 40,
        }[how]
        path.write_bytes(wrong)
        result = run(released, "--policy", keys.policy_path())
        assert result.exit_code == 1, f"{path}: {result.output}"
        assert result.output.startswith("REFUSED"), f"{path}: {result.output}"
        path.write_bytes(right)
    assert run(released, "--policy", keys.policy_path()).exit_code == 0


def test_every_byte_of_a_proof_and_of_the_head_matters(released: Path) -> None:
    for path in (released / "record" / "checkpoint", released / "record" / "proof" / f"{ID}-1.tlog-proof"):
        right = path.read_bytes()
        for at in range(len(right)):
            path.write_bytes(right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :])
            assert run(released, "--policy", keys.policy_path()).exit_code == 1, f"{path.name} at {at}"
        path.write_bytes(right)


def test_an_absent_file_is_refused_and_an_absent_record_is_unreadable(released: Path, tmp_path: Path) -> None:
    for path in record_files(released):
        right = path.read_bytes()
        path.unlink()
        result = run(released, "--policy", keys.policy_path())
        assert result.exit_code == (2 if path.name == "checkpoint" else 1), f"{path}: {result.output}"
        path.write_bytes(right)
    assert run(tmp_path / "nowhere", "--policy", keys.policy_path()).exit_code == 2
    assert run("http://127.0.0.1:1", "--policy", keys.policy_path()).exit_code == 2
    assert run(released, "--policy", tmp_path / "no.txt").exit_code == 2


def test_a_text_that_was_taken_down_can_be_accepted_by_name(released: Path) -> None:
    next((released / "record" / "text").iterdir()).unlink()
    result = run(released, "--policy", keys.policy_path(), "--allow-missing")
    assert result.exit_code == 0, result.output
    assert "Taken down: text/" in result.output


def test_a_record_that_shrinks_is_refused_by_who_saw_it_larger(released: Path, seal: Seal) -> None:
    old = {path: path.read_bytes() for path in record_files(released)}
    seal("fourth")
    assert run(released, "--policy", keys.policy_path()).exit_code == 0
    for path, data in old.items():
        path.write_bytes(data)
    result = run(released, "--policy", keys.policy_path())
    assert result.exit_code == 1
    assert "has shrunk" in result.output


def test_a_head_that_awaits_witnesses_is_refused(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    witnesses[1].mood = witnesses[2].mood = 503
    seal()
    result = run(home / "public", "--policy", keys.policy_path())
    assert result.exit_code == 1
    assert "awaits witnesses" in result.output


def test_a_head_with_its_quorum_verifies_and_names_the_witnesses(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    seal()
    result = run(home / "public", "--policy", keys.policy_path())
    assert result.exit_code == 0, result.output
    assert result.output.count("saw this head at") >= 2
    assert policy.parse(store.read("policy").decode()) == keys.trust()
