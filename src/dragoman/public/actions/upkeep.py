"""Keeping the public files right: written anew, finished after a break, indexed."""

from __future__ import annotations

from django.db import transaction

from dragoman.audit.actions import note
from dragoman.base.actor import Actor
from dragoman.public import press, queries, said_queries, saying, site, talks_queries
from dragoman.public.actions.common import files, writing
from dragoman.public.actions.editions import publish_edition, publish_withdrawal
from dragoman.public.actions.talks import publish_talks_entry


def refresh_record(*, by: Actor) -> None:
    """Show the record as it now is: after a late witness, a new policy, or an entry that has no page. Writes
    nothing when its page shows that already."""
    del by  # changes no row: there is nothing to audit
    if not press.record_is_stale():
        return
    with files():
        press.record_pages()


def rebuild(*, by: Actor) -> int:
    """Write every file again from the rows; gives the number of statements."""
    refs = queries.refs()
    with files():
        press.everything(refs)
        saying.everything(refs)
    with transaction.atomic():
        note(by=by, verb="public.rebuild", target="public", data={"statements": len(refs)})
    return len(refs)


def catch_up(*, by: Actor) -> int:
    """Finish what was begun and not announced, such as after a power cut; gives how many there were.

    Never while somebody writes files: that may be the very text, and those who wait would fill the worker.
    """
    if writing():
        return 0
    rows = queries.unannounced()
    for edition, stone in rows:
        if stone is not None:
            publish_withdrawal(
                by=by, ref=stone.ref, rev=stone.rev, at=stone.at, reasons=stone.reasons, record=stone.record
            )
        elif edition is not None:
            publish_edition(by=by, edition=edition)
    entries = talks_queries.unannounced()
    for entry in entries:
        publish_talks_entry(by=by, entry=entry)
    return len(rows) + len(entries)


def index_said(*, by: Actor, ref: str = "") -> int:
    """Bring the index behind "Did you say this?" up to date: of one statement, or of all that wait."""
    del by  # made from what is published, and from nothing else: there is nothing to audit
    refs = [ref] if ref else said_queries.unsaid()
    for one in refs:
        saying.index(one)
    return len(refs)


def renew_assets(*, by: Actor) -> int:
    """Put the style sheet and scripts of this release beside those of earlier ones: the reception's pages
    name them from its first answer on, before any page is written anew. Gives how many were new."""
    with files():
        new = sum(not site.has(path) for path, _ in site.assets().values())
        if new:
            site.write_assets()
            note(by=by, verb="public.renew_assets", target="public", data={"new": new})
    return new
