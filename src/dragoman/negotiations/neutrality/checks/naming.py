"""ORD-1 and SYM-1: in which order parties are named, in which form, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.lists import PartyList, phrase_of
from dragoman.negotiations.neutrality.mentions import Mention
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule


def order_of_naming(reading: Reading, _rule: Rule) -> Iterator[Hit]:
    """Lists of parties out of order; a field that names another party first than the order does."""
    wrong_at = set()
    for found in reading.lists:
        if list(found.parties) != _in_order(reading, found.parties):
            wrong_at.add((found.field, found.start))
            yield _list_hit(reading, found)
    for field, _ in reading.fields:
        named = reading.named_in(field)
        parties = tuple(dict.fromkeys(mention.party for mention in named))
        if len(parties) > 1 and (field, named[0].start) not in wrong_at:
            first = _in_order(reading, parties)[0]
            if named[0].party != first:
                yield _first_hit(reading, named[0], first)


def symmetry(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """One party by its full name where another has its short one; one named more often than another."""
    mixed = [found for found in reading.lists if not found.form and all(m.keys for m in found.mentions)]
    for found in mixed:
        words = reading.text(found.field)[found.start : found.end]
        yield Hit(
            reading.lang, found.field, found.start, found.end, words,
            why="The parties are not named in the same form in one breath.",
            mend="Name all of them by their short names, or all by their full ones.",
        )  # fmt: skip
    if not mixed:
        yield from _full_names(reading)
    yield from _counts(reading, rule)


def _in_order(reading: Reading, parties: Sequence[str]) -> list[str]:
    return [party for party in reading.order if party in parties]


def _agreed(reading: Reading, parties: Sequence[str]) -> str:
    return ", ".join(reading.name(party) for party in _in_order(reading, parties))


def _list_hit(reading: Reading, found: PartyList) -> Hit:
    in_phrase = phrase_of(reading.sheet, reading.lang, reading.text(found.field), found) is not None
    order = _agreed(reading, found.parties)
    return Hit(
        reading.lang, found.field, found.start, found.end,
        reading.text(found.field)[found.start : found.end],
        why=f"Release {reading.release_number} names the parties in this order: {order}.",
        mend=f"Write them in this order: {order}.",
        # in a phrase of the sheet the order is agreed word for word, and versions are made by it
        severity="blocks" if in_phrase else None,
    )  # fmt: skip


def _first_hit(reading: Reading, mention: Mention, first: str) -> Hit:
    return Hit(
        reading.lang, mention.field, mention.start, mention.end, mention.words,
        why=f"This is the first party named here; release {reading.release_number} names "
        f"{reading.name(first)} first.",
        mend=f"Begin with {reading.name(first)}, or name no party.",
    )  # fmt: skip


def _full_names(reading: Reading) -> Iterator[Hit]:
    """The full name for one party alone. A form that is neither (an ending) says nothing."""
    full: dict[str, Mention] = {}
    for mention in reading.mentions:
        if any(key == "full" or key.startswith("full-") for key in mention.keys):
            full.setdefault(mention.party, mention)
    named = {mention.party for mention in reading.mentions}
    without = [party for party in reading.order if party in named and party not in full]
    if full and without:
        party, mention = next(iter(full.items()))
        others = ", ".join(map(reading.name, without))
        yield Hit(
            reading.lang, mention.field, mention.start, mention.end, mention.words,
            why=f"{reading.name(party)} has its full name here; {others} never has.",
            mend="Use the full name once for each party, or for none.",
        )  # fmt: skip


def _counts(reading: Reading, rule: Rule) -> Iterator[Hit]:
    if not reading.mentions:
        return
    counts = Counter(dict.fromkeys(reading.order, 0))
    counts.update(mention.party for mention in reading.mentions)
    most, least = max(counts.values()), min(counts.values())
    percent, gap = rule.parameters["percent"], max(rule.parameters["least"], 1)
    if most - least < gap or least * 100 >= most * (100 - percent):
        return
    party = next(party for party in reading.order if counts[party] == most)
    mention = next(mention for mention in reading.mentions if mention.party == party)
    told = "; ".join(f"{reading.name(each)} {counts[each]}" for each in reading.order)
    yield Hit(
        reading.lang, mention.field, mention.start, mention.end, mention.words,
        why=f"The parties are named unequally often: {told}.",
        mend="Name all or none: “the sides” names nobody.",
    )  # fmt: skip
