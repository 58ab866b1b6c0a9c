"""The evenness ledger of one release: was every party, every language and every reader treated alike? Pure.

`build` makes it from what the host knows; the host seals and publishes it. What of it stands in public files
can be worked out again by anyone (`figures`); the rest is the host's word, and `WORD` names it. There are no
floats in it, so that it has one form in bytes (`lib.canonical`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dragoman.lib import canonical
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.terms import TermSheet

Texts = Mapping[str, tuple[str, str, str]]
"""Language -> title, summary, body."""

TOLERANCES = {"channel_ms": 5_000, "language_seconds": 0, "mentions": 1}
"""What is still even: how long after the page a copy may leave, how much later a language may come, how often
one party may be named more than another."""

WORD = ("consents.at", "times", "channels", "corrections")
"""Members that rest on the host's word: no public file holds them from which they could be worked out."""


@dataclass(frozen=True)
class Consent:
    """That a party signed, with what, and when the host received it (UTC, "2017-01-12T08:40:00Z")."""

    party: str
    kind: str
    at: str


@dataclass(frozen=True)
class Copy:
    """One delivery to a channel. `after_page_ms` counts from when the page stood; None: it has not left."""

    label: str
    network: str
    lang: str
    state: str
    after_page_ms: int | None = None


@dataclass(frozen=True)
class Asks:
    """How many corrections a party has asked for in these talks so far, and what came of them."""

    asked: int = 0
    granted: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Release:
    """What the host knows of one release. `entry` is its number on the live page, `order_number` the number
    by which the term sheet's order turns; `languages` are those of the process; `times` are UTC moments with
    milliseconds: "sealed", "page", "channels"."""

    process: str
    entry: int
    ref: str
    rev: int
    index: int
    released: str
    order_number: int
    languages: Sequence[str]
    texts: Texts
    consents: Sequence[Consent]
    times: Mapping[str, str] = field(default_factory=dict)
    copies: Sequence[Copy] = ()
    asks: Mapping[str, Asks] = field(default_factory=dict)


@dataclass(frozen=True)
class Uneven:
    """Something outside the tolerance: which, where, and the figures, in words that anybody can check."""

    code: str
    where: str
    words: str


def build(release: Release, sheet: TermSheet, *, number: int, at: str) -> dict[str, Any]:
    """The ledger as a plain value. `number` counts the ledgers of a process; `at` is when it was made."""
    value = {
        "v": 1,
        "process": release.process,
        "number": number,
        "at": at,
        "release": {
            "entry": release.entry,
            "ref": release.ref,
            "rev": release.rev,
            "index": release.index,
            "released": release.released,
            "order_number": release.order_number,
        },
        **figures(release.texts, sheet, release.order_number, release.languages),
        "consents": [asdict(one) for one in sorted(release.consents, key=lambda one: (one.at, one.party))],
        "times": dict(release.times),
        "channels": [asdict(one) for one in release.copies],
        "corrections": {party: asdict(one) for party, one in release.asks.items()},
        "tolerances": dict(TOLERANCES),
    }
    return {**value, "uneven": [asdict(one) for one in uneven(value)]}


def dump(value: Mapping[str, Any]) -> bytes:
    """The bytes that are sealed."""
    return canonical.dumps(value)


def figures(
    texts: Texts, sheet: TermSheet, order_number: int, languages: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What can be worked out from the texts and the term sheet alone: order, mentions, languages.

    `order.found` is the order in which parties are first named, `order.lists` how many lists of parties stand
    in the text and how many of them are not in the agreed order.
    """
    order: dict[str, Any] = {"agreed": {}, "found": {}, "lists": {}}
    mentions: dict[str, dict[str, int]] = {}
    for lang in sorted(set(texts) & set(sheet.languages)):
        reading = Reading(texts, lang, sheet, order_number)
        named = [mention.party for mention in reading.mentions]
        order["agreed"][lang] = list(reading.order)
        order["found"][lang] = list(dict.fromkeys(named))
        order["lists"][lang] = {
            "all": len(reading.lists),
            "other": sum(not _follows(one.parties, reading.order) for one in reading.lists),
        }
        mentions[lang] = {party: named.count(party) for party in reading.order}
    together = [lang for lang in languages if lang in texts]
    missing = [lang for lang in languages if lang not in texts]
    return {
        "order": order,
        "mentions": mentions,
        "languages": {"together": together, "missing": missing, "late_seconds": 0},
    }


def uneven(value: Mapping[str, Any]) -> tuple[Uneven, ...]:
    """What of a ledger is outside its own tolerances."""
    return tuple(_uneven(value))


def copies_of(value: Mapping[str, Any]) -> tuple[Copy, ...]:
    """The copies that a ledger names."""
    return tuple(Copy(**one) for one in value["channels"])


def widest_ms(value: Mapping[str, Any]) -> int | None:
    """How long after the page the last copy left; None where no copy has."""
    known = [one.after_page_ms for one in copies_of(value) if one.after_page_ms is not None]
    return max(known, default=None)


def _uneven(value: Mapping[str, Any]) -> Iterator[Uneven]:
    limits = value["tolerances"]
    for lang, found in value["order"]["found"].items():
        agreed = value["order"]["agreed"][lang]
        if not _follows(found, agreed):
            words = f"named in the order {_names(found)}; agreed was {_names(agreed)}"
            yield Uneven("order", lang, words)
        if other := value["order"]["lists"][lang]["other"]:
            yield Uneven("order-of-lists", lang, f"{other} lists of parties are not in the agreed order")
    for lang, counts in value["mentions"].items():
        if counts and max(counts.values()) - min(counts.values()) > limits["mentions"]:
            words = ", ".join(f"{party} {count}" for party, count in counts.items())
            yield Uneven("mentions", lang, f"parties are named unequally often: {words}")
    if value["languages"]["late_seconds"] > limits["language_seconds"]:
        yield Uneven("languages", "", f"a language came {value['languages']['late_seconds']} s later")
    for lang in value["languages"]["missing"]:
        yield Uneven("languages", lang, "this language of the talks is missing")
    for one in copies_of(value):
        late = one.after_page_ms
        if late is not None and late < 0:
            yield Uneven("ahead", one.label, f"left {-late} ms before the page stood")
        elif late is not None and late > limits["channel_ms"]:
            yield Uneven("channel", one.label, f"left {late} ms after the page")
        elif late is None and one.state not in ("cancelled", "withdrawn"):
            yield Uneven("channel", one.label, f"has not left: {one.state}")


def _follows(found: Sequence[str], agreed: Sequence[str]) -> bool:
    """Whether parties are named in the agreed order; one that is not named leaves it as it is."""
    known = [party for party in agreed if party in found]
    return [party for party in dict.fromkeys(found) if party in agreed] == known


def _names(parties: Sequence[str]) -> str:
    return ", ".join(parties) or "none"
