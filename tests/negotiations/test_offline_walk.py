"""A party with its own machine and a stranger with a policy file, against a desk that really holds talks."""

from pathlib import Path

import pytest
from tests.negotiations import help as table
from tests.negotiations.help import Own, World
from typer import Typer
from typer.testing import CliRunner

from dragoman.cli import main
from dragoman.cli.sample import load_sample
from dragoman.cli.sample_talks import load_talks
from dragoman.cli.verify import verify
from dragoman.lib.problems import Problem
from dragoman.negotiations.actions import answers, keys, rounds, seats
from dragoman.negotiations.queries import table as shown
from dragoman.negotiations.rules import orders
from dragoman.record import keys as record_keys

pytestmark = pytest.mark.django_db(transaction=True)
Screen = pytest.CaptureFixture[str]


@pytest.fixture
def world(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Talks in being; the working folder is the party's own machine, with its key."""
    del home
    machine = tmp_path / "machine"
    machine.mkdir()
    monkeypatch.chdir(machine)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(machine / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(machine / "state"))
    world = table.opened()
    key = world["northland"].key
    assert isinstance(key, Own)
    Path("north.key").write_text(key.key.secret)
    Path("north.key").chmod(0o600)
    return world


def offline(words: str, *more: str) -> int:
    return main.run(["consent", *words.split(), *more])


def downloaded(world: World, number: int) -> None:
    Path("round.json").write_bytes(shown.round_file(world["northland"].person, number))


def verified(home: Path) -> tuple[int, str]:
    app = Typer(pretty_exceptions_enable=False)
    app.command()(verify)
    where = [str(home / "public"), "--policy", str(record_keys.policy_path())]
    result = CliRunner().invoke(app, where)
    return result.exit_code, result.output


def test_a_round_goes_home_is_read_signed_and_counts(world: World, capsys: Screen) -> None:
    about = table.text_put(world)
    downloaded(world, about.number)
    assert offline("show round.json") == 0
    assert "The crossing is open from 08:00 to 18:00." in capsys.readouterr().out
    assert offline("sign round.json --key north.key --yes --out north.note") == 0
    answer = answers.consent(by=world["northland"].person, round=about, line=Path("north.note").read_text())
    assert answer.kind == "consent"
    assert offline("check round.json north.note") == 3


def test_a_note_of_the_round_before_is_refused_by_name(world: World) -> None:
    first = table.text_put(world)
    downloaded(world, first.number)
    assert offline("sign round.json --key north.key --yes --out old.note") == 0
    second = rounds.draft_round(
        by=world.cast.editor, process=world.process, texts=table.OTHER, previous=first
    )
    rounds.open_round(by=world.cast.director, round=second)
    with pytest.raises(Problem, match="for another round") as refusal:
        answers.consent(by=world["northland"].person, round=second, line=Path("old.note").read_text())
    assert refusal.value.code == "another-round"


def test_what_changed_since_the_round_before_is_seen_at_home(world: World, capsys: Screen) -> None:
    first = table.text_put(world)
    second = rounds.draft_round(
        by=world.cast.editor, process=world.process, texts=table.OTHER, previous=first
    )
    rounds.open_round(by=world.cast.director, round=second)
    downloaded(world, second.number)
    assert offline("show round.json") == 0
    assert "[-08-]{+09+}:00" in capsys.readouterr().out


def test_a_no_a_taking_back_a_sign_in_and_a_freeze_come_from_the_offline_key(world: World) -> None:
    person, about = world["northland"].person, table.text_put(world)
    downloaded(world, about.number)
    assert offline("decline round.json --key north.key --out no.note", "--words", "Not yet.") == 0
    no = Path("no.note").read_text()
    assert answers.decline(by=person, round=about, words=orders.read(no).words, line=no).kind == "decline"

    Path("challenge").write_text(seats.challenge(party=world["northland"].party))
    assert offline("sign-in challenge --key north.key --out in.note") == 0
    who, token = seats.sign_in(text=Path("challenge").read_text(), line=Path("in.note").read_text())
    assert who == person
    assert token

    origin = record_keys.origin()
    assert offline(f"freeze --process stonebridge --origin {origin} --key north.key --out freeze.note") == 0
    assert keys.freeze_party(order=Path("freeze.note").read_text()).state == "frozen"


def test_the_receipts_that_the_desk_gave_are_checked_at_home(world: World, capsys: Screen) -> None:
    downloaded(world, table.text_put(world).number)
    person, policy = world["northland"].person, str(record_keys.policy_path())
    assert offline("sign round.json --key north.key --yes --out note") == 0
    answers.consent(
        by=person, round=person.party.process.rounds.latest("number"), line=Path("note").read_text()
    )
    kept = [one.note for one in shown.receipts(person).order_by("number")]
    for number, note in enumerate(kept):
        Path(f"{number}.txt").write_text(note)
    names = [f"{number}.txt" for number in range(len(kept))]
    assert offline("receipts", *names, "--policy", policy) == 0
    assert f"RIGHT  {len(kept)} receipts of northland in stonebridge" in capsys.readouterr().out
    assert offline("receipts", names[0], names[2], "--policy", policy) == 3


def test_a_stranger_verifies_the_whole_talks(world: World, home: Path) -> None:
    about = table.released(world)
    about.refresh_from_db()
    code, output = verified(home)
    assert code == 0, output
    three = "northland (own key), eastmark (OpenSSH key), southport (passkey)"
    assert f"stonebridge, revision 1, entry 0: protocol and keyring agreed by {three}" in output
    assert f"{about.statement}, revision 1, entry {about.entry_index}: joint text agreed by {three}" in output


def test_a_stranger_verifies_lines_and_a_second_keyring(world: World, home: Path) -> None:
    fact = ("meeting", {"date": "2 December"})
    notice = rounds.draft_notice(by=world.cast.editor, process=world.process, facts=[fact])
    rounds.open_round(by=world.cast.director, round=notice)
    with table.later(minutes=16):
        table.clockwork()
    with table.later(minutes=90):
        table.clockwork()
    world.all_consent(table.put(world, documents={**table.DOCUMENTS, "en": "# Protocol\n\nOne more word."}))
    table.clockwork()
    table.released(world)
    code, output = verified(home)
    assert code == 0, output
    assert "stonebridge-line, revision 1" in output
    assert "notice line as agreed (meeting)" in output
    assert "pulse line as agreed" in output
    assert "stonebridge, revision 2" in output


def test_the_record_of_the_sample_talks_verifies(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    load_sample()
    load_talks()
    code, output = verified(home)
    assert code == 0, output
    assert "stonebridge, revision 1, entry 0: protocol and keyring agreed by " in output
    assert "joint text agreed by " in output
