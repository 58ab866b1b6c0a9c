"""What the evenness ledgers of a process should say now: read from rounds, answers, deliveries and asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from dragoman.channels.states import LIVE
from dragoman.negotiations.models import Process, Round
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.queries import agreed, answered
from dragoman.negotiations.rules import ledger, timing
from dragoman.negotiations.rules.ledger import Asks, Consent, Copy, Release
from dragoman.public import talks_queries
from dragoman.record import queries as record
from dragoman.statements.models import Release as ReleaseRow
from dragoman.statements.queries.evidence import evidence_of

SETTLES = timedelta(minutes=10)
"""How long a ledger waits for networks that have not answered."""
COMPARED = ("release", "order", "mentions", "languages", "consents", "times", "channels", "tolerances")


@dataclass(frozen=True)
class Due:
    """A ledger to seal and publish: the release's round, its number, and its very bytes."""

    round: Round
    number: int
    data: bytes


def ledger_for(process: Process, now: datetime) -> list[Due]:
    """The ledgers that are due, oldest release first: of releases without one, and of those of which more is
    known by now. A release whose copies are still under way waits for them, ten minutes at most."""
    known = _newest(process)
    number = max((one["number"] for one in _published(process)), default=0)
    found = []
    rounds = list(_released(process))
    for place, about in enumerate(rounds):
        release = _release(process, about)
        if release is None or (_open(release) and now - _moment(about) < SETTLES):
            continue
        draft = ledger.build(release, _sheet(about), number=number + 1, at=timing.stamp(now))
        last = known.get((release.ref, release.rev))
        parts = COMPARED if place < len(rounds) - 1 else (*COMPARED, "corrections")
        if last is None or any(draft[part] != last[part] for part in parts):
            number += 1
            found.append(Due(about, number, ledger.dump(draft)))
    return found


def _released(process: Process) -> Iterator[Round]:
    rows = process.rounds.filter(kind="joint", state="released", released_at__isnull=False)
    yield from rows.order_by("released_at", "number").prefetch_related("texts")


def _newest(process: Process) -> dict[tuple[str, int], dict[str, Any]]:
    """(ref, rev) -> what the newest ledger of that release says."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for one in _published(process):
        found.setdefault((one["release"]["ref"], one["release"]["rev"]), one)
    return found


def _published(process: Process) -> list[dict[str, Any]]:
    """Newest first."""
    return [one.content for one in talks_queries.ledgers(process.ref)]


def _release(process: Process, about: Round) -> Release | None:
    """None while the release has no number on the live page yet."""
    entry = talks_queries.number_of(about.statement, about.rev)
    sealed = record.find_sealed(about.statement, about.rev)
    row = (
        ReleaseRow.objects.exclude(state="cancelled")
        .select_related("revision__statement__mission")
        .filter(revision__statement__ref=about.statement, revision__number=about.rev)
        .first()
    )
    if entry is None or sealed is None or row is None or row.released is None or row.page_at is None:
        return None
    evidence = evidence_of(row)
    times = {name: _milliseconds(at) for name, at in _times(row).items() if at}
    return Release(
        process=process.ref,
        entry=entry,
        ref=about.statement,
        rev=about.rev,
        index=sealed.index,
        released=timing.stamp(row.released),
        order_number=order_number(process, about.statement),
        languages=tuple(process.languages),
        texts={text.lang: (text.title, text.summary, text.body) for text in about.texts.all()},
        consents=tuple(_consents(about)),
        times=times,
        copies=tuple(_copy(one, row) for one in evidence["deliveries"]),
        asks=asks_of(process),
    )


def _sheet(about: Round) -> TermSheet:
    """The term sheet that was in force when the text was put: consented with the keyring it was judged by."""
    protocol = about.process.protocols.filter(entry_index=about.parties_index).first()
    return agreed.read_terms(protocol.terms) if protocol else agreed.terms_of(about.process)


def order_number(process: Process, statement: str) -> int:
    """The number by which the order of naming turns: joint texts count from 1; a correction keeps its own."""
    first = process.rounds.filter(kind="joint", state="released", rev=1)
    names = list(first.order_by("released_at", "number").values_list("statement", flat=True))
    return names.index(statement) + 1 if statement in names else len(names) + 1


def asks_of(process: Process) -> Mapping[str, Asks]:
    """Corrections asked for, party by party; those that were taken back count for nothing."""
    counted = process.parties.filter(observer=False).annotate(
        asked=Count("asks", filter=~Q(asks__state="taken_back")),
        granted=Count("asks", filter=Q(asks__state="granted")),
        refused=Count("asks", filter=Q(asks__state="refused")),
    )
    return {one.name: Asks(one.asked, one.granted, one.refused) for one in counted}


def _consents(about: Round) -> Iterator[Consent]:
    for answer in answered.standing(about):
        if answer.kind == "consent":
            kind = answer.key.kind if answer.key else ""
            yield Consent(answer.party.name, kind, timing.stamp(answer.at))


def _copy(one: Mapping[str, Any], row: ReleaseRow) -> Copy:
    """A delivery of the evidence; its first byte's moment is counted from when the page stood."""
    after = None
    if one["after_moment_us"] is not None and row.page_at:
        left = row.moment + timedelta(microseconds=one["after_moment_us"])
        after = round((left - row.page_at) / timedelta(milliseconds=1))
    return Copy(one["channel"], one["kind"], one["language"], one["state"], after)


def _times(row: ReleaseRow) -> dict[str, datetime | None]:
    return {"sealed": row.sealed_at, "page": row.page_at, "channels": row.channels_at}


def _open(release: Release) -> bool:
    return any(one.state in LIVE for one in release.copies)


def _moment(about: Round) -> datetime:
    if about.released_at is None:
        raise ValueError("a released round has a time")
    return about.released_at


def _milliseconds(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
