"""What an auditor reads: the entries of talks, the ledgers, and what of the record belongs to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.lib import markdown
from dragoman.negotiations.neutrality import terms
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.rules import lines as agreed_lines
from dragoman.negotiations.rules.chains import Told
from dragoman.record.leaf import LEDGER, Leaf, Sum
from dragoman.record.verification import Unreadable

Beside = Callable[[str], bytes]
"""path of the site -> bytes. Raises FileNotFoundError for a file that is not there."""
Blob = Callable[[Sum], bytes]
TERMS = "zxx-x-terms"
LONGEST = 10_000


@dataclass(frozen=True)
class Talks:
    """What the site says of one process: its head, and every entry by its number."""

    head: Mapping[str, Any]
    entries: Mapping[int, Mapping[str, Any]]

    @property
    def ref(self) -> str:
        return str(self.head["process"])

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.head["languages"])

    @property
    def joint(self) -> list[Mapping[str, Any]]:
        """Agreed texts in the order of their numbers."""
        return [one for _, one in sorted(self.entries.items()) if one["what"] == "joint"]

    def order_number(self, statement: str) -> int:
        """By which the order of naming turns: agreed texts count from 1, a correction keeps its own."""
        names = list(dict.fromkeys(one["ref"] for one in self.joint))
        return names.index(statement) + 1 if statement in names else len(names) + 1


@dataclass(frozen=True)
class Record:
    """What the record has of one process, by index. `told` are the entries that the chain of consents judged;
    `ledgers` the sealed ledgers; `leaves` all entries."""

    leaves: Sequence[Leaf | None]
    told: Mapping[int, Told]
    ledgers: Mapping[int, Leaf]
    blob: Blob

    def leaf(self, index: int) -> Leaf | None:
        return self.leaves[index] if 0 <= index < len(self.leaves) else None

    def sheet(self, keyring_index: int | None) -> TermSheet | None:
        """The term sheet that was agreed with this entry's keyring; None when its text was taken down."""
        leaf = self.leaf(keyring_index) if keyring_index is not None else None
        wanted = next((one for one in leaf.texts if one.lang == TERMS), None) if leaf else None
        try:
            return terms.parse(self.blob(wanted)) if wanted else None
        except FileNotFoundError:
            return None


def talks_of(beside: Beside, ref: str) -> Talks:
    """All entries of a process, from its files. Raises Unreadable."""
    head = _json(beside, f"/talks/{ref}/entries.json")
    found: dict[int, Mapping[str, Any]] = {}
    path, part = head.get("older"), head
    for _ in range(LONGEST):
        for one in part["entries"]:
            found.setdefault(int(one["number"]), one)
        if not path:
            return Talks(head, found)
        part = _json(beside, str(path))
        path = part.get("older")
    raise Unreadable(f"the entries of {ref} have no end")


def ledgers_of(beside: Beside, ref: str) -> list[Mapping[str, Any]]:
    """The published ledgers, oldest first; none where the host has not published any."""
    try:
        found = _json(beside, f"/talks/{ref}/ledger.json")["ledgers"]
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda one: int(one["number"]))


def record_of(ref: str, leaves: Sequence[Leaf | None], told: Sequence[Told], blob: Blob) -> Record:
    """What of a verified record belongs to the process."""
    keyrings = {one.index for one in told if one.what == "keyring" and one.leaf.id == ref}
    mine = {one.index: one for one in told if one.index in keyrings or one.leaf.parties in keyrings}
    ledgers = {
        index: leaf
        for index, leaf in enumerate(leaves)
        if leaf is not None and leaf.kind == LEDGER and leaf.id == f"{ref}-ledger"
    }
    return Record(leaves, mine, ledgers, blob)


def sealed(entry: Mapping[str, Any], text: Mapping[str, str]) -> str:
    """The digest of one language of an entry, from its words: as the record seals texts of its kind."""
    match entry["what"]:
        case "joint":
            data = markdown.canonical(text["title"], text["summary"], text["body"])
        case "protocol":
            data = text["body"].encode()
        case _:
            data = agreed_lines.sealed(text["body"])
    return hashlib.sha256(data).hexdigest()


def words_of(entry: Mapping[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Language -> title, summary, body."""
    return {
        lang: (text["title"], text["summary"], text["body"])
        for lang, text in entry["texts"].items()
        if "body" in text
    }


def _json(beside: Beside, path: str) -> dict[str, Any]:
    try:
        value = json.loads(beside(path))
    except ValueError as error:
        raise Unreadable(f"{path} is not JSON") from error
    if not isinstance(value, dict):
        raise Unreadable(f"{path} is not an object")
    return value
