"""An approved answer into the record, and onto the page of questions and answers of its fact sheet."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.inbox.models import AnswerVersion
from dragoman.inbox.queries import answers_editions as editions
from dragoman.lib.problems import Problem
from dragoman.lib.steps import step
from dragoman.public import actions as public
from dragoman.record import actions as record

KIND = "answer"


def publish_answer(*, by: Actor, version_id: int) -> bool:
    """Seal one approved version (or the tombstone of an answer) and write its pages. A phase done stays done.

    Never inside a transaction: each phase commits for itself. True once it is on its page. What stands in the
    way (no keys, no disk) is kept beside the version, and tried again by the clock.
    """
    version = AnswerVersion.objects.select_related("answer__mission").get(pk=version_id)
    if version.approved_at is None or version.page_at is not None:
        return version.page_at is not None
    try:
        _seal(by, version)
        step("inbox.answer-sealed")
        _show(by, version)
    except Problem as problem:
        if connection.in_atomic_block:
            raise
        AnswerVersion.objects.filter(pk=version.pk).update(last_trouble=problem.detail[:1000])
        return False
    return True


def restore_sealed(*, by: Actor, lost: Sequence[str]) -> int:
    """Seal again the answers whose texts the record has lost; `lost` are lines of its audit."""
    named = {line.rpartition(" of ")[2] for line in lost}
    found = 0
    for version in AnswerVersion.objects.filter(sealed_at__isnull=False).select_related("answer__mission"):
        if f"{editions.record_id(version)}-{version.number}" in named:
            _put_into_record(by, version)
            found += 1
    return found


def waiting() -> list[int]:
    """Versions that were approved and are not on their page yet, the oldest first."""
    rows = AnswerVersion.objects.filter(approved_at__isnull=False, page_at__isnull=True)
    return list(rows.order_by("approved_at").values_list("pk", flat=True)[:20])


def _seal(by: Actor, version: AnswerVersion) -> None:
    if version.sealed_at is not None:
        return
    _put_into_record(by, version)
    with transaction.atomic():
        version.sealed_at = clock.now()
        AnswerVersion.objects.filter(pk=version.pk).update(sealed_at=version.sealed_at)
        _note(by, "seal_answer", version)


def _put_into_record(by: Actor, version: AnswerVersion) -> None:
    # What was superseded before it was sealed still takes its place in the order of the record.
    for earlier in editions.unsealed_before(version):
        _seal(by, earlier)
    record.seal(
        by=by,
        kind=KIND,
        ref=editions.record_id(version),
        rev=version.number,
        released=editions.approved_at(version),
        texts=editions.text_blobs(version),
    )


def _show(by: Actor, version: AnswerVersion) -> None:
    for sheet in editions.sheets_of(version):
        public.publish_sheet(by=by, sheet=sheet)
    public.publish_answer(by=by, answer=editions.edition_of(version))
    with transaction.atomic():
        version.page_at = clock.now()
        AnswerVersion.objects.filter(pk=version.pk).update(page_at=version.page_at, last_trouble="")
        _note(by, "publish_answer", version)


def _note(by: Actor, verb: str, version: AnswerVersion) -> None:
    mission = version.answer.mission.slug
    audit.note(by=by, verb=f"inbox.{verb}", target=version.target, after=version.digest, mission=mission)
