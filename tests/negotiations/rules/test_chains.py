"""A whole record of talks, judged entry by entry."""

from dataclasses import replace

import pytest
from tests.negotiations.rules import cast, talks
from tests.negotiations.rules.talks import BOTH, Talks

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.rules import chains, lines, protocol
from dragoman.negotiations.rules.keyring import PartyKey

NEW = SignerKey(f"northland.{cast.PROCESS}", b"\x45" * 32)
SECOND = cast.ring(PartyKey("northland", str(NEW.verifier)), cast.RING.keys[1], version=2)


def told(record: Talks, **more: object) -> list[str]:
    found = chains.verify_all(cast.ORIGIN, record.leaves, record.blob, **more)  # type: ignore[arg-type]  # as given
    return [one.what for one in found]


def refused(record: Talks, **more: object) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        told(record, **more)
    assert refusal.value.detail.startswith(f"Entry {len(record.leaves) - 1} (")
    return refusal.value


def founded() -> Talks:
    return Talks().founded()


def test_a_record_without_talks_has_nothing_to_tell() -> None:
    record = Talks()
    record.add("statement", "2026-aaaaaa", 1, {"en": b"# Hello\n"}, (), None)
    record.leaves.append(None)
    assert told(record) == []


def test_a_whole_record_of_talks_is_told_entry_by_entry() -> None:
    record = founded()
    record.joint()
    record.line(lines.pulse_texts(talks.RULES, talks.at(30)), 1, released="2026-11-30T09:30:00Z")
    record.keyring(SECOND, BOTH, 0)
    record.joint((NEW, cast.EAST), 3, ref="2026-bbbbbb")
    record.joint((NEW, cast.EAST), 3, kind="correction", rev=2, prev=1)
    record.line(lines.fallback_texts(talks.RULES), 2, parties=3)
    record.line(lines.notice_texts(talks.RULES, [("meeting", {})]), 3, parties=3)
    record.add("withdrawal", "2026-bbbbbb", 2, {}, (), None, prev=4)
    assert told(record) == [
        "keyring",
        "joint",
        "line",
        "keyring",
        "joint",
        "joint",
        "line",
        "line",
        "withdrawn",
    ]
    assert told(record, only={4}) == ["joint"]
    assert told(record, only={8}) == ["withdrawn"]


def test_the_new_keyring_only_counts_from_its_entry_on() -> None:
    record = founded()
    record.joint((NEW, cast.EAST))
    assert refused(record).code == "unknown-key"


def test_a_removed_key_signs_nothing_by_either_name_of_the_keyring() -> None:
    record = founded()
    record.keyring(SECOND, BOTH, 0)
    record.joint(BOTH, 0)
    assert refused(record).code == "other-keyring"
    record.leaves.pop()
    record.joint(BOTH, 1)
    assert refused(record).code == "unknown-key"


def test_a_keyring_without_the_yes_of_those_in_force_is_refused() -> None:
    record = founded()
    record.keyring(SECOND, (NEW, cast.EAST), 0)
    assert refused(record).code == "unknown-key"
    record.leaves.pop()
    record.keyring(SECOND, (cast.EAST,), 0)
    assert refused(record).code == "not-agreed"
    record.leaves.pop()
    record.keyring(SECOND, BOTH, None)
    assert refused(record).code == "other-keyring"


def test_a_keyring_that_nobody_signed_is_refused() -> None:
    record = Talks()
    record.keyring(cast.ring(), (), None)
    assert refused(record).code == "no-consent"


def test_a_keyring_skipped_or_repeated_is_refused() -> None:
    record = founded()
    record.keyring(SECOND, BOTH, 0)
    record.keyring(replace(SECOND, version=3), BOTH, 0)
    assert refused(record).code == "other-keyring"


def test_a_correction_by_the_host_alone_is_refused() -> None:
    record = founded()
    record.joint()
    record.add("correction", "2026-4f7kq2", 2, {"en": b"# Other\n"}, (), None, prev=1)
    refusal = refused(record)
    assert refusal.code == "no-consent"
    assert "the host changed it alone" in refusal.detail


def test_a_statement_that_names_a_keyring_needs_its_consent() -> None:
    record = founded()
    record.add("statement", "2026-aaaaaa", 1, {"en": b"# Hello\n"}, (), 0)
    assert refused(record).code == "no-consent"


def test_the_hosts_own_ledger_needs_no_consent() -> None:
    record = founded()
    record.add("ledger", f"{cast.PROCESS}-ledger", 1, {"zxx": b"{}"}, (), 0)
    assert told(record) == ["keyring"]


