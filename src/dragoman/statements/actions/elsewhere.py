"""Telling the public page where else a statement was published, as the networks answer."""

from __future__ import annotations

from django.db import transaction

from dragoman.accounts import queries as accounts
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.channels import queries as channels
from dragoman.lib import canonical
from dragoman.public import actions as public
from dragoman.public.values import Elsewhere
from dragoman.statements.models import Release

SETTLED = ("sent", "refused", "expired", "cancelled", "withdrawn")


def tell_elsewhere(*, by: Actor, release_id: int) -> bool:
    """Bring the page's list of copies up to date, if it differs. True once every copy is settled.

    Never holds the database while files are written; doing it twice writes the same file.
    """
    release = Release.objects.select_related("revision__statement").get(pk=release_id)
    ref, rev = release.revision.statement.ref, release.revision.number
    copies = channels.outside(ref, rev)
    official = accounts.official_refs(copy.channel for copy in copies)
    digest = canonical.digest(
        [
            [copy.label, copy.lang, copy.url, copy.state, copy.offset_ms, official.get(copy.channel, "")]
            for copy in copies
        ]
    )
    if digest != release.elsewhere_digest:
        links = [
            Elsewhere(
                label=copy.label,
                lang=copy.lang,
                url=copy.url,
                state=copy.state,
                offset_ms=copy.offset_ms,
                account=official.get(copy.channel, ""),
                at=copy.sent_at.isoformat() if copy.sent_at else "",
            )
            for copy in copies
        ]
        public.set_elsewhere(by=by, ref=ref, rev=rev, links=links)
    settled = all(copy.state in SETTLED for copy in copies)
    with transaction.atomic():
        Release.objects.filter(pk=release.pk).update(
            elsewhere_digest=digest, elsewhere_at=clock.now(), elsewhere_open=not settled
        )
    return settled
