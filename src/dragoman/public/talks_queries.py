"""What the pages and files of talks are made from. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from dragoman.lib.problems import NotFound
from dragoman.public import queries, talks
from dragoman.public.models import EditionRow, Pulse, Story, Talks, TalksEntry, TalksLedger
from dragoman.public.talks import Entry
from dragoman.public.values import Edition, Elsewhere
from dragoman.public.values_talks import Alternat, Ledger, TalksPage
from dragoman.public.values_talks import TalksEntry as EntryValue


def pages() -> list[TalksPage]:
    """All processes, the newest first."""
    return [row.value for row in Talks.objects.order_by("-id")]


def page(ref: str) -> TalksPage | None:
    row = Talks.objects.filter(ref=ref).first()
    return row.value if row else None


def newest_number(ref: str) -> int:
    """0 before the first entry."""
    found = TalksEntry.objects.filter(talks__ref=ref).order_by("-number").values_list("number", flat=True)
    return found.first() or 0


def newest_number_of(statement: str) -> int:
    """The number of the newest entry of one text; 0 for a text that is in no talks."""
    found = TalksEntry.objects.filter(ref=statement).order_by("-number").values_list("number", flat=True)
    return found.first() or 0


def entry(ref: str, number: int) -> Entry:
    """One entry. Raises NotFound."""
    found = _entries(ref, TalksEntry.objects.filter(talks__ref=ref, number=number))
    if not found:
        raise NotFound(f"The talks {ref} have no entry {number}.")
    return found[0]


def of_statement(ref: str, statement: str) -> list[Entry]:
    """Every entry of one text, newest first."""
    return _entries(ref, TalksEntry.objects.filter(talks__ref=ref, ref=statement).order_by("-number"))


def with_files(ref: str) -> list[Entry]:
    """The entries that have files of their own: what was signed, and parties' own versions of it."""
    return _entries(ref, TalksEntry.objects.filter(talks__ref=ref, what__in=("joint", "protocol")))


def newest(ref: str, count: int) -> list[Entry]:
    """The newest entries, newest first."""
    return _entries(ref, TalksEntry.objects.filter(talks__ref=ref).order_by("-number")[:count])


def cut(ref: str, number: int) -> list[Entry]:
    """One cut, newest first."""
    first, last = talks.span_of(number)
    rows = TalksEntry.objects.filter(talks__ref=ref, number__gte=first, number__lte=last)
    return _entries(ref, rows.order_by("-number"))


def newest_joint(ref: str) -> Entry | None:
    """The newest agreed text that still stands."""
    rows = TalksEntry.objects.filter(talks__ref=ref, what="joint").order_by("-number")[:20]
    return next((one for one in _entries(ref, rows) if not one.withdrawn), None)


def cuts_with(ref: str, statement: str) -> list[int]:
    """The cuts that hold an entry of this text, for a correction changes what is said of earlier ones."""
    rows = TalksEntry.objects.filter(talks__ref=ref, ref=statement)
    return sorted({talks.cut_of(number) for number in rows.values_list("number", flat=True)})


def process_of(statement: str) -> str:
    """The process that a text belongs to; empty for one that belongs to none."""
    found = TalksEntry.objects.filter(ref=statement).values_list("talks__ref", flat=True).first()
    return found or ""


def named(processes: Iterable[str], slugs: Iterable[str]) -> str:
    """The first process among these names, or the one that a text at one of these addresses belongs to; empty
    when there is none."""
    wanted = [*processes]
    known = set(Talks.objects.filter(ref__in=wanted).values_list("ref", flat=True))
    found = next((one for one in wanted if one in known), "")
    names = list(Story.objects.filter(slug__in=list(slugs)).values_list("ref", flat=True))
    return found or next((one for one in map(process_of, names) if one), "")


def number_of(ref: str, rev: int) -> int | None:
    """The number of an entry within its process."""
    return TalksEntry.objects.filter(ref=ref, rev=rev).values_list("number", flat=True).first()


def alternats(ref: str, rev: int) -> tuple[Alternat, ...]:
    row = TalksEntry.objects.filter(ref=ref, rev=rev).first()
    return tuple(Alternat(**one) for one in row.alternats) if row else ()


def ledgers(ref: str) -> list[Ledger]:
    """All evenness ledgers of a process, newest first."""
    return [row.value for row in TalksLedger.objects.filter(talks__ref=ref).order_by("-number")]


def newest_event(ref: str) -> int:
    """The number that the newest event of a process has in the stream of all; 0 before the first."""
    found = Pulse.objects.filter(talks=ref).order_by("-number").values_list("number", flat=True)
    return found.first() or 0


def unannounced() -> list[EntryValue]:
    """Entries whose event is missing: cut off between their page and their event."""
    rows = TalksEntry.objects.exclude(what="joint").annotate(heard=_heard()).filter(heard=False)
    return [row.value for row in rows.order_by("id")[:100]]


def oldest_unannounced() -> datetime | None:
    """When the oldest of these was begun."""
    rows = TalksEntry.objects.exclude(what="joint").annotate(heard=_heard()).filter(heard=False)
    return rows.order_by("created").values_list("created", flat=True).first()


def oldest_begun() -> datetime | None:
    """When the oldest text of any kind was begun that has not been announced."""
    known = [at for at in (queries.oldest_unannounced(), oldest_unannounced()) if at]
    return min(known, default=None)


def _heard() -> Exists:
    return Exists(Pulse.objects.filter(ref=OuterRef("ref"), rev=OuterRef("rev"), kind="talks"))


def _entries(process: str, rows: QuerySet[TalksEntry]) -> list[Entry]:
    found = list(rows)
    joint = [row.ref for row in found if row.what == "joint"]
    editions = {
        (one.story.ref, one.rev): one
        for one in EditionRow.objects.filter(story__ref__in=joint).select_related("story__withdrawal")
    }
    pulses = Pulse.objects.filter(talks=process, ref__in={row.ref for row in found}).exclude(
        kind="withdrawal"
    )
    events = {(one.ref, one.rev): one.number for one in pulses.only("ref", "rev", "number")}
    same = TalksEntry.objects.filter(talks__ref=process, what="joint", ref__in=joint)
    later = talks.corrected(same.values_list("number", "ref", "rev"))
    return list(_shown(found, editions, events, later))


def _shown(
    rows: Iterable[TalksEntry],
    editions: dict[tuple[str, int], EditionRow],
    events: dict[tuple[str, int], int],
    later: Mapping[tuple[str, int], int],
) -> Iterable[Entry]:
    for row in rows:
        key = (row.ref, row.rev)
        event = events.get(key, 0)
        if row.what != "joint":
            said = row.value
            yield Entry(
                *(row.number, said.what, said.ref, said.rev, said.at, said.zone, said.texts, said.record),
                consents=said.consents,
                event=event,
            )
        elif edition := editions.get(key):
            yield _joint(row, edition, edition.value, event, later.get(key))


def _joint(row: TalksEntry, kept: EditionRow, edition: Edition, event: int, later: int | None) -> Entry:
    withdrawn = getattr(kept.story, "withdrawal", None) is not None
    return Entry(
        *(row.number, "joint", row.ref, row.rev, edition.released, edition.zone, edition.texts),
        record=edition.record,
        consents=edition.talks.consents if edition.talks else (),
        slug=edition.slug,
        event=event,
        corrected_by=later,
        withdrawn=withdrawn,
        elsewhere=tuple(Elsewhere(**one) for one in kept.elsewhere),
        alternats=tuple(Alternat(**one) for one in row.alternats),
        facts=edition.facts,
    )
