"""Three witnesses as processes of their own, the desk, and a verifier who listens to all of them."""

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lib.witnessing.logs import Log
from tests.record.conftest import BY, Seal, trust
from tests.record.faults import Backup, verified
from tests.record.real_witness import RealWitness
from tests.record.serving import served
from typer import Typer
from typer.testing import CliRunner, Result

from dragoman.cli import pins
from dragoman.cli.verify import verify as verify_command
from dragoman.cli.witness import witness as witness_command
from dragoman.lib.http import Limits
from dragoman.lib.problems import Conflict
from dragoman.lib.tlog import note, proof, witness
from dragoman.lib.tlog.verify import open_head
from dragoman.lib.witnessing import asking
from dragoman.record import actions, keys, queries, store, witnesses
from dragoman.record.models import Entry, WitnessContact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verifier's own files, apart from the record's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "verifier" / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "verifier" / "state"))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine an answer that comes is waited for; a process that is gone refuses at once."""
    monkeypatch.setattr(witnesses, "LIMITS", Limits(connect=30, read=30, total=30, answer=100_000))
    monkeypatch.setattr(witnesses, "PATIENCE", 60.0)


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[RealWitness]]:
    """Running, and known to the record; two of them are enough."""
    found = [RealWitness(tmp_path / f"w{number}", f"w{number}.example.int") for number in range(3)]
    if not keys.signing():
        keys.make()
    for one in found:
        one.know(*(key.verifier for key in keys.signing()))
        one.start()
    trust(found, 2)
    yield found
    for one in found:
        one.kill()


@pytest.fixture
def site(home: Path, three: list[RealWitness], seal: Seal) -> Iterator[str]:
    seal("one")
    with served(home / "public") as address:
        yield address


def verify(place: object, *options: object) -> Result:
    app = Typer(pretty_exceptions_enable=False)
    app.command()(verify_command)
    return CliRunner().invoke(app, [str(place), "--policy", str(keys.policy_path()), *map(str, options)])


def other_history(entries: int, shared: int = 0) -> Log:
    """Another log under the record's own name and key."""
    key = keys.signing()[0]
    ours = tuple(bytes(row.leaf) for row in Entry.objects.order_by("index")[:shared])
    return Log((*ours, *(f"false {number}".encode() for number in range(entries - shared))), key)


def fooled(tmp_path: Path, log: Log) -> RealWitness:
    """A witness that was shown another history from its first day, and signed it."""
    one = RealWitness(tmp_path / "fooled", "newspaper.example.int")
    one.know(log.key.verifier)
    one.start()
    question = bytes(witness.Question(0, (), log.head()))
    assert ask(one, question) == 200
    return one


def ask(one: RealWitness, question: bytes) -> int:
    link = http.client.HTTPConnection("127.0.0.1", one.port, timeout=20)
    link.request("POST", "/add-checkpoint", question)
    status = link.getresponse().status
    link.close()
    return status


def test_they_sign_die_and_come_back_and_the_proofs_are_completed(
    home: Path, seal: Seal, three: list[RealWitness]
) -> None:
    assert seal("one").complete
    report = verified(home)
    for one in three[1:]:
        one.kill()
    sealed = seal("two")
    assert (sealed.witnesses_signed, sealed.complete) == (1, False)
    assert actions.catch_up(by=BY) == 1
    assert not queries.head().complete
    for one in three[1:]:
        one.start()
    assert actions.catch_up(by=BY) == 1
    assert queries.sealed("two", 1).complete
    assert queries.sealed("two", 1).witnesses_signed == 3
    assert {one.size for one in three} == {2}
    again = verified(home, report.seen)
    assert set(again.head.witnesses) == {"w0", "w1", "w2"}
    assert not WitnessContact.objects.exclude(trouble="").exists()


def test_a_witness_with_an_old_folder_is_asked_from_where_it_is(
    home: Path, seal: Seal, three: list[RealWitness], tmp_path: Path
) -> None:
    seal("one")
    actions.catch_up(by=BY)
    three[0].kill()
    shutil.copytree(three[0].place, tmp_path / "copy")
    three[0].start()
    seal("two")
    three[0].kill()
    shutil.rmtree(three[0].place)
    shutil.copytree(tmp_path / "copy", three[0].place)
    three[0].start()
    WitnessContact.objects.update(asked_at="2017-01-01T00:00:00Z")
    seal("three")
    actions.catch_up(by=BY)
    assert queries.head().complete
    assert verified(home).entries == 3


def test_an_old_backup_of_the_record_is_refused_by_what_the_witnesses_remember(
    home: Path, seal: Seal, three: list[RealWitness], tmp_path: Path
) -> None:
    seal("one")
    backup = Backup(home, tmp_path / "backup")
    seal("two")
    before = max(one.size for one in three)
    backup.restore_database()
    backup.restore("public")
    backup.restore("keys")
    with pytest.raises(Conflict, match="2 entries with our own signature"):
        seal("three")
    assert max(one.size for one in three) == before == 2
    assert not Entry.objects.filter(ref="three").exists()


def test_a_record_that_forks_gets_no_signature_from_those_who_saw_it(
    home: Path, seal: Seal, three: list[RealWitness]
) -> None:
    seal("one")
    seal("two")
    actions.catch_up(by=BY)
    for size in (1, 2, 3):
        log = other_history(3)
        for one in three:
            assert ask(one, log.question(0, size)) == 409
            assert ask(one, log.question(min(one.size, size), size)) in (409, 422)
    assert verified(home).entries == 2


