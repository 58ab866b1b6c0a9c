"""The signed note that travels with a sealed text, and `dragoman verify accounts` over it."""

import hashlib
import json
from pathlib import Path

import pytest
from tests.record.conftest import BY, WHEN, Seal, texts
from typer import Typer
from typer.testing import CliRunner, Result

from dragoman.cli.verify_accounts import verify_accounts as command
from dragoman.lib import canonical
from dragoman.lib.tlog import checkpoint
from dragoman.lib.tlog.errors import Malformed, Mismatch, TlogError
from dragoman.lib.tlog.note import SignerKey
from dragoman.lib.tlog.policy import Log, Policy
from dragoman.record import actions, keys, queries, vouched
from dragoman.record.values import TextBlob

pytestmark = pytest.mark.django_db(transaction=True)
ID = "official-accounts"


def data(number: int, handle: str = "@ministry") -> bytes:
    one = {
        "network": "Mastodon",
        "handle": handle,
        "address": "https://social.example/@ministry",
        "state": "confirmed",
        "compromised_from": None,
        "successor": None,
    }
    return canonical.dumps({"v": 1, "number": number, "record": keys.origin(), "accounts": [one]})


def publish(seal: Seal, home: Path, number: int) -> bytes:
    text = data(number)
    seal(ID, number, "accounts", texts=[TextBlob("und", "application/json", text)], released=WHEN)
    (home / "public" / "accounts.json").write_bytes(text)
    (home / "public" / "accounts.note").write_bytes(queries.vouched_for(ID, number))
    return text


def run(place: object, *options: object) -> Result:
    app = Typer(pretty_exceptions_enable=False)
    app.command()(command)
    return CliRunner().invoke(app, [str(place), *map(str, options)])


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "verifier" / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "verifier" / "state"))


def test_a_note_vouches_for_the_very_text(seal: Seal, home: Path) -> None:
    text = publish(seal, home, 1)
    note = queries.vouched_for(ID, 1)
    said = vouched.check(note, text, keys.trust())
    assert (said.leaf.id, said.leaf.rev, said.origin) == (ID, 1, "localhost/record")
    assert said.leaf.texts[0].sha256 == hashlib.sha256(text).hexdigest()
    assert queries.vouched_for(ID, 1) == note
    with pytest.raises(Mismatch, match="not the one"):
        vouched.check(note, text + b" ", keys.trust())


def test_a_note_of_another_key_vouches_for_nothing(seal: Seal, home: Path) -> None:
    text = publish(seal, home, 1)
    entry = bytes(queries.sealed(ID, 1).leaf)
    thief = SignerKey.make(keys.origin())
    with pytest.raises(Mismatch, match="not signed by a log key"):
        vouched.check(vouched.sign(entry, [thief]), text, keys.trust())
    stranger = Policy((Log(thief.verifier, ""),))
    with pytest.raises(Mismatch):
        vouched.check(queries.vouched_for(ID, 1), text, stranger)


def test_a_head_is_no_note_and_a_note_is_no_head(seal: Seal, home: Path) -> None:
    text = publish(seal, home, 1)
    head = (home / "public" / "record" / "checkpoint").read_bytes()
    with pytest.raises(Malformed):
        vouched.check(head, text, keys.trust())
    with pytest.raises(TlogError):
        checkpoint.parse(vouched.note.parse(queries.vouched_for(ID, 1)).text)


def test_a_new_key_signs_beside_the_old_one(seal: Seal, home: Path) -> None:
    text = publish(seal, home, 1)
    old = keys.trust()
    actions.add_key(by=BY)
    note = queries.vouched_for(ID, 1)
    assert len(vouched.check(note, text, keys.trust()).keys) == 2
    assert len(vouched.check(note, text, old).keys) == 1


def test_a_folder_and_a_file_verify(seal: Seal, home: Path) -> None:
    publish(seal, home, 1)
    result = run(home / "public", "--policy", keys.policy_path())
    assert result.exit_code == 0, result.output
    assert "VERIFIED  localhost/record: version 1" in result.output
    assert "confirmed    Mastodon: @ministry" in result.output
    result = run(home / "public" / "accounts.json", "--policy", keys.policy_path())
    assert result.exit_code == 0, result.output
    assert "was not asked" in result.output


def test_a_changed_list_is_refused(seal: Seal, home: Path) -> None:
    publish(seal, home, 1)
    (home / "public" / "accounts.json").write_bytes(data(1, "@thief"))
    for place in (home / "public", home / "public" / "accounts.json"):
        result = run(place, "--policy", keys.policy_path())
        assert (result.exit_code, "REFUSED" in result.output) == (1, True)


def test_an_old_list_is_refused_where_the_record_can_be_asked(seal: Seal, home: Path) -> None:
    old = publish(seal, home, 1)
    note = (home / "public" / "accounts.note").read_bytes()
    publish(seal, home, 2)
    (home / "public" / "accounts.json").write_bytes(old)
    (home / "public" / "accounts.note").write_bytes(note)
    result = run(home / "public", "--policy", keys.policy_path())
    assert result.exit_code == 1
    assert "old list: the record has version 2" in result.output


def test_a_statement_is_no_list_of_accounts(seal: Seal, home: Path) -> None:
    seal(texts=texts("A statement"))
    text = texts("A statement")[1].data
    (home / "public" / "accounts.json").write_bytes(text)
    (home / "public" / "accounts.note").write_bytes(queries.vouched_for("2026-4f7kq2", 1))
    result = run(home / "public", "--policy", keys.policy_path())
    assert result.exit_code == 1


def test_what_cannot_be_read_is_said_to_be_unknown(seal: Seal, home: Path) -> None:
    publish(seal, home, 1)
    (home / "public" / "accounts.note").unlink()
    result = run(home / "public", "--policy", keys.policy_path())
    assert (result.exit_code, "COULD NOT READ" in result.output) == (2, True)


def test_a_file_without_a_policy_is_refused(seal: Seal, home: Path) -> None:
    publish(seal, home, 1)
    result = run(home / "public" / "accounts.json")
    assert (result.exit_code, "--policy" in result.output) == (1, True)
    assert json.loads((home / "public" / "accounts.json").read_bytes())["number"] == 1
