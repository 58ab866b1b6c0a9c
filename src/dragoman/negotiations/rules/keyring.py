"""Who must agree, with which keys: the keyring of a process, as the text that the record holds.

    <origin>/keyring/v1
    process <ref>
    version <number of the protocol>
    key <party> <vkey>                     one or more a party
    group <name> <k|any|all> <members>     members are parties or groups named before
    quorum <party or group>

The rule is that of c2sp.org/tlog-policy. One keyring has one text: `all` is written where all are needed,
`any` where one of several is, the number otherwise; no comments, no spare spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from dragoman.lib.problems import Invalid
from dragoman.lib.tlog import note
from dragoman.lib.tlog.errors import Malformed
from dragoman.lib.tlog.groups import Group, GroupReader, Rule
from dragoman.negotiations.rules import vkeys
from dragoman.negotiations.rules.body import ORIGIN

__all__ = ["Group", "Keyring", "PartyKey", "check", "parse", "parse_rule"]

FIRST_LINE = "/keyring/v1"
MOST_KEYS = 100  # as many as a note may have signatures
_SLUG = re.compile("[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_ORIGIN = re.compile(f"({ORIGIN}){FIRST_LINE}")


@dataclass(frozen=True)
class PartyKey:
    """One key of one party."""

    party: str
    vkey: str


@dataclass(frozen=True)
class Keyring:
    """The keys and the rule. `str()` is the text for the record."""

    origin: str
    process: str
    version: int
    keys: tuple[PartyKey, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def parties(self) -> tuple[str, ...]:
        """Every party with a key, in the order of the text."""
        return tuple(dict.fromkeys(one.party for one in self.keys))

    @property
    def rule(self) -> Rule:
        """The groups and the quorum."""
        return Rule({one.name: one for one in self.groups}, self.quorum)

    def satisfied(self, parties: Iterable[str]) -> bool:
        """Whether these parties' consent is enough under the rule."""
        return self.rule.satisfied(parties)

    def needed(self) -> int:
        """The least number of parties that can satisfy the rule."""
        return self.rule.needed()

    def needed_hint(self) -> str:
        """The rule in words: `all of northland, eastmark`."""
        return self._words(self.quorum)

    def _words(self, name: str) -> str:
        group = self.rule.groups.get(name)
        if group is None:
            return name
        if len(group.members) == 1:
            return self._words(group.members[0])
        members = [f"({self._words(one)})" if one in self.rule.groups else one for one in group.members]
        word = _count(group)
        return f"{word if word in ('all', 'any') else f'at least {word}'} of {', '.join(members)}"

    def __str__(self) -> str:
        lines = [f"{self.origin}{FIRST_LINE}", f"process {self.process}", f"version {self.version}"]
        lines += [f"key {one.party} {one.vkey}" for one in self.keys]
        lines += [f"group {one.name} {_count(one)} {' '.join(one.members)}" for one in self.groups]
        return "".join(f"{line}\n" for line in [*lines, f"quorum {self.quorum}"])


def parse(text: str) -> Keyring:
    """Read a keyring. Raises Invalid (code `keyring`) with the line that is wrong."""
    reader = _Reader()
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1], 1):
        try:
            reader.take(line.split(" "))
        except Malformed as error:
            raise _refused(f"line {number}: {error}", number) from error
    read = reader.finish()
    if str(read) != text:
        raise _refused("it is not written in its one form")
    return read


def parse_rule(text: str, parties: Iterable[str]) -> tuple[tuple[Group, ...], str]:
    """Read `group` and `quorum` lines over these parties, as a person writes them: spare spaces and empty
    lines are let pass. Raises Invalid (`keyring`)."""
    reader = GroupReader()
    try:
        for party in parties:
            reader.single(party)
        for line in filter(None, map(str.strip, text.splitlines())):
            _rule_line(reader, line.split())
    except Malformed as error:
        raise _refused(str(error)) from error
    if not reader.quorum:
        raise _refused("it has no quorum line")
    return tuple(reader.groups.values()), reader.quorum


