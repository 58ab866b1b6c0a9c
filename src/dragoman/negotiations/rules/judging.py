"""A whole consent note, held against what it should be about: nothing replayed, nothing changed, nobody missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dragoman.negotiations.rules.body import ConsentBody
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.signing import Signed
from dragoman.record.leaf import Leaf


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
    """The signed note: the text, an empty line, the signature lines sorted. Nothing is checked here."""
    raise NotImplementedError


def judge(note: bytes, keyring: Keyring, expected: ConsentBody) -> Judged:
    """Check every signature of the note and that it is about exactly what is expected.

    Raises Invalid: `not-a-note`, `consent-body`, `another-record`, `another-process`, `another-round`,
    `another-statement`, `another-revision`, `another-language-set`, `changed-text`, `changed-media`,
    `not-before`, `other-keyring`, `signed-twice`, or a code of `signing.verify_line`. Whether the parties that
    signed are enough is told, not raised.
    """
    raise NotImplementedError


def compare(body: ConsentBody, expected: ConsentBody) -> None:
    """Raises Invalid with the first thing in which the bodies differ."""
    raise NotImplementedError


def verify_entry(
    origin: str, index: int, leaf: Leaf, keyrings: Sequence[KeyringEntry], own_keyring: str = ""
) -> Judged:
    """Check the consent of one entry of the record, from public bytes alone.

    `keyrings` are the `parties` entries of the same process before this one, oldest first; `own_keyring` the
    keyring text of a `parties` entry itself. Raises Invalid as `judge` does, and `no-consent`, `not-agreed`,
    `other-keyring`, `not-before`.
    """
    raise NotImplementedError
