"""The audit of one process: every entry and every ledger against the record, the pages and the feeds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dragoman.lib import canonical
from dragoman.negotiations.evenness import reading
from dragoman.negotiations.evenness.findings import Line, compare, differs, same, unknown, word
from dragoman.negotiations.evenness.reading import Beside, Record, Talks
from dragoman.negotiations.rules import ledger
from dragoman.negotiations.rules.judging import Judged
from dragoman.record.leaf import Leaf

Entry = Mapping[str, Any]
CUT = 50
FEED = 50
KINDS = {"protocol": ("parties",), "joint": ("statement", "correction")}


def audit(talks: Talks, ledgers: list[Entry], record: Record, beside: Beside) -> Iterator[Line]:
    """Everything that can be told of a process without having watched it."""
    yield from _numbers(talks)
    for number, one in sorted(talks.entries.items()):
        yield from _entry(number, one, talks, record)
    yield from _left_out(talks, record)
    yield from _pages(talks, beside)
    yield from _ledgers(talks, ledgers, record)


def _numbers(talks: Talks) -> Iterator[Line]:
    newest = int(talks.head["newest"])
    missing = [number for number in range(1, newest + 1) if number not in talks.entries]
    if missing:
        yield differs("entries.json", f"these numbers are missing: {missing}")
    else:
        yield same("entries.json", f"entries 1 to {newest}, without a gap")
    moments = [one["at"] for _, one in sorted(talks.entries.items())]
    if moments != sorted(moments):
        yield differs("entries.json", "the times of the entries do not follow their numbers")


def _entry(number: int, one: Entry, talks: Talks, record: Record) -> Iterator[Line]:
    where = f"entry {number}"
    leaf = record.leaf(int(one["index"]))
    if leaf is None:
        yield differs(where, f"the record has no entry {one['index']}")
        return
    kinds = KINDS.get(one["what"], ("line",))
    if (leaf.id, leaf.rev) != (one["ref"], one["rev"]) or leaf.kind not in kinds:
        yield differs(where, f"entry {one['index']} of the record is {leaf.kind} {leaf.id}-{leaf.rev}")
        return
    yield compare(where, "the time that the record states", _utc(one["at"]), leaf.released)
    yield from _texts(where, one, leaf, talks)
    told = record.told.get(int(one["index"]))
    if told is None:
        yield differs(where, "nobody agreed to this: the record has no consent for it")
    elif told.judged is not None:
        yield from _consents(where, one["consents"], told.judged)
    elif told.line is not None:
        yield compare(where, f"a {told.line.what} line, as agreed", one["what"], told.line.what)


def _texts(where: str, one: Entry, leaf: Leaf, talks: Talks) -> Iterator[Line]:
    sums = {text.lang: text.sha256 for text in leaf.texts if not text.lang.startswith("zxx")}
    if missing := sorted(set(talks.languages) - set(sums)):
        yield differs(where, f"languages missing from the record: {', '.join(missing)}")
    if one["withdrawn"]:
        yield word(where, "withdrawn; its words are no longer shown, its entry stays")
        return
    wrong = [lang for lang, text in one["texts"].items() if sums.get(lang) != reading.sealed(one, text)]
    if wrong or set(one["texts"]) != set(sums):
        yield differs(where, f"not the words that were sealed: {', '.join(wrong) or 'other languages'}")
    else:
        yield same(where, f"the words that were sealed, {' '.join(sorted(sums))} in one entry")


def _consents(where: str, said: list[Entry], judged: Judged) -> Iterator[Line]:
    found = sorted({(one.party, one.kind) for one in judged.signatures})
    shown = sorted({(one["party"], one["kind"]) for one in said})
    yield compare(where, f"signed by {_pairs(found)}", _pairs(shown), _pairs(found))


def _left_out(talks: Talks, record: Record) -> Iterator[Line]:
    """What the record has of these talks, and the page has not."""
    shown = {int(one["index"]) for one in talks.entries.values()}
    hidden = [
        told for index, told in sorted(record.told.items()) if index not in shown and told.what != "withdrawn"
    ]
    for told in hidden:
        yield differs(
            "entries.json", f"the record's entry {told.index} ({told.leaf.id}-{told.leaf.rev}) is not shown"
        )
    if not hidden:
        yield same("entries.json", f"all {len(record.told)} entries of the record are shown")


def _pages(talks: Talks, beside: Beside) -> Iterator[Line]:
    """Every entry on the page of every language; the newest in every feed."""
    newest = int(talks.head["newest"])
    for lang in talks.languages:
        missing = []
        for cut in range(1, (max(newest, 1) - 1) // CUT + 2):
            path = f"/{lang}/talks/{talks.ref}/{cut}/"
            page = _read(beside, path)
            first, last = (cut - 1) * CUT + 1, min(cut * CUT, newest)
            missing += [n for n in range(first, last + 1) if f'id="e{n}"' not in page]
        yield _all(f"pages in {lang}", missing, "every entry is on its page")
        feed = _read(beside, f"/feeds/talks/{talks.ref}.{lang}.atom")
        wanted = range(max(1, newest - FEED + 1), newest + 1)
        titles = [n for n in wanted if f"<title>{n}. " not in feed]
        yield _all(f"feed in {lang}", titles, "every entry is in the feed")
        live = _read(beside, f"/{lang}/talks/{talks.ref}/")
        if f'data-last="{newest}"' not in live:
            yield differs(f"live page in {lang}", f"entry {newest} is not its newest")


def _ledgers(talks: Talks, ledgers: list[Entry], record: Record) -> Iterator[Line]:
    numbers = [int(one["number"]) for one in ledgers]
    if numbers != list(range(1, len(numbers) + 1)):
        yield differs("ledger.json", f"the numbers have gaps: {numbers}")
    sealed = {leaf.rev for leaf in record.ledgers.values()}
    if hidden := sorted(sealed - set(numbers)):
        yield differs("ledger.json", f"these ledgers are in the record and not shown: {hidden}")
    newest: dict[tuple[str, int], Entry] = {}
    for one in ledgers:
        yield from _ledger(one, talks, record)
        release = one["ledger"]["release"]
        newest[release["ref"], release["rev"]] = one
    for entry in talks.joint:
        if (entry["ref"], entry["rev"]) not in newest:
            yield unknown(f"entry {entry['number']}", "there is no ledger of this release yet")


def _ledger(one: Entry, talks: Talks, record: Record) -> Iterator[Line]:
    where, said = f"ledger {one['number']}", one["ledger"]
    leaf = record.ledgers.get(int(one["index"]))
    digest = hashlib.sha256(canonical.dumps(said)).hexdigest()
    if leaf is None or [text.sha256 for text in leaf.texts] != [digest] or leaf.rev != one["number"]:
        yield differs(where, "the record does not hold these words")
        return
    yield same(where, "sealed in the record word by word")
    release = said["release"]
    entry = talks.entries.get(int(release["entry"]))
    if entry is None or (entry["ref"], entry["rev"]) != (release["ref"], release["rev"]):
        yield differs(
            where, f"it is about {release['ref']}-{release['rev']}, which entry {release['entry']} is not"
        )
        return
    yield from _release(where, said, entry, talks, record)
    yield from _words(where, said)


def _release(where: str, said: Entry, entry: Entry, talks: Talks, record: Record) -> Iterator[Line]:
    """The members that the record and the entry say too."""
    release = said["release"]
    leaf = record.leaf(int(entry["index"]))
    yield compare(where, "the entry in the record", release["index"], entry["index"])
    if leaf is not None:
        yield compare(where, "the time of release", release["released"], leaf.released)
    number = talks.order_number(entry["ref"])
    yield compare(where, "the number by which the order turns", release["order_number"], number)
    told = record.told.get(int(entry["index"]))
    if told is not None and told.judged is not None:
        found = sorted({(one.party, one.kind) for one in told.judged.signatures})
        shown = sorted({(one["party"], one["kind"]) for one in said["consents"]})
        yield compare(where, "who signed with what", _pairs(shown), _pairs(found))
    sheet = record.sheet(leaf.parties) if leaf is not None else None
    if sheet is None or entry["withdrawn"]:
        yield unknown(where, "order and mentions: the words or the term sheet are no longer there")
    else:
        found_now = ledger.figures(reading.words_of(entry), sheet, number, talks.languages)
        for part in ("order", "mentions", "languages"):
            yield compare(where, WORKED_OUT[part], said[part], found_now[part])
    outside = [one.__dict__ for one in ledger.uneven(said)]
    yield compare(where, f"what is outside the tolerances ({len(outside)})", said["uneven"], outside)


WORKED_OUT = {
    "order": "the order of naming, in the text and by the term sheet",
    "mentions": "how often each party is named",
    "languages": "all languages at once",
}


def _words(where: str, said: Entry) -> Iterator[Line]:
    """What is the host's word; and where that cannot be true."""
    released = said["release"]["released"]
    late = [one["party"] for one in said["consents"] if one["at"] > released]
    if late:
        yield differs(where, f"consents came after the release: {', '.join(late)}")
    yield word(
        where, "when the consents came: " + _listed(f"{one['party']} {one['at']}" for one in said["consents"])
    )
    times = {name: datetime.fromisoformat(at) for name, at in said["times"].items()}
    page, sealed_at = times.get("page"), times.get("sealed")
    if page and sealed_at and page < sealed_at:
        yield differs(where, "the page stood before the text was sealed")
    if page and page < datetime.fromisoformat(released):
        yield differs(where, "the page stood before the time that the record states")
    if times:
        yield word(
            where,
            "when it was sealed and shown: " + _listed(f"{k} {v}" for k, v in sorted(said["times"].items())),
        )
    for one in ledger.copies_of(said):
        if one.after_page_ms is not None and one.after_page_ms < 0:
            yield differs(where, f"the copy on {one.label} left before the page stood")
    copies = _listed(
        f"{one.label} {one.after_page_ms} ms"
        for one in ledger.copies_of(said)
        if one.after_page_ms is not None
    )
    if copies:
        yield word(where, f"when the copies left after the page: {copies}")
    for party, counts in said["corrections"].items():
        if counts["granted"] + counts["refused"] > counts["asked"]:
            yield differs(where, f"{party}: more corrections were decided than asked for")
    asked = _listed(
        f"{party} {one['granted']} of {one['asked']}" for party, one in said["corrections"].items()
    )
    if asked:
        yield word(where, f"corrections granted of those asked for: {asked}")


def _all(where: str, missing: list[int], words: str) -> Line:
    return differs(where, f"missing: {missing}") if missing else same(where, words)


def _read(beside: Beside, path: str) -> str:
    """A page; empty for one that is not there. A folder on a disk has it under its file's name."""
    for name in (path, f"{path}index.html") if path.endswith("/") else (path,):
        try:
            return beside(name).decode("utf-8", "replace")
        except FileNotFoundError:
            continue
    return ""


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pairs(found: Iterable[tuple[str, str]]) -> str:
    return _listed(f"{party} ({kind})" for party, kind in found) or "nobody"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
