"""The register and its notices on their way to the public: the record first, then the page, then the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.db import connection, transaction

from dragoman.accounts import queries, register
from dragoman.accounts.actions.common import note
from dragoman.accounts.models import Notice, Version
from dragoman.accounts.notices import deliver, plain_texts
from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.public import actions as public
from dragoman.public import values
from dragoman.record import actions as record
from dragoman.record.values import Sealed, TextBlob

log = structlog.get_logger(__name__)
URGENT = 10
MARKDOWN = "text/plain; charset=utf-8"


@transaction.atomic
def publish_register(*, by: Actor, days_too: bool = False) -> Version | None:
    """Make a new version of the register if it would say something else than the newest one, and have it put
    out; None when it would not. `days_too`: a later day of a check is reason enough."""
    with connection.cursor() as cursor:  # two deeds at once must not make one number twice
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.version'))")
    entries = queries.entries()
    newest = queries.newest()
    if newest is None and not entries:
        return None
    if newest is not None and not register.differs(newest.data, entries, days_too=days_too):
        return None
    number = newest.number + 1 if newest else 1
    at = clock.now().replace(microsecond=0)
    data = register.text(number=number, at=at, origin=queries.origin(), site=queries.site(), entries=entries)
    version = Version.objects.create(number=number, at=at, data=data)
    audit.note(
        by=by, verb="accounts.publish_register", target=f"register:{number}", data={"accounts": len(entries)}
    )
    later("accounts.put_out", priority=URGENT)
    return version


def put_out_version(*, by: Actor) -> int:
    """Seal and publish every version that is not out, oldest first; gives how many. Never in a transaction.

    A phase that is done stays done: the record and the site take the same version twice and change nothing.
    """
    done = 0
    with alone("register") as mine:
        for version in queries.planned_versions() if mine else ():
            sealed = _seal_version(by, version)
            public.publish_accounts(
                by=by,
                register=values.Register(version.number, version.at, version.data, record_ref(sealed)),
            )
            with transaction.atomic():
                version.move_to("out", frm="planned", trouble="")
                audit.note(by=by, verb="accounts.put_out_version", target=f"register:{version.number}")
            done += 1
    return done


def put_out_notice(*, by: Actor, notice_id: int) -> Notice:
    """Seal a notice (or its lifting), put it on top of the site, and send it to every other channel. Run as
    often as one likes: each step stays done."""
    notice = Notice.objects.select_related("account__mission", "account__channel").get(pk=notice_id)
    with alone(f"notice {notice.pk}") as mine:
        notice.refresh_from_db(fields=["state"])
        if not mine or notice.state not in ("planned", "lifting"):
            return notice
        lifted = notice.state == "lifting"
        texts = notice.lifted_texts if lifted else notice.texts
        at = _moment(notice, lifted)
        rev = 2 if lifted else 1
        sealed = _seal_notice(by, notice.ref, rev, at, texts)
        public.publish_notice(
            by=by,
            notice=values.Notice(
                ref=notice.ref,
                rev=rev,
                at=at,
                zone=notice.account.mission.zone,
                texts=tuple(
                    values.NoticeText(lang, one["title"], one["summary"], one["body"])
                    for lang, one in texts.items()
                ),
                record=record_ref(sealed),
                lifted=lifted,
            ),
        )
        sent = deliver(by=by, notice=notice, rev=rev, at=at, texts=texts)
        with transaction.atomic():
            notice.move_to("lifted" if lifted else "standing", frm=notice.state, trouble="")
            note(by, "put_out_notice", notice.account, notice=notice.ref, rev=rev, deliveries=sent)
    return notice


def seal_version_again(by: Actor, number: int) -> bool:
    """Write the sealed files of a version anew where they were lost; adds no entry to the record."""
    version = Version.objects.filter(number=number, state="out").first()
    if version is not None:
        _seal_version(by, version)
    return version is not None


def seal_notice_again(by: Actor, ref: str, rev: int) -> bool:
    """The same for a notice."""
    notice = Notice.objects.filter(ref=ref).first()
    if notice is None or notice.state == "planned" or (rev == 2 and notice.state != "lifted"):
        return False
    texts = notice.texts if rev == 1 else notice.lifted_texts
    _seal_notice(by, ref, rev, _moment(notice, rev == 2), texts)
    return True


def record_ref(sealed: Sealed) -> values.RecordRef:
    """Where it stands in the record, as public pages name it."""
    return values.RecordRef(
        index=sealed.index,
        size=sealed.size,
        leaf_json=sealed.leaf.decode("utf-8"),
        leaf_hash=sealed.leaf_hash,
        proof_path=sealed.proof_path,
        witnesses_signed=sealed.witnesses_signed,
        witnesses_needed=sealed.witnesses_needed,
    )


def _seal_version(by: Actor, version: Version) -> Sealed:
    text = TextBlob(register.LANG, register.MEDIA_TYPE, version.data.encode("utf-8"))
    return record.seal(
        by=by,
        kind="accounts",
        ref=register.RECORD_ID,
        rev=version.number,
        released=version.at,
        texts=[text],
    )


def _seal_notice(
    by: Actor, ref: str, rev: int, at: datetime, texts: Mapping[str, Mapping[str, str]]
) -> Sealed:
    blobs = [TextBlob(lang, MARKDOWN, data) for lang, data in plain_texts(texts).items()]
    return record.seal(by=by, kind="notice", ref=ref, rev=rev, released=at, texts=blobs)


def _moment(notice: Notice, lifted: bool) -> datetime:
    at = notice.lifted_at if lifted and notice.lifted_at else notice.reported_at
    return at.replace(microsecond=0)


@contextmanager
def alone(what: str) -> Iterator[bool]:
    """Hold a database lock for one piece of work; gives False when another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [f"accounts.{what}"])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [f"accounts.{what}"])
