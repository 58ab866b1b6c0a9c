"""What a kind of channel can do, in plain words, for the pages that officers choose by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dragoman.channels import connector as port
from dragoman.channels.connector import Kind

CAN = {
    port.PREPARE: "Prepares ahead, so that at the moment one request is left",
    port.FIND: "Can look whether a post is out when an answer was lost",
    port.SAME_KEY_ONCE: "Sent again under the same key, a post cannot double",
    port.WITHDRAW: "Takes a post down",
    port.THREADS: "Carries a long text as a thread",
    port.PICTURES: "Carries pictures",
    port.VIDEO: "Carries films",
    port.LANGUAGES: "Tells the network the language of a post",
    port.REPLY: "Answers a post that is there",
    port.FETCH: "Reads what people answer",
    port.LOOK_BACK: "Reads the last days again, to find what was missed",
    port.VANISHED: "Finds out what its writers have taken back",
    port.WEBHOOK: "Is told by the network when something comes in",
    port.FIGURES: "Reads the network's own counts",
    port.MANY: "Sends one copy to each subscriber",
    port.OAUTH: "Is signed in on the network's own page, without a password in this desk",
    port.PUBLIC_MEDIA: "Lets the network fetch pictures from an address that nobody can guess",
    port.TIMELINE: "Shows on the desk what it holds",
    port.TRAINING: "Nobody outside sees it",
    port.SILENT: "Is only read: nothing is ever put out on it",
}
BRIEF = {
    port.PICTURES: "pictures",
    port.VIDEO: "films",
    port.THREADS: "threads",
    port.SAME_KEY_ONCE: "cannot double",
    port.WITHDRAW: "takes posts down",
    port.FETCH: "reads answers",
    port.FIGURES: "counts readers",
}
CANNOT = {
    port.FIND: "Cannot tell whether a post is out: when an answer was lost, a person looks and decides",
    port.SAME_KEY_ONCE: "Knows no key that forbids doubles: the desk never sends again by itself "
    "after a lost answer",
    port.WITHDRAW: "A post can be taken down only by hand, on the network",
    port.PICTURES: "Carries no pictures",
    port.FETCH: "Does not read what people answer",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind: what it can and cannot do."""

    kind: Kind
    can: tuple[str, ...]
    cannot: tuple[str, ...]

    @property
    def initials(self) -> str:
        return initials(self.kind.label)

    @property
    def brief(self) -> str:
        """What sets it apart, in one line."""
        words = ", ".join(words for ability, words in BRIEF.items() if self.kind.able(ability))
        return words[:1].upper() + words[1:]

    @property
    def checked(self) -> str:
        """The oldest date at which one of its limits was looked up."""
        return min((limit.checked for limit in self.kind.limits if limit.checked), default="")


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that are set up alike."""

    title: str
    about: str
    sheets: tuple[Sheet, ...]


def sheet(kind: Kind) -> Sheet:
    """A kind in plain words."""
    can = tuple(words for ability, words in CAN.items() if kind.able(ability))
    cannot = tuple(words for ability, words in CANNOT.items() if not kind.able(ability))
    plain = kind.able(port.TRAINING) or kind.able(port.SILENT)
    return Sheet(kind, can, () if plain else cannot)


def groups(kinds: Iterable[Kind]) -> list[Group]:
    """The kinds by how they are set up. Derived from what they declare: a new kind finds its place."""
    found: dict[str, list[Sheet]] = {"oauth": [], "key": [], "many": [], "silent": [], "training": []}
    for kind in sorted(kinds, key=lambda each: each.label.lower()):
        where = (
            "training"
            if kind.able(port.TRAINING)
            else "silent"
            if kind.able(port.SILENT)
            else "many"
            if kind.able(port.MANY)
            else "oauth"
            if kind.oauth
            else "key"
        )
        found[where].append(sheet(kind))
    words = {
        "oauth": ("Signed in on the network's page", "An app is registered there once; no password is kept."),
        "key": ("With a key of its own", "A token or key is made on the other side and entered here."),
        "many": ("To subscribers", "One copy to each who asked for it and has confirmed."),
        "silent": ("Only read", "What people write there comes into the inbox; nothing goes out on it."),
        "training": ("For training", "Nobody outside sees what is sent here."),
    }
    return [Group(*words[name], tuple(sheets)) for name, sheets in found.items() if sheets]


def initials(label: str) -> str:
    """Two signs that stand for a kind: `Bs` no, `B` for one word, `FP` for two."""
    parts = re.findall(r"[^\W_]+", label)
    letters = "".join(part[0] for part in parts[:2]) if len(parts) > 1 else (parts or ["?"])[0][:2]
    return letters[:1].upper() + letters[1:]
