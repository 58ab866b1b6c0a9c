"""The verbs of the audit: note a deed, and take the audit out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from django.db import transaction

from dragoman.audit import context, rules
from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.base.actor import Actor

log = structlog.get_logger("dragoman.deeds")


def note(
    *,
    by: Actor,
    verb: str,
    target: str,
    before: str = "",
    after: str = "",
    why: str = "",
    data: dict[str, Any] | None = None,
    mission: str = "",
) -> Event:
    """Write down a deed, in the transaction of the deed: if the deed does not happen, neither does this.

    `verb` is the action's dotted name, `target` what it was done to ("statement:2026-4f7kq2"), `mission` the
    slug of the mission it belongs to (auditors of one mission read only what names theirs). `before` and
    `after` are digests, never texts; `data` holds figures and words, never secrets or the text itself.
    """
    event = _event(
        by=by, verb=verb, target=target, before=before, after=after, why=why, data=data, mission=mission
    )
    event.save(force_insert=True)
    # The same deed as one line of the log, once it is certain. The reason stays out: people write into it.
    transaction.on_commit(lambda: log.info(verb, by=event.actor, target=event.target, face=event.face))
    return event


def note_all(*, by: Actor, verb: str, deeds: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
    """Many deeds of one verb in one statement, each with its target, its why and its data; else as `note`."""
    events = [_event(by=by, verb=verb, target=target, why=why, data=data) for target, why, data in deeds]
    Event.objects.bulk_create(events)

    def tell() -> None:
        for event in events:
            log.info(verb, by=event.actor, target=event.target, face=event.face)

    transaction.on_commit(tell)


def _event(
    *,
    by: Actor,
    verb: str,
    target: str,
    before: str = "",
    after: str = "",
    why: str = "",
    data: dict[str, Any] | None = None,
    mission: str = "",
) -> Event:
    way = context.current()
    event = Event(
        at=clock.now(),
        actor=rules.clean(by.audit_name)[:150],
        actor_kind=by.audit_kind,
        actor_id=str(getattr(by, "pk", None) or ""),
        verb=verb,
        target=rules.clean(target)[:400],
        mission=mission,
        before=before,
        after=after,
        why=rules.clean(why),
        data=rules.plain(data or {}),
        face=way.face or ("job" if by.audit_kind == "system" else ""),
        token=way.token,
        request_id=way.request_id,
        address=way.address,
    )
    event.digest = event.computed_digest()
    event.words = _words(event)
    return event


def note_export(*, by: Actor, form: str, filters: dict[str, Any]) -> Event:
    """Whoever takes the audit out of the desk leaves a trace in it."""
    return note(
        by=by,
        verb="audit.export",
        target=f"audit:{form}",
        data={name: value for name, value in filters.items() if value},
    )


def _words(event: Event) -> str:
    found = [event.actor, event.verb, event.target, event.mission, event.why, event.token, event.request_id]
    found.extend(_leaves(event.data))
    return " ".join(part for part in found if part).lower()[:20_000]


def _leaves(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for key, item in value.items() for text in (str(key), *_leaves(item))]
        case list():
            return [text for item in value for text in _leaves(item)]
        case None | bool():
            return []
        case _:
            return [str(value)]