def check(keyring: Keyring, forbidden: Iterable[bytes] = ()) -> None:
    """Raises Invalid unless the keyring can be put to the parties. `forbidden`: the bare public keys of the
    record's own keys and of its witnesses.

    Codes: `one-key-two-parties`, `forbidden-key`, `wrong-key-name`, `bad-key`, `party-outside-rule`,
    `keyring`."""
    parse(str(keyring))
    owners: dict[bytes, str] = {}
    barred = frozenset(forbidden)
    for one in keyring.keys:
        raw = vkeys.raw_public(one.vkey)
        if raw in barred:
            raise Invalid(
                f"A key of {one.party} is a key of the record or of a witness; such a key signs no consent.",
                mend="Let the party make a key of its own.",
                code="forbidden-key",
            )
        if owners.setdefault(raw, one.party) != one.party:
            raise Invalid(
                f"One key stands under {owners[raw]} and under {one.party}: one signer would count as two.",
                mend="Let each party make a key of its own.",
                code="one-key-two-parties",
            )
    outside = [party for party in keyring.parties if party not in keyring.rule.reached()]
    if outside:
        raise Invalid(
            f"The rule never asks for {', '.join(outside)}: a party with a key must count in it.",
            mend="Name the party in a group that the quorum counts, or take its keys out.",
            code="party-outside-rule",
        )


@dataclass
class _Reader:
    """Takes the lines in their order: origin, process, version, keys, groups, quorum."""

    origin: str = ""
    process: str = ""
    version: int = 0
    keys: list[PartyKey] = field(default_factory=list)
    rule: GroupReader = field(default_factory=GroupReader)

    def take(self, words: list[str]) -> None:
        if not self.origin:
            match = _ORIGIN.fullmatch(words[0]) if len(words) == 1 else None
            if match is None:
                raise Malformed(f"a keyring begins with <origin>{FIRST_LINE}")
            self.origin = match[1]
            return
        match words:
            case ["process", ref] if not self.process:
                self.process = _slug(ref)
            case ["version", number] if self.process and not self.version:
                self.version = note.decimal(number, "the version")
            case ["key", party, vkey] if self.version:
                self._key(_slug(party), vkey)
            case _ if self.keys:
                _rule_line(self.rule, words)
            case _:
                raise Malformed(f"{' '.join(words)!r} is not the next line of a keyring")

    def finish(self) -> Keyring:
        if not self.rule.quorum:
            raise _refused("it has no quorum line")
        groups = tuple(self.rule.groups.values())
        return Keyring(self.origin, self.process, self.version, tuple(self.keys), groups, self.rule.quorum)

    def _key(self, party: str, vkey: str) -> None:
        if vkeys.names_of(vkey) != (party, self.process):
            raise Invalid(
                f"A key of {party} is named {vkeys.parsed(vkey).name}, not "
                f"{vkeys.name_of(party, self.process)}.",
                mend="Let the party make its key for this process.",
                code="wrong-key-name",
            )
        vkeys.kind_of(vkey)
        if any(one.vkey == vkey for one in self.keys) or len(self.keys) >= MOST_KEYS:
            raise Malformed(f"a key of {party} occurs twice, or there are more than {MOST_KEYS} keys")
        self.keys.append(PartyKey(party, vkey))
        if party not in self.rule.singles:
            self.rule.single(party)


def _rule_line(reader: GroupReader, words: list[str]) -> None:
    match words:
        case ["group", name, needed, *members] if members:
            reader.group(_slug(name), needed, members)
        case ["quorum", name]:
            reader.take_quorum(name, may_be_none=False)
        case _:
            raise Malformed(f"{' '.join(words)!r} is not a line of a rule")


def _count(group: Group) -> str:
    if group.needed == len(group.members):
        return "all"
    return "any" if group.needed == 1 else str(group.needed)


def _slug(word: str) -> str:
    if not _SLUG.fullmatch(word):
        raise Malformed(f"{word!r} is no name: small letters, digits and hyphens, at most 40")
    return word


def _refused(what: str, line: int = 0) -> Invalid:
    return Invalid(
        f"This is not a keyring: {what}.",
        mend="The form is in docs/consent.md.",
        code="keyring",
        where=[{"line": line, "message": what}] if line else (),
    )
