import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from tests.negotiations.rules import cast

from dragoman.cli import main
from dragoman.lib.problems import Invalid
from dragoman.lib.tlog.note import Note, SignerKey
from dragoman.negotiations.rules import orders, receipts
from dragoman.negotiations.rules.orders import Order

KEYS = [cast.LOG.verifier]
DEEDS = ("enrol a key", "consent", "take the consent back", "consent")


def receipt(number: int, deed: str, before: str, key: SignerKey = cast.LOG, **more: object) -> str:
    order = Order("receipt", cast.ORIGIN, cast.PROCESS, "northland", "2026-11-30T09:00:00Z", 3, "ab" * 32)
    order = replace(order, words=receipts.words_of(number, deed, before), **more)  # type: ignore[arg-type]  # as given
    text = orders.dump(order)
    return bytes(Note(text, (key.sign(text),))).decode()


def chain(*deeds: str) -> list[str]:
    notes: list[str] = []
    for number, deed in enumerate(deeds, 1):
        before = hashlib.sha256(notes[-1].encode()).hexdigest() if notes else receipts.NONE
        notes.append(receipt(number, deed, before))
    return notes


def refused(*notes: str) -> str:
    with pytest.raises(Invalid) as refusal:
        receipts.check_all(notes, KEYS)
    return refusal.value.code


def test_receipts_are_read_in_their_order_and_gaps_are_told() -> None:
    notes = chain(*DEEDS)
    found = receipts.check_all([notes[3], notes[0], notes[0]], KEYS)
    assert [(one.number, one.deed) for one in found] == [(1, "enrol a key"), (4, "consent")]
    assert receipts.missing(found) == (2, 3)
    assert receipts.missing(receipts.check_all(notes, KEYS)) == ()
    assert receipts.check_all([], KEYS) == ()


def test_a_receipt_that_was_changed_or_exchanged_is_seen() -> None:
    notes, other = chain(*DEEDS), chain("enrol a key", "decline", "consent")
    assert refused(notes[0], other[1], notes[2]) == "receipt-changed"
    assert refused(notes[1], other[1]) == "receipt-changed"
    assert refused(receipt(1, "consent", "ab" * 32)) == "receipt-changed"
    assert refused(receipt(2, "consent", receipts.NONE)) == "receipt-changed"


def test_only_the_records_key_gives_receipts() -> None:
    assert refused(receipt(1, "consent", receipts.NONE, key=cast.NORTH)) == "not-the-records"
    false = SignerKey(cast.ORIGIN, cast.NORTH.seed)
    assert refused(receipt(1, "consent", receipts.NONE, key=false)) == "not-the-records"
    assert refused(chain("consent")[0].replace("consent", "decline")) == "not-the-records"
    assert refused(receipt(1, "consent", receipts.NONE, origin="record.example.org/x")) == "not-the-records"


def test_receipts_of_two_parties_are_not_one_chain() -> None:
    assert refused(chain("consent")[0], receipt(2, "consent", "ab" * 32, party="eastmark")) == "other-party"


def test_what_is_signed_and_no_receipt_is_told_so() -> None:
    assert refused(receipt(1, "consent", receipts.NONE, kind="freeze")) == "no-receipt"
    assert refused("x") == "not-a-note"


def test_the_file_of_all_receipts_is_parted_again() -> None:
    notes = chain(*DEEDS)
    whole = "\n".join(f"===== receipt {number} =====\n{note}" for number, note in enumerate(notes, 1))
    assert list(receipts.parted(whole)) == notes
    assert list(receipts.parted(whole.replace("\n", "\r\n"))) == notes
    assert receipts.parted(notes[0]) == (notes[0],)


def test_a_party_checks_what_it_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notes = chain(*DEEDS)
    policy, kept = tmp_path / "policy", tmp_path / "kept.txt"
    policy.write_text(f"log {cast.LOG.verifier}\nquorum none\n")
    kept.write_text("\n".join(f"===== receipt {n} =====\n{note}" for n, note in enumerate(notes, 1)))
    words = ["consent", "receipts", str(kept), "--policy", str(policy)]
    assert main.run(words) == 0
    shown = capsys.readouterr().out
    assert "2026-11-30T09:00:00Z  take the consent back, round 3" in shown
    assert "RIGHT  4 receipts of northland in riverton" in shown
    kept.write_text(notes[3])
    assert main.run(words) == 3
    assert "NOT HERE  1, 2, 3" in capsys.readouterr().out
    kept.write_text(notes[3].replace("consent", "decline"))
    assert main.run(words) == 1
    assert "signature of record.example.int/statements is wrong" in capsys.readouterr().err
    policy.write_text("nonsense")
    assert main.run(words) == 1
