"""A whole consent note, held against what it should be about: nothing replayed, changed or missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import note as notes
from dragoman.lib.tlog.errors import Malformed
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import keyring as keyrings_of
from dragoman.negotiations.rules import signing
from dragoman.negotiations.rules.body import ConsentBody, MediaSum, TextSum
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.signing import Signed
from dragoman.record.leaf import PARTIES, Leaf

_OF_ANOTHER = "A consent holds for one text only; put this one to the parties."


@dataclass(frozen=True)
class Judged:
    """Who signed. `missing` are the parties of the keyring without a signature, needed or not; `satisfied`
    whether the rule of the keyring is."""

    parties: tuple[str, ...]
    satisfied: bool
    missing: tuple[str, ...]
    signatures: tuple[Signed, ...] = ()


@dataclass(frozen=True)
class KeyringEntry:
    """A `parties` entry of the record: its index, and the text of the keyring that it holds."""

    index: int
    text: str


def assemble(body: ConsentBody, lines: Iterable[str]) -> bytes:
    """The signed note: the text, an empty line, the signature lines sorted. Nothing is checked here but that
    the lines can be read. Raises Invalid (`no-signature`, `bad-signature`, `consent-body`)."""
    return assemble_text(bodies.dump(body), lines)


def assemble_text(data: bytes, lines: Iterable[str]) -> bytes:
    """The signed note of any text that ends with a line feed."""
    rows = sorted({str(signing.read_line(line)) for line in lines})
    if not rows:
        raise Invalid("Nobody has signed.", code="no-signature")
    return data + b"\n" + "".join(rows).encode()


def open_note(data: bytes) -> notes.Note:
    """Read a note. Raises Invalid (`not-a-note`)."""
    try:
        return notes.parse(data)
    except Malformed as error:
        raise Invalid(
            f"This is not a signed note: {error}.",
            mend="Copy the file as it is; an editor or a mail program may have changed it.",
            code="not-a-note",
        ) from error


def judge(note: bytes, keyring: Keyring, expected: ConsentBody) -> Judged:
    """Check every signature of the note and that it is about exactly what is expected.

    Raises Invalid: `not-a-note`, `consent-body`, `another-record`, `another-process`, `another-round`,
    `another-statement`, `another-revision`, `another-language-set`, `changed-text`, `changed-media`,
    `not-before`, `other-keyring`, `signed-twice`, or a code of `signing.verify_line`. Whether the parties
    that signed are enough is told, not raised.
    """
    read = open_note(note)
    compare(bodies.parse(read.text), expected)
    if (keyring.origin, keyring.process) != (expected.origin, expected.process):
        raise Invalid(
            f"The keyring is that of {keyring.process} in {keyring.origin}, and the text belongs to "
            f"{expected.process} in {expected.origin}.",
            code="other-keyring",
        )
    signed = [signing.verify_line(str(one), read.text, keyring) for one in read.signatures]
    if len({one.vkey for one in signed}) != len(signed):
        raise Invalid("A key signed the note twice.", code="signed-twice")
    present = {one.party for one in signed}
    return Judged(
        parties=tuple(party for party in keyring.parties if party in present),
        satisfied=keyring.satisfied(present),
        missing=tuple(party for party in keyring.parties if party not in present),
        signatures=tuple(sorted(signed, key=lambda one: keyring.parties.index(one.party))),
    )


def compare(body: ConsentBody, expected: ConsentBody) -> None:
    """Raises Invalid with the first thing in which the bodies differ."""
    for what, code, given, wanted in (
        ("record", "another-record", body.origin, expected.origin),
        ("process", "another-process", body.process, expected.process),
        ("round", "another-round", body.round, expected.round),
        ("statement", "another-statement", body.statement, expected.statement),
        ("revision", "another-revision", body.rev, expected.rev),
    ):
        if given != wanted:
            _differs(f"for another {what}: {given}, wanted {wanted}", code)
    if body.languages != expected.languages:
        _differs(
            f"for other languages: {', '.join(body.languages)}, wanted {', '.join(expected.languages)}",
            "another-language-set",
        )
    changed = sorted({one.lang for one in set(body.texts) ^ set(expected.texts)})
    if changed:
        _differs(f"for another text in {', '.join(changed)}", "changed-text")
    if sorted(body.media) != sorted(expected.media):
        _differs("for other pictures or files", "changed-media")
    if body.not_before != expected.not_before:
        _differs(
            f"for another earliest moment: {body.not_before}, wanted {expected.not_before}", "not-before"
        )
    if body.parties != expected.parties:
        _differs(f"under another keyring: entry {body.parties}, wanted {expected.parties}", "other-keyring")


def verify_entry(
    origin: str,
    leaf: Leaf,
    keyrings: Sequence[KeyringEntry],
    *,
    own_keyring: str = "",
    forbidden: Iterable[bytes] = (),
) -> Judged:
    """Check the consent of one entry of the record, from public bytes alone.

    `keyrings` are the `parties` entries of the same process before this one, oldest first; `own_keyring` the
    keyring text of a `parties` entry itself; `forbidden` as for `keyring.check`. Raises Invalid as `judge`
    and `keyring.check` do, and `no-consent`, `not-agreed`, `other-keyring`, `keyring-version`, `not-before`.
    """
    if leaf.consent is None:
        raise Invalid(f"{leaf.id}-{leaf.rev} holds no consent.", code="no-consent")
    if leaf.kind == PARTIES:
        _check_own(origin, leaf, own_keyring, forbidden)
    keyring = _in_force(leaf, keyrings, own_keyring)
    said = bodies.parse(open_note(leaf.consent.encode()).text)
    judged = judge(leaf.consent.encode(), keyring, _expected(origin, leaf, keyring, said))
    if leaf.released < said.not_before:
        raise Invalid(
            f"It was released at {leaf.released}; the parties agreed to {said.not_before} at the earliest.",
            code="not-before",
        )
    if not judged.satisfied:
        raise Invalid(
            f"Not enough parties agreed: {keyring.needed_hint()} is asked, and these have signed: "
            f"{', '.join(judged.parties) or 'none'}. Missing: {', '.join(judged.missing)}.",
            code="not-agreed",
        )
    return judged


def _in_force(leaf: Leaf, keyrings: Sequence[KeyringEntry], own_keyring: str) -> Keyring:
    """The keyring that must judge: the latest before the entry; a founding one judges itself."""
    latest = keyrings[-1] if keyrings else None
    if leaf.parties != (latest.index if latest else None):
        raise Invalid(
            f"It names the keyring of entry {leaf.parties}; in force was that of entry "
            f"{latest.index if latest else None}.",
            mend=_OF_ANOTHER,
            code="other-keyring",
        )
    if latest is None and leaf.kind != PARTIES:
        raise Invalid("There was no keyring yet, so nobody could agree.", code="other-keyring")
    return keyrings_of.parse(latest.text if latest else own_keyring)


def _check_own(origin: str, leaf: Leaf, text: str, forbidden: Iterable[bytes]) -> None:
    """A keyring that goes into force must be a sound one, and be the one that its entry says."""
    own = keyrings_of.parse(text)
    keyrings_of.check(own, forbidden)
    if (own.origin, own.process, own.version) != (origin, leaf.id, leaf.rev):
        raise Invalid(
            f"The keyring says it is version {own.version} of {own.process} in {own.origin}; its entry says "
            f"version {leaf.rev} of {leaf.id} in {origin}.",
            code="keyring-version",
        )


def _expected(origin: str, leaf: Leaf, keyring: Keyring, said: ConsentBody) -> ConsentBody:
    """What the entry says; of the consent's own words only the round and the earliest moment are taken."""
    return replace(
        said,
        origin=origin,
        process=leaf.id if leaf.kind == PARTIES else keyring.process,
        statement=leaf.id,
        rev=leaf.rev,
        texts=tuple(TextSum(one.lang, one.sha256, one.size) for one in leaf.texts),
        media=tuple(MediaSum(one.sha256, one.size) for one in leaf.media),
        parties=leaf.parties,
    )


def _differs(what: str, code: str) -> NoReturn:
    raise Invalid(f"The consent is {what}.", mend=_OF_ANOTHER, code=code)
