"""`dragoman verify` over a real record that holds talks: consents are judged with everything else."""

from pathlib import Path

import pytest
from tests.negotiations.rules import cast, talks
from tests.negotiations.rules.talks import BOTH, Talks
from tests.record.conftest import BY
from tests.record.test_verify import own_machine, run  # noqa: F401 - the verifier's own files, for each test here

from dragoman.cli import verify_consents
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.rules import lines, timing
from dragoman.negotiations.rules.keyring import PartyKey
from dragoman.record import actions, keys
from dragoman.record.values import TextBlob

pytestmark = pytest.mark.django_db(transaction=True)
JOINT = "2026-4f7kq2"


def sealed(record: Talks) -> None:
    """Put what the record of plain values holds into the real one."""
    for leaf in record.leaves:
        assert leaf is not None
        actions.seal(
            by=BY,
            kind=leaf.kind,
            ref=leaf.id,
            rev=leaf.rev,
            released=timing.from_stamp(leaf.released),
            texts=[TextBlob(one.lang, one.media_type, record.blobs[one.sha256]) for one in leaf.texts],
            parties=leaf.parties,
            consent=leaf.consent,
        )


@pytest.fixture
def record() -> Talks:
    return Talks(keys.origin()).founded()


def verified(home: Path, *options: object) -> tuple[int, str]:
    result = run(home / "public", "--policy", keys.policy_path(), *options)
    return result.exit_code, result.output


def test_every_consent_is_told_with_what_it_was_signed_with(home: Path, record: Talks) -> None:
    record.joint()
    record.line(lines.pulse_texts(talks.RULES, talks.at(0)), 1)
    sealed(record)
    code, output = verified(home)
    assert code == 0, output
    assert "riverton, revision 1, entry 0: protocol and keyring agreed by northland (own key)" in output
    assert (
        f"{JOINT}, revision 1, entry 1: joint text agreed by northland (own key), eastmark (own key)"
        in output
    )
    assert "riverton-line, revision 1, entry 2: pulse line as agreed" in output
    assert "VERIFIED  localhost/record: 3 entries" in output


def test_the_words_of_a_line_are_read_once(home: Path, record: Talks) -> None:
    record.line(dict(talks.RULES.fallback), 1)
    sealed(record)
    asked: list[str] = []

    def read(path: str) -> bytes:
        asked.append(path)
        return (home / "public" / "record" / path).read_bytes()

    once = verify_consents.kept(read)
    line = record.leaves[-1]
    assert line is not None
    for _ in range(2):
        assert [once(one.path) for one in line.texts] == [record.blobs[one.sha256] for one in line.texts]
    assert asked == [one.path for one in line.texts]


def test_a_question_about_one_text_tells_its_consent(home: Path, record: Talks) -> None:
    record.joint()
    record.joint(ref="2026-bbbbbb", texts={"en": b"# Other\n", "fr": b"# Autre\n"})
    sealed(record)
    code, output = verified(home, "--statement", JOINT)
    assert code == 0, output
    assert "entry 1: joint text agreed by northland" in output
    assert "2026-bbbbbb" not in output
    text = home / "copy.txt"
    text.write_bytes(cast.TEXTS["fr"])
    code, output = verified(home, "--text", text)
    assert code == 0, output
    assert "entry 1: joint text agreed by northland" in output


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda talk: talk.joint((cast.NORTH,)), "Missing: eastmark"),
        (lambda talk: talk.joint((cast.NORTH, cast.OLD, cast.EAST)), "is not in the keyring"),
        (lambda talk: talk.line({"en": "All is agreed.", "fr": "Tout est convenu."}, 1), "no sentence"),
        (lambda talk: talk.joint(released="2026-11-30T08:00:00Z"), "at the earliest"),
    ],
)
def test_a_record_with_one_entry_that_was_not_agreed_is_refused(
    home: Path, record: Talks, spoil: object, words: str
) -> None:
    spoil(record)  # type: ignore[operator]  # one of the above
    sealed(record)
    code, output = verified(home)
    assert code == 1
    assert "REFUSED  Entry 1" in output
    assert words in output


def test_the_records_own_key_never_stands_in_for_a_party(home: Path) -> None:
    if not keys.signing():
        keys.make()
    record = Talks(keys.origin())
    host = SignerKey(f"host.{cast.PROCESS}", keys.signing()[0].seed)
    ring = cast.ring(*cast.RING.keys, PartyKey("host", str(host.verifier)))
    record.keyring(ring, (*BOTH, host), None)
    sealed(record)
    code, output = verified(home)
    assert code == 1
    assert "is a key of the record or of a witness" in output


def test_a_record_without_talks_verifies_as_before(home: Path) -> None:
    record = Talks(keys.origin())
    record.add("statement", JOINT, 1, {"en": b"# Hello\n"}, (), None)
    sealed(record)
    code, output = verified(home)
    assert code == 0, output
    assert "agreed" not in output