def test_a_verifier_hears_that_all_saw_the_same(site: str, seal: Seal, three: list[RealWitness]) -> None:
    seal("two")
    actions.catch_up(by=BY)
    result = verify(site)
    assert result.exit_code == 0, result.output
    for name in ("w0", "w1", "w2"):
        assert f"{name}: " in result.output
    assert "belong" in result.output
    assert "NOT ASKED" not in result.output


def test_a_verifier_is_told_who_could_not_be_asked(site: str, three: list[RealWitness]) -> None:
    three[1].kill()
    result = verify(site, "--witness-url", "http://127.0.0.1:1")
    assert result.exit_code == 0, result.output
    assert "NOT ASKED  w1: 127.0.0.1" in result.output
    assert "NOT ASKED  http://127.0.0.1:1: " in result.output
    quiet = verify(site, "--no-gossip")
    assert "w1:" not in quiet.output


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_verifier_who_asks_a_newspaper_finds_the_fork_with_both_heads(
    site: str, seal: Seal, tmp_path: Path, size: int
) -> None:
    seal("two")
    seal("three")
    newspaper = fooled(tmp_path, other_history(size))
    try:
        result = verify(site, "--witness-url", newspaper.url, "--evidence", tmp_path)
    finally:
        newspaper.kill()
    assert result.exit_code == 3, result.output
    assert "FORKED  The record has signed two histories" in result.output
    [file] = tmp_path.glob("fork-*.evidence")
    assert str(file) in result.output
    # Whoever gets the file finds the same, without asking anybody.
    again = verify(site, "--no-gossip", "--seen", file, "--evidence", tmp_path)
    assert again.exit_code == 3, again.output


def test_a_reader_who_is_shown_less_than_a_witness_saw_is_warned(
    site: str, tmp_path: Path, seal: Seal
) -> None:
    newspaper = fooled(tmp_path, other_history(5))
    try:
        result = verify(site, "--witness-url", newspaper.url)
    finally:
        newspaper.kill()
    # Nothing served leads to that head: it may be a fork or an old copy, and is never called verified.
    assert result.exit_code == 1, result.output
    assert "saw a head of 5 entries" in result.output


def test_a_folder_is_verified_without_asking_anybody(home: Path, site: str, tmp_path: Path) -> None:
    result = verify(home / "public")
    assert result.exit_code == 0, result.output
    assert "NOT ASKED" not in result.output
    assert "w0: " not in result.output
    head = tmp_path / "head"
    head.write_bytes(store.read(store.CHECKPOINT))
    assert "1 head that it saw belongs" in verify(home / "public", "--seen", head).output
    head.write_text("nonsense")
    assert verify(home / "public", "--seen", head).exit_code == 2
    other = note.SignerKey.make(keys.origin())
    head.write_bytes(Log((b"x",), other).head())
    result = verify(home / "public", "--seen", head)
    assert result.exit_code == 2
    assert "no head that a key of the policy signed" in result.output


def test_a_witness_that_is_not_reached_comes_by_itself(
    home: Path, seal: Seal, three: list[RealWitness], tmp_path: Path
) -> None:
    """It pulls, publishes plain files, and the desk takes its line from there."""
    three[1].kill()
    three[2].kill()
    sealed = seal("one")
    assert not sealed.complete
    shop = tmp_path / "shop"
    with served(home / "public") as address, served(shop) as newspaper:
        folder = ["--state", str(three[1].place)]
        key = str(keys.signing()[0].verifier)
        run = CliRunner()
        assert run.invoke(witness_command, ["trust", key, f"{address}/record", *folder]).exit_code == 0
        pulled = run.invoke(witness_command, ["pull", "--export", str(shop), *folder])
        assert pulled.exit_code == 0, pulled.output
        text = keys.policy_path().read_text()
        keys.policy_path().write_text(text.replace(three[1].url, newspaper))
        WitnessContact.objects.update(asked_at="2017-01-01T00:00:00Z")
        actions.catch_up(by=BY)
        assert queries.sealed("one", 1).complete
        assert WitnessContact.objects.get(name="w1").trouble == ""
        assert WitnessContact.objects.get(name="w2").trouble
        # A later head has not its line yet; the older one, when it comes late, completes what it covers.
        seal("two")
        told = asking.told_by({"w1": newspaper}, keys.origin(), [log.key for log in keys.trust().logs])
        assert {item.head.size for item in told.told} == {1}
    assert set(verified_heads(home)) == {"w0", "w1"}


def verified_heads(home: Path) -> dict[str, int]:
    """The witnesses under the proof of the first entry."""
    data = (home / "public" / "record" / "proof" / "one-1.tlog-proof").read_bytes()
    return open_head(proof.parse(data).checkpoint, keys.trust()).witnesses


def test_a_policy_that_the_machine_or_the_package_brings_is_used(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Typer(pretty_exceptions_enable=False)
    app.command()(verify_command)
    assert "--policy FILE" in CliRunner().invoke(app, [site]).output
    monkeypatch.setattr(pins, "MACHINE", tmp_path / "machine")
    place = tmp_path / "machine" / pins.policy_file(site.removeprefix("http://")).name
    place.parent.mkdir()
    place.write_text(keys.policy_path().read_text())
    result = CliRunner().invoke(app, [site])
    assert result.exit_code == 0, result.output
    assert "w0" in result.output
    # What was pinned on this account comes first.
    pins.pin(
        site.removeprefix("http://"), f"log {note.SignerKey.make(keys.origin()).verifier}\nquorum none\n"
    )
    assert CliRunner().invoke(app, [site]).exit_code == 1
