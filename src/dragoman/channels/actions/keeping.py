"""How what comes in is kept: sealed, once, without what is our own; and how it leaves for the inbox."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.channels import queries, rules, wakers
from dragoman.channels.actions.common import channel_target
from dragoman.channels.connector import Gone, Incoming, Receipt
from dragoman.channels.models import Arrival, Channel

Item = Incoming | Gone | Receipt
MOST_TEXT = 50_000
MOST_NAME = 500
# One statement takes so many at a time.
AT_ONCE = 500


def keep_items(channel: Channel, items: Sequence[Item], way: str) -> int:
    """Keep what is new and not our own, in the caller's transaction. Gives how many things that was."""
    now = clock.now()
    kept = 0
    with transaction.atomic(savepoint=False):
        for start in range(0, len(items), AT_ONCE):
            part = items[start : start + AT_ONCE]
            kinds = Arrival.objects.all().keep(channel, way, [_row(item, now) for item in part], now)
            kept += len(kinds)
            if "gone" in kinds:
                _let_go(channel, [_name(item.outside_id) for item in part if isinstance(item, Gone)], now)
        if kept:
            wakers.wake()
    return kept


def mark_taken(*, by: Actor, rows: Sequence[Arrival]) -> int:
    """The inbox holds these from now on: nothing of what they said stays here but their ids, by which a
    repeat is known. In the transaction in which the inbox stores them; its own deed is what the audit has."""
    ids = [row.pk for row in rows]
    return Arrival.objects.filter(pk__in=ids, taken_at__isnull=True).update(
        taken_at=clock.now(), sealed="", updated=clock.now()
    )


@transaction.atomic
def erase_arrivals(*, by: Actor, channel: Channel, outside_ids: Sequence[str], why: str = "") -> int:
    """Erase all that is kept of these texts, and remember by a digest that they must not come again.

    For a person whose texts are erased. Gives how many rows that was. The audit has the count alone.
    """
    now = clock.now()
    names = sorted({_name(one) for one in outside_ids if one})
    erased, _ = Arrival.objects.filter(
        channel=channel, kind__in=("text", "gone"), outside_id__in=names
    ).delete()
    Arrival.objects.bulk_create(
        [
            Arrival(channel=channel, kind="erased", outside_id=mark(name), at=now, way="desk", taken_at=now)
            for name in names
        ],
        ignore_conflicts=True,
    )
    data = {"texts": len(names), "rows": erased}
    audit.note(by=by, verb="channels.erase_arrivals", target=channel_target(channel), why=why, data=data)
    return erased


def mark(name: str) -> str:
    """By what an erased text is known again."""
    return f"sha256:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()}"


def _name(outside_id: str) -> str:
    """An id of ours for what has none that fits: a long one becomes its digest."""
    name = str(rules.storable(outside_id))
    return name if len(name) <= MOST_NAME else mark(name)


def _row(item: Item, now: datetime) -> dict[str, Any]:
    """The values of one row. No moment lies in the future, whatever the network's clock says."""
    at = min(item.at, now).isoformat()
    match item:
        case Incoming():
            item = replace(item, text=item.text[:MOST_TEXT])
            return _values("text", _name(item.outside_id), at, item.as_json(), item.version)
        case Gone():
            return _values("gone", _name(item.outside_id), at, {})
        case _:
            name = _name(f"{item.remote_id} {item.outcome} {item.at.isoformat()}")
            return _values("receipt", name, at, {"remote_id": item.remote_id, "outcome": item.outcome})


def _values(kind: str, name: str, at: str, said: Mapping[str, Any], version: str = "") -> dict[str, Any]:
    return {
        "kind": kind,
        "outside_id": name,
        "version": version,
        "at": at,
        "sealed": queries.vault().seal(rules.storable(said)),
        "mark": mark(name),
    }


def _let_go(channel: Channel, names: Sequence[str], now: datetime) -> None:
    """A text that was taken back before the inbox had it is not handed on."""
    waiting = Arrival.objects.filter(
        channel=channel, kind="text", outside_id__in=names, taken_at__isnull=True
    )
    waiting.update(sealed="", taken_at=now, updated=now)
