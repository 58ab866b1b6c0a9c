"""All consents of a record, judged in order, from public bytes alone: each keyring under the one before it,
each text under the keyring in force, each agreed line against the protocol in force."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import judging, lines, protocol, timing
from dragoman.negotiations.rules.judging import Judged, KeyringEntry
from dragoman.negotiations.rules.lines import Recognised
from dragoman.record.leaf import CORRECTION, LINE, OF_STATEMENTS, PARTIES, WITHDRAWAL, Leaf, Sum

KEYRING, RULES = "zxx-x-keyring", "zxx-x-rules"
Blob = Callable[[Sum], bytes]
"""The bytes of a digest, held against it by the caller. Raises FileNotFoundError when they are gone."""


@dataclass(frozen=True)
class Told:
    """What one entry is: a keyring or a joint text that was agreed, a line that was agreed beforehand, a
    joint text that the host withdrew; or a line whose words were taken down, so that nobody can tell."""

    index: int
    leaf: Leaf
    what: Literal["keyring", "joint", "line", "withdrawn", "unknown-line"]
    judged: Judged | None = None
    line: Recognised | None = None


def verify_all(
    origin: str,
    leaves: Sequence[Leaf | None],
    blob: Blob,
    *,
    forbidden: Iterable[bytes] = (),
    only: Collection[int] | None = None,
) -> tuple[Told, ...]:
    """Judge every entry of talks; with `only`, these entries and the keyrings. A record without talks gives
    nothing. Raises Invalid, with the number of the entry in its words, on the first that does not hold."""
    if only is not None and not any(_of_talks(leaves[at], leaves) for at in only):
        return ()
    chain = _Chain(origin, blob, frozenset(forbidden))
    told: list[Told] = []
    for index, leaf in enumerate(leaves):
        if leaf is None or (only is not None and index not in only and leaf.kind != PARTIES):
            continue
        try:
            found = chain.judge(index, leaf, leaves)
        except Invalid as problem:
            raise Invalid(
                f"Entry {index} ({leaf.id}-{leaf.rev}): {problem.detail}",
                mend=problem.mend,
                code=problem.code,
            ) from problem
        if found is not None and (only is None or index in only):
            told.append(found)
    return tuple(told)


class _Chain:
    """The keyrings so far, by process."""

    def __init__(self, origin: str, blob: Blob, forbidden: frozenset[bytes]) -> None:
        self.origin, self.blob, self.forbidden = origin, blob, forbidden
        self.keyrings: dict[str, list[KeyringEntry]] = {}
        self.entries: dict[int, Leaf] = {}
        self.rules: dict[int, protocol.ProtocolRules] = {}

    def judge(self, index: int, leaf: Leaf, leaves: Sequence[Leaf | None]) -> Told | None:
        if leaf.kind == PARTIES:
            return Told(index, leaf, "keyring", self._keyring(index, leaf))
        if leaf.kind == LINE:
            return self._line(index, leaf)
        replaced = _joint_before(leaf, leaves)
        if leaf.kind == WITHDRAWAL and replaced is not None and leaf.consent is None:
            return Told(index, leaf, "withdrawn")
        named = leaf.parties is not None and leaf.kind in OF_STATEMENTS
        if leaf.consent is None and not named and replaced is None:
            return None  # said by the host alone; a ledger of talks too is the host's own
        self._same_process(leaf, replaced)
        judged = judging.verify_entry(self.origin, leaf, self._before(leaf), forbidden=self.forbidden)
        return Told(index, leaf, "joint", judged)

    def _keyring(self, index: int, leaf: Leaf) -> Judged:
        text = self._text(leaf, KEYRING).decode("utf-8", "replace")
        before = self.keyrings.setdefault(leaf.id, [])
        judged = judging.verify_entry(self.origin, leaf, before, own_keyring=text, forbidden=self.forbidden)
        before.append(KeyringEntry(index, text))
        self.entries[index] = leaf
        return judged

    def _line(self, index: int, leaf: Leaf) -> Told:
        before = self._before(leaf)
        process = self.entries[before[-1].index].id
        if leaf.parties != before[-1].index or leaf.id != f"{process}-line":
            raise Invalid(
                f"The line names the protocol of entry {leaf.parties}; in force was that of entry "
                f"{before[-1].index}.",
                code="other-keyring",
            )
        try:
            texts = {one.lang: self.blob(one) for one in leaf.texts}
        except FileNotFoundError:
            return Told(index, leaf, "unknown-line")
        found = lines.recognise(self._rules(before[-1].index), texts, timing.from_stamp(leaf.released))
        return Told(index, leaf, "line", line=found)

    def _before(self, leaf: Leaf) -> list[KeyringEntry]:
        """The keyrings of the process whose keyring the entry names, up to here."""
        named = self.entries.get(leaf.parties) if leaf.parties is not None else None
        if named is None:
            raise Invalid(
                f"It names the keyring of entry {leaf.parties}, and no keyring stands there before it.",
                code="other-keyring",
            )
        return self.keyrings[named.id]

    def _same_process(self, leaf: Leaf, replaced: Leaf | None) -> None:
        if replaced is None:
            return
        if leaf.consent is None or leaf.parties is None:
            raise Invalid(
                f"The {leaf.kind} of a joint text holds no consent: the host changed it alone.",
                code="no-consent",
            )
        old, new = (self.entries.get(one.parties or 0) for one in (replaced, leaf))
        if old is not None and new is not None and old.id != new.id:
            raise Invalid(
                f"It replaces a text of {old.id}, and the parties of {new.id} signed it.",
                code="another-process",
            )

    def _rules(self, index: int) -> protocol.ProtocolRules:
        if index not in self.rules:
            self.rules[index] = protocol.parse(self._text(self.entries[index], RULES))
        return self.rules[index]

    def _text(self, leaf: Leaf, lang: str) -> bytes:
        wanted = next((one for one in leaf.texts if one.lang == lang), None)
        try:
            return self.blob(wanted) if wanted else _lacking(lang)
        except FileNotFoundError as error:
            raise Invalid(
                f"The text {lang} was taken down, so nobody can tell who had to agree.", code="keyring-gone"
            ) from error


def _of_talks(leaf: Leaf | None, leaves: Sequence[Leaf | None]) -> bool:
    if leaf is None:
        return False
    return leaf.parties is not None or leaf.kind in (PARTIES, LINE) or bool(_joint_before(leaf, leaves))


def _joint_before(leaf: Leaf, leaves: Sequence[Leaf | None]) -> Leaf | None:
    """The joint text that a correction or a withdrawal replaces."""
    if leaf.kind not in (CORRECTION, WITHDRAWAL) or leaf.prev is None or leaf.prev >= len(leaves):
        return None
    replaced = leaves[leaf.prev]
    return replaced if replaced is not None and replaced.consent is not None else None


def _lacking(lang: str) -> bytes:
    raise Invalid(f"The entry has no text {lang}, so nobody can tell who had to agree.", code="no-keyring")
