"""Verifying a record from outside: every file against the signed head, and the head against a policy.

Pure: no Django and no network; the caller hands in a function that reads. What passes here was checked from
the bytes alone, with nothing believed that the record says of itself.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dragoman.lib.problems import Problem
from dragoman.lib.tlog import merkle, proof, verify
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.policy import Policy
from dragoman.record import leaf as leaves
from dragoman.record import rules
from dragoman.record.leaf import Leaf, Sum

Read = Callable[[str], bytes]
"""path -> bytes. Raises FileNotFoundError when the record does not serve the file, Unreadable when it
cannot be known."""

Progress = Callable[[str, int, int], None]
"""what is being read, how many are done, how many there are."""


class Unreadable(Exception):
    """The record could not be read, so nothing is known of it."""


class Refused(Exception):
    """The record, or what was asked about, does not verify. The message says why."""


@dataclass(frozen=True)
class Seen:
    """A head that this verifier saw before: the record must continue it."""

    size: int
    root: bytes


@dataclass(frozen=True)
class Question:
    """What to check beside the log itself. Without `statement` it is every entry's texts, media and proof;
    `id` or `id-rev` narrows that. `text` is looked for among the sealed bytes."""

    statement: str = ""
    text: bytes | None = None
    seen: Seen | None = None
    allow_missing: bool = False


@dataclass(frozen=True)
class Found:
    """A sealed entry that the question is about. `later` are the entries that replaced it, oldest first."""

    index: int
    leaf: Leaf
    part: Sum | None = None
    later: tuple[Leaf, ...] = ()


@dataclass(frozen=True)
class Report:
    """What was verified. `leaves` are all entries of the log, None where a kind is not known here."""

    head: verify.Head
    entries: int
    blobs: int
    proofs: int
    missing: tuple[str, ...]
    statements: tuple[Found, ...]
    matches: tuple[Found, ...]
    normalised: bool
    leaves: tuple[Leaf | None, ...] = ()

    @property
    def seen(self) -> Seen:
        """The head to remember for the next time."""
        return Seen(self.head.checkpoint.size, self.head.checkpoint.root)


def verify_record(read: Read, policy: Policy, question: Question, progress: Progress | None = None) -> Report:
    """Check the record against the policy. Raises Refused with the reason, or Unreadable."""
    try:
        return _Check(read, policy, question, progress or _silent).run()
    except TlogError as error:
        raise Refused(f"{error}.") from error
    except FileNotFoundError as error:
        raise Refused(f"The record does not serve {error.args[-1]}, which its head speaks for.") from error


class _Check:
    def __init__(self, read: Read, policy: Policy, question: Question, progress: Progress) -> None:
        self.read, self.policy, self.question, self.progress = read, policy, question, progress
        self.leaves: list[Leaf | None] = []
        self.entries: list[bytes] = []
        self.missing: list[str] = []
        self.open = lru_cache(maxsize=64)(lambda data: verify.open_head(data, policy))

    def run(self) -> Report:
        head = self._head()
        tree = self._log(head)
        self._memory(head, tree)
        self._order()
        wanted = self._wanted()
        blobs = self._blobs(wanted)
        for done, index in enumerate(wanted):
            self._proof(index, head, tree)
            self.progress("proofs", done + 1, len(wanted))
        matches, normalised = self._matches()
        return Report(
            head=head,
            entries=len(self.entries),
            blobs=blobs,
            proofs=len(wanted),
            missing=tuple(self.missing),
            statements=tuple(self._found(index) for index in wanted if self.question.statement),
            matches=matches,
            normalised=normalised,
            leaves=tuple(self.leaves),
        )

    def _head(self) -> verify.Head:
        try:
            data = self.read("checkpoint")
        except FileNotFoundError as error:
            raise Unreadable("there is no record here: it has no file `checkpoint`") from error
        head = verify.open_head(data, self.policy)
        if not head.quorum:
            names = ", ".join(head.witnesses) or "none"
            raise Refused(
                f"The head awaits witnesses: the policy asks for at least {self.policy.needed()}, and these "
                f"have signed: {names}."
            )
        return head

    def _log(self, head: verify.Head) -> "Tree":
        size, root = head.checkpoint.size, head.checkpoint.root
        for entry in verify.entries(size, root, self.read):
            self.entries.append(entry)
            self.progress("entries", len(self.entries), size)
        self.leaves = [_leaf(index, entry) for index, entry in enumerate(self.entries)]
        return Tree([merkle.leaf_hash(entry) for entry in self.entries])

    def _memory(self, head: verify.Head, tree: "Tree") -> None:
        seen = self.question.seen
        if seen is None:
            return
        if seen.size > head.checkpoint.size:
            raise Refused(
                f"The record has shrunk: it had {seen.size} entries when it was verified here before and has "
                f"{head.checkpoint.size} now. That is proof of tampering, or of a restored old backup."
            )
        if tree.root(seen.size) != seen.root:
            raise Refused(
                f"The record has forked: its first {seen.size} entries are not those that were verified here "
                "before. That is proof of tampering."
            )

    def _order(self) -> None:
        earlier: dict[str, list[tuple[int, Leaf]]] = {}
        for index, leaf in enumerate(self.leaves):
            if leaf is None:
                continue
            before = earlier.setdefault(leaf.id, [])
            try:
                right = rules.follows(leaf, before)
            except Problem as problem:
                raise Refused(f"Entry {index} is out of order: {problem.detail}") from problem
            if right != leaf:
                raise Refused(f"Entry {index} ({leaf.id}-{leaf.rev}) does not name what it replaces.")
            before.append((index, leaf))

    def _wanted(self) -> list[int]:
        known = [index for index, leaf in enumerate(self.leaves) if leaf is not None]
        name = self.question.statement
        if not name:
            # A question about a text is answered by the log alone: the whole of it was just compared.
            return known if self.question.text is None else []
        found = [index for index in known if name in _names(self.leaves[index])]
        if not found:
            raise Refused(
                f"{name} is not in this record of {len(self.entries)} entries. "
                "That says only that it was not released through this record, not whether it is true."
            )
        return found

    def _blobs(self, wanted: Sequence[int]) -> int:
        sums = {one.path: one for index in wanted for one in _sums(self.leaves[index])}
        for done, one in enumerate(sums.values()):
            self._blob(one)
            self.progress("texts and media", done + 1, len(sums))
        return len(sums) - len(self.missing)

    def _blob(self, one: Sum) -> None:
        try:
            data = self.read(one.path)
        except FileNotFoundError:
            if not self.question.allow_missing:
                raise
            self.missing.append(one.path)
            return
        if hashlib.sha256(data).hexdigest() != one.sha256 or len(data) != one.size:
            raise Refused(f"The bytes of {one.path} are not those that were sealed.")

    def _proof(self, index: int, head: verify.Head, tree: "Tree") -> None:
        leaf = self.leaves[index]
        path = leaf.proof_path if leaf else ""
        try:
            read = proof.parse(self.read(path))
            under = self.open(read.checkpoint).checkpoint
            if read.index != index or under.size > head.checkpoint.size:
                raise Refused(f"{path} is the proof of another entry or of a later head.")
            if tree.root(under.size) != under.root:
                raise Refused(f"{path} stands under a head that this record does not continue: a fork.")
            leaf_hash = merkle.leaf_hash(self.entries[index])
            merkle.check_inclusion(leaf_hash, index, under.size, read.hashes, under.root)
        except TlogError as error:
            raise Refused(f"{path}: {error}.") from error

    def _matches(self) -> tuple[tuple[Found, ...], bool]:
        if self.question.text is None:
            return (), False
        for normalised, data in enumerate(dict.fromkeys([self.question.text, _tidy(self.question.text)])):
            digest = hashlib.sha256(data).hexdigest()
            found = [
                self._found(index, one)
                for index, leaf in enumerate(self.leaves)
                for one in _sums(leaf)
                if one.sha256 == digest
            ]
            if found:
                return tuple(found), bool(normalised)
        raise Refused(
            f"This text is not in this record of {len(self.entries)} entries "
            f"(sha256 {hashlib.sha256(self.question.text).hexdigest()}). "
            "That says only that these very bytes were not released through it, not whether they are true."
        )

    def _found(self, index: int, part: Sum | None = None) -> Found:
        leaf = self.leaves[index]
        if leaf is None:
            raise ValueError("an entry of an unknown kind is never asked for")
        later = tuple(one for one in self.leaves[index + 1 :] if one is not None and one.id == leaf.id)
        return Found(index, leaf, part, later)


class Tree:
    """All hashes of a log that was read whole, to tell the root it had at any earlier size."""

    def __init__(self, leaf_hashes: list[bytes]) -> None:
        self._rows = [leaf_hashes]
        while len(row := self._rows[-1]) > 1:
            pairs = zip(row[0::2], row[1::2], strict=False)
            self._rows.append([merkle.node_hash(left, right) for left, right in pairs])

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries."""
        return merkle.range_root(lambda level, index: self._rows[level][index], 0, size)


def _leaf(index: int, entry: bytes) -> Leaf | None:
    try:
        return leaves.parse(entry)
    except TlogError as error:
        raise Refused(f"Entry {index}: {error}.") from error


def _names(leaf: Leaf | None) -> tuple[str, ...]:
    return (leaf.id, f"{leaf.id}-{leaf.rev}") if leaf else ()


def _sums(leaf: Leaf | None) -> tuple[Sum, ...]:
    return leaf.sums if leaf else ()


def _tidy(text: bytes) -> bytes:
    """A text as it was sealed, from a copy that an editor may have touched: line ends, mark, last line."""
    try:
        words = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text
    words = unicodedata.normalize("NFC", words.replace("\r\n", "\n").replace("\r", "\n"))
    return (words.rstrip("\n") + "\n").encode()


def _silent(_: str, __: int, ___: int) -> None:
    return
