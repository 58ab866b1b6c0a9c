"""Witnesses that answer in every wrong way: the release goes on, the mark stays amber, the desk is told."""

import socket
from pathlib import Path

import pytest
from django.test import Client
from tests.cast import assemble
from tests.record.conftest import BY, Seal, trust
from tests.record.desk_witness import DeskWitness
from tests.record.faults import Backup, verified
from tests.record.odd_witness import Behaviour, OddWitness

from dragoman.audit.models import Event
from dragoman.lib.http import Limits
from dragoman.lib.problems import Conflict
from dragoman.lib.tlog import checkpoint, cosign, note, witness
from dragoman.record import actions, healing, keys, queries, store, witnesses
from dragoman.record.models import Entry, WitnessContact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

REFUSED, SILENT = "record.witness_refused", "record.witness_silent"
LATER = 4_102_444_800


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine an answer that comes is waited for; only those who never answer are not."""
    how = getattr(request.node, "callspec", None)
    if how is None or ODD[how.params["how"]][1] != SILENT:
        monkeypatch.setattr(witnesses, "LIMITS", Limits(connect=30, read=30, total=30, answer=100_000))
        monkeypatch.setattr(witnesses, "PATIENCE", 60.0)


def status(code: int, body: bytes = b"not today\n") -> Behaviour:
    return lambda one, asked, raw: one.say(raw, code, body)


def again_and_again(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
    """409 with the very size that was asked from."""
    one.say(raw, 409, f"{asked.old}\n".encode(), "text/x.tlog.size")


def back_and_forth(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
    """409 with another size each time."""
    one.say(raw, 409, b"0\n" if asked.old else b"1\n", "text/x.tlog.size")


def slowly(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
    """One byte at a time, as long as anyone listens."""
    raw.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while not one.over.wait(0.1):
        raw.sendall(b"x")


def never_ends(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
    """A good answer without a length, on a connection that is never closed."""
    line = str(cosign.sign(one.key, note.parse(asked.checkpoint).text, LATER)).encode()
    raw.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + line)
    one.over.wait(600)


def says_nothing(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
    one.over.wait(600)


def hangs_up(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
    raw.close()


def signs(key: note.SignerKey | None = None, text: bytes | None = None, name: str = "") -> Behaviour:
    """Signs with this key, or over this text, or under this name."""

    def behave(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
        signer = key or one.key
        line = cosign.sign(signer, text or note.parse(asked.checkpoint).text, LATER)
        if name:
            line = note.Signature(one.key.name, one.key.verifier.key_id, line.blob)
        one.say(raw, 200, str(line).encode())

    return behave


def elsewhere(name: str, size: int) -> bytes:
    return bytes(checkpoint.Checkpoint(name, size, b"\x07" * 32))


def at_the_end_of_time(one: OddWitness, asked: witness.Question, raw: socket.socket) -> None:
    """A good signature with a time that no calendar has."""
    line = cosign.sign(one.key, note.parse(asked.checkpoint).text, (1 << 64) - 1)
    one.say(raw, 200, str(line).encode())


STRANGER = note.SignerKey.make("odd.example.int", note.COSIGNATURE)

ODD: dict[str, tuple[Behaviour, str, str]] = {
    "409, our own size": (again_and_again, REFUSED, "does not sign from there"),
    "409, always another size": (back_and_forth, REFUSED, "does not sign from there"),
    "409, more than we have": (status(409, b"1000\n"), REFUSED, "last saw 1000 entries, more than"),
    "409, no number": (status(409, b"many\n"), REFUSED, "not a decimal number"),
    "409, below nothing": (status(409, b"-1\n"), REFUSED, "not a decimal number"),
    "409, beyond all numbers": (status(409, b"9" * 30), REFUSED, "not a decimal number"),
    "409, nothing": (status(409, b""), REFUSED, "not a decimal number"),
    "422": (status(422), REFUSED, "does not continue the last one it saw"),
    "400": (status(400), REFUSED, "malformed"),
    "403": (status(403), REFUSED, "does not know the key"),
    "404": (status(404), REFUSED, "does not know this record"),
    "429": (status(429), REFUSED, "asked too often"),
    "500": (status(500), REFUSED, "status 500"),
    "503": (status(503), REFUSED, "status 503"),
    "a redirect": (status(302), REFUSED, "status 302"),
    "nonsense": (status(200, b"<html>\xff\x00 hello"), REFUSED, "signature line"),
    "an empty yes": (status(200, b""), REFUSED, "no line of its key"),
    "a wrong key": (signs(STRANGER), REFUSED, "no line of its key"),
    "a wrong key under its name": (signs(STRANGER, name="own"), REFUSED, "not over this head"),
    "another log's head": (
        signs(text=elsewhere("other.example.int/record", 1)),
        REFUSED,
        "not over this head",
    ),
    "another head of ours": (signs(text=elsewhere("localhost/record", 1)), REFUSED, "not over this head"),
    "ten megabytes": (status(200, b"x" * 10_000_000), REFUSED, "longer than"),
    "a time that is none": (at_the_end_of_time, REFUSED, "beyond the year 9999"),
    "slowly": (slowly, SILENT, ""),
    "never ends": (never_ends, SILENT, ""),
    "says nothing": (says_nothing, SILENT, ""),
    "hangs up": (hangs_up, SILENT, ""),
}


@pytest.mark.parametrize("how", ODD)
def test_a_release_goes_on_and_stays_amber(seal: Seal, home: Path, how: str) -> None:
    behave, verb, words = ODD[how]
    odd = OddWitness(behave)
    try:
        trust([odd], 1)
        # Who never answers would hold this up for a minute and more; the test's own time limit is shorter.
        first, second = seal("one"), seal("two")
    finally:
        odd.stop()
    assert (first.complete, second.complete, second.witnesses_signed) == (False, False, 0)
    assert not queries.head().complete
    assert queries.awaiting_witnesses() == 2
    trouble = WitnessContact.objects.get(name="w0").trouble
    assert trouble
    assert words in trouble
    told = Event.objects.filter(verb__startswith="record.witness_")
    assert {(one.verb, one.target) for one in told} == {(verb, "witness:w0")}
    assert trouble in {one.why for one in told}
    assert verified_without_witnesses(home) == 2


def verified_without_witnesses(home: Path) -> int:
    """The record verifies by its own signature: how many entries."""
    path = keys.policy_path()
    text = path.read_text()
    path.write_text(text.replace("quorum enough", "quorum none"))
    try:
        return verified(home).entries
    finally:
        path.write_text(text)


def test_the_pages_say_what_it_answered_and_are_never_green(seal: Seal) -> None:
    odd = OddWitness(signs(STRANGER, name="own"))
    trust([odd], 1)
    seal()
    odd.stop()
    client = Client()
    client.force_login(assemble().auditor)
    text = client.get("/record/").content.decode().partition("<main")[2]
    assert "Awaiting witnesses" in text
    assert "not over this head" in text
    assert 'class="st good"' not in text


def test_the_same_trouble_is_noted_once_and_not_once_a_minute(seal: Seal) -> None:
    odd = OddWitness(status(422))
    trust([odd], 1)
    seal()
    for _ in range(3):
        assert actions.catch_up(by=BY) == 1
    assert Event.objects.filter(verb=REFUSED).count() == 1
    odd.behave = status(500)
    actions.catch_up(by=BY)
    odd.stop()
    assert [one.why for one in Event.objects.filter(verb=REFUSED).order_by("pk")] == [
        "it finds that this head does not continue the last one it saw",
        "it answered with status 500",
    ]


def test_a_good_409_is_followed(seal: Seal, witnesses: list[DeskWitness]) -> None:
    trust(witnesses, 3)
    seal("one")
    WitnessContact.objects.update(seen=0)
    sealed = seal("two")
    assert sealed.witnesses_signed == 3
    assert not Event.objects.filter(verb__startswith="record.witness_").exists()
    assert not WitnessContact.objects.exclude(trouble="").exists()


def test_those_who_were_late_are_asked_again_though_the_quorum_stands(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    witnesses[2].mood = 500
    assert seal().witnesses_signed == 2
    witnesses[2].mood = 0
    WitnessContact.objects.update(asked_at="2017-01-01T00:00:00Z")
    actions.catch_up(by=BY)
    assert queries.sealed("2026-4f7kq2", 1).witnesses_signed == 3
    assert set(verified(home).head.witnesses) == {"w0", "w1", "w2"}
    proof = store.read(queries.sealed("2026-4f7kq2", 1).proof_path.removeprefix("/record/"))
    assert len(note.parse(proof.partition(b"\n\n")[2]).signatures) == 4


def test_a_line_that_comes_late_for_an_older_head_completes_what_that_head_covers(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    """A witness that comes by itself has signed a head that is no longer the last."""
    trust(witnesses, 2)
    late = witnesses[1]
    late.mood = witnesses[2].mood = 500
    seal("one")
    older = note.parse(store.read(store.CHECKPOINT))
    seal("two")
    line = cosign.sign(late.key, older.text, 1_484_000_000)
    late.shown = bytes(note.Note(older.text, (*older.signatures, line)))
    WitnessContact.objects.update(asked_at="2017-01-01T00:00:00Z")
    actions.catch_up(by=BY)
    assert queries.sealed("one", 1).complete
    assert queries.sealed("one", 1).size == 1
    assert not queries.sealed("two", 1).complete
    assert not queries.head().complete
    # Its line is for that head alone, and a false one for another head would not be taken.
    late.shown = late.shown.replace(b"\n1\n", b"\n2\n")
    actions.catch_up(by=BY)
    assert not queries.sealed("two", 1).complete
    late.mood = 0
    actions.catch_up(by=BY)
    assert queries.sealed("two", 1).complete
    assert verified(home).proofs == 2


def test_who_stays_away_is_asked_less_and_less(seal: Seal, witnesses: list[DeskWitness]) -> None:
    trust(witnesses, 2)
    witnesses[2].mood = 500
    seal()
    assert {one.name for one in WitnessContact.objects.all()} >= {"w0", "w1"}
    if not WitnessContact.objects.filter(name="w2").exists():
        actions.catch_up(by=BY)
    asked = witnesses[2].asked
    for _ in range(3):
        actions.catch_up(by=BY)
    assert witnesses[2].asked == asked


def test_a_line_of_a_key_that_the_policy_no_longer_names_does_not_count(
    seal: Seal, home: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    seal()
    for one in witnesses:
        one.key = note.SignerKey.make(one.key.name, note.COSIGNATURE)
        one.mood = 500
    trust(witnesses, 2)
    assert queries.head().witnesses_signed == ()
    assert not queries.head().complete
    for one in witnesses:
        one.mood = 0
    assert seal("two").complete
    assert len(verified(home).head.witnesses) >= 2


def test_an_old_backup_is_told_by_a_witness_and_nothing_more_is_signed(
    seal: Seal, home: Path, tmp_path: Path, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    seal("one")
    backup = Backup(home, tmp_path / "backup")
    seal("two")
    backup.restore_database()
    backup.restore("public")
    backup.restore("keys")
    healing.forget()
    with pytest.raises(Conflict) as refused:
        seal("three")
    assert "2 entries with our own signature" in refused.value.detail
    assert "old backup" in refused.value.detail
    assert refused.value.mend
    with pytest.raises(Conflict, match="old backup"):
        seal("four")
    assert Entry.objects.count() == 1
    assert store.read(store.CHECKPOINT).startswith(b"localhost/record\n1\n")
    assert max(one.size for one in witnesses) == 2


def test_a_restored_record_that_looked_back_in_vain_publishes_no_second_history(
    seal: Seal, home: Path, tmp_path: Path, witnesses: list[DeskWitness], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All witnesses were away when it started; they are back when the next release asks."""
    trust(witnesses, 3)
    seal("one")
    backup = Backup(home, tmp_path / "backup")
    seal("two")
    published = store.read(store.CHECKPOINT)
    backup.restore_database()
    backup.restore("public")
    backup.restore("keys")
    monkeypatch.setattr(healing, "_look_back", lambda *_: None)
    for _ in range(2):
        with pytest.raises(Conflict, match="another root") as refused:
            seal("other")
        assert refused.value.code == "record-forked"
    assert store.read(store.CHECKPOINT).startswith(b"localhost/record\n1\n")
    assert published.startswith(b"localhost/record\n2\n")
    assert queries.find_sealed("other", 1) is None
    assert Event.objects.filter(verb=REFUSED).count() == len(witnesses)


def test_a_witness_that_only_says_that_we_forked_is_not_believed(
    seal: Seal, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    seal("one")
    for one in witnesses:
        one.mood = 422
        one.shown = bytes(checkpoint.Checkpoint(keys.origin(), 1, b"\x07" * 32).signed([STRANGER]))
    assert not seal("two").complete