def test_an_entry_that_names_no_keyring_or_one_to_come_is_refused() -> None:
    record = founded()
    record.joint(BOTH, 7)
    assert refused(record).code == "other-keyring"
    record = Talks()
    record.joint(BOTH, 1)
    assert refused(record).code == "other-keyring"


def test_parties_of_one_process_correct_no_text_of_another() -> None:
    record = founded()
    record.joint()
    north = SignerKey("northland.otherton", b"\x46" * 32)
    ring = replace(cast.ring(PartyKey("northland", str(north.verifier))), process="otherton")
    record.keyring(ring, (north,), None, process="otherton")
    assert told(record) == ["keyring", "joint", "keyring"]
    record.joint((north,), 2, ref="2026-bbbbbb", process="otherton")
    assert told(record)[-1] == "joint"
    record.joint((north,), 2, kind="correction", rev=2, prev=1, process="otherton")
    refusal = refused(record)
    assert refusal.code == "another-process"
    assert "replaces a text of riverton" in refusal.detail


def test_a_consent_of_another_process_under_its_own_keyring_is_refused() -> None:
    record = founded()
    record.joint(BOTH, 0, process="otherton")
    assert refused(record).code == "another-process"


def test_the_records_own_key_in_a_keyring_is_seen() -> None:
    record = founded()
    assert refused(record, forbidden=[cast.EAST.verifier.public]).code == "forbidden-key"


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"en": "Talks went well.", "fr": "Les pourparlers avancent."}, "not-agreed-line"),
        ({"en": "No joint text today."}, "not-agreed-line"),
        (lines.pulse_texts(talks.RULES, talks.at(50)), "line-time"),
    ],
)
def test_a_line_that_nobody_agreed_to_is_refused(texts: dict[str, str], code: str) -> None:
    record = founded()
    record.line(texts, 1)
    assert refused(record).code == code


def test_a_line_is_held_against_the_protocol_in_force_then() -> None:
    record = founded()
    said = dict(talks.RULES.fallback)
    changed = protocol.parse({**talks.RULES.value(), "fallback": {"en": "Nothing.", "fr": "Rien."}})
    record.line(said, 1)
    record.keyring(SECOND, BOTH, 0, rules=changed)
    assert told(record) == ["keyring", "line", "keyring"]
    record.line(said, 2, parties=2)
    assert refused(record).code == "not-agreed-line"
    record.leaves.pop()
    record.line(said, 2, parties=0)
    assert refused(record).code == "other-keyring"


def test_a_line_under_another_processs_name_is_refused() -> None:
    record = founded()
    record.line(dict(talks.RULES.fallback), 1)
    last = record.leaves[-1]
    assert last is not None
    record.leaves[-1] = replace(last, id="otherton-line")
    assert refused(record).code == "other-keyring"


def test_a_line_that_was_taken_down_is_told_as_such_and_a_keyring_never_is() -> None:
    record = founded()
    record.line(dict(talks.RULES.fallback), 1)
    line = record.leaves[-1]
    assert line is not None
    del record.blobs[line.texts[0].sha256]
    assert told(record) == ["keyring", "unknown-line"]
    gone = Talks().founded()
    gone.blobs.clear()
    assert refused(gone).code == "keyring-gone"


def test_a_question_about_another_text_does_not_ask_for_keyrings() -> None:
    record = founded()
    record.add("statement", "2026-aaaaaa", 1, {"en": b"# Hello\n"}, (), None)
    record.blobs.clear()
    assert told(record, only={1}) == []
    assert told(record, only=set()) == []


def test_a_keyring_entry_without_its_keyring_text_is_refused() -> None:
    record = Talks()
    record.add("parties", cast.PROCESS, 1, {"en": b"# Protocol\n"}, BOTH, None)
    assert refused(record).code == "no-keyring"


def test_a_joint_text_swapped_in_the_entry_after_the_consent_is_refused() -> None:
    record = founded()
    record.joint()
    signed = record.leaves[-1]
    assert signed is not None
    swapped = Talks().founded()
    swapped.joint(texts={**cast.TEXTS, "en": b"# Other words\n"}, consent=signed.consent)
    assert refused(swapped).code == "changed-text"
    swapped.leaves.pop()
    swapped.joint(texts={"en": cast.TEXTS["en"]}, consent=signed.consent)
    assert refused(swapped).code == "another-language-set"
    swapped.leaves.pop()
    swapped.joint(rev=2, consent=signed.consent)
    assert refused(swapped).code == "another-revision"


def test_a_release_before_its_earliest_moment_is_refused() -> None:
    record = founded()
    record.joint(released="2026-11-30T08:59:59Z")
    assert refused(record).code == "not-before"
