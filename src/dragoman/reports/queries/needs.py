"""What waits for an officer: one line for each thing, however much there is of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from dragoman.accounts import queries as accounts
from dragoman.accounts.models import OfficialAccount
from dragoman.channels.models import Delivery
from dragoman.reports.queries.links import page
from dragoman.reports.queries.need import SHOWN, Need
from dragoman.reports.queries.needs_talks import talks
from dragoman.staff.models import Officer
from dragoman.statements.models import Approval, Release, Revision, Text
from dragoman.statements.queries import pages, readiness

WRITERS = ("author", "approver", "releaser")


def urgency(need: Need) -> tuple[int, datetime]:
    order = {"compromised": 0, "unsure": 0, "refused": 1, "late": 2, "review": 3, "approved": 4, "draft": 6}
    return order.get(need.state, 5), need.due or datetime.max.replace(tzinfo=ZoneInfo("UTC"))


def needs(officer: Officer, roles: set[str], now: datetime, zone: str) -> Iterable[Need]:
    if "releaser" in roles or "administrator" in roles:
        yield from _for_a_person(officer, zone)
        yield from _in_trouble(officer, now)
        yield from _official_accounts(officer, now, zone)
    if roles & {"approver", "releaser"}:
        yield from _to_approve(officer)
    if "releaser" in roles:
        yield from _to_release(officer)
        yield from _stuck(officer, now)
        yield from talks(officer)
    if roles & {"approver"}:
        yield from _crisis_reviews(officer)
    if roles & set(WRITERS):
        yield from _drafts(officer)


def _for_a_person(officer: Officer, zone: str) -> Iterable[Need]:
    rows = Delivery.objects.all().visible_to(officer).for_a_person()
    for row in rows.select_related("channel").order_by("due")[:SHOWN]:
        why = row.why or "The network did not answer. Look at the channel, then say what you see."
        title = str(row.post.get("title") or row.source)
        yield Need(
            state=row.state,
            word="",
            title=f"{row.channel.label}: “{title}”",
            lang=row.lang,
            why=why,
            due=row.state_at,
            zone=zone,
            deed="Decide",
            href=page("channels:delivery", row.pk) or page("statements:release", row.source),
            spoken=False,
        )


def _official_accounts(officer: Officer, now: datetime, zone: str) -> Iterable[Need]:
    """Accounts to be confirmed, reviewed, looked at after a failed check, or lifted."""
    for row in accounts.needs(officer, now.date()):
        why, deed = _why_account(row)
        yield Need(
            state={"confirmed": "late"}.get(row.state, row.state),
            word="",
            title=str(row),
            lang="",
            why=why,
            due=row.state_at,
            zone=zone,
            deed=deed,
            href=page("accounts:show", row.ref),
            spoken=False,
        )


def _why_account(row: OfficialAccount) -> tuple[str, str]:
    if row.state == "compromised":
        return "A notice about it stands on the public site.", "Look"
    if row.state == "proposed":
        return f"Proposed by {row.proposed_by}; a second person must confirm that it is ours.", "Confirm"
    if row.checked_ok is False:
        return f"The last check failed: {row.check_says}", "Look"
    return "The yearly review is due: is it still ours?", "Review"


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    """How many of these rows belong to the revision of the query around."""
    counted = rows.filter(revision=OuterRef("pk")).order_by().values("revision").annotate(many=Count("pk"))
    return Coalesce(Subquery(counted.values("many")), 0)


def _to_approve(officer: Officer) -> Iterable[Need]:
    given = Approval.objects.filter(revision=OuterRef("pk"), officer=officer, voided_at__isnull=True)
    wrote = Revision.writers.through.objects.filter(revision=OuterRef("pk"), officer=officer)
    rows = (
        Revision.objects.filter(
            state="review", statement__mission__in=officer.missions_with("approver", "releaser")
        )
        .exclude(Exists(given))
        .exclude(Exists(wrote))
        # counted for the rows shown, after the limit: a join would count for all that waits
        .annotate(
            yeses=_number_of(Approval.objects.filter(voided_at__isnull=True)),
            spoken=_number_of(Text.objects.all()),
        )
        .select_related("statement__mission")
        .order_by("state_at")[:SHOWN]
    )
    for row in rows:
        statement = row.statement
        approvals = f"{row.yeses} approval{'s' if row.yeses != 1 else ''} given." if row.yeses else ""
        crisis = "Crisis lane. " if statement.lane == "crisis" else ""
        languages = f"{row.spoken} language{'s' if row.spoken != 1 else ''}"
        yield Need(
            state="review",
            word="To approve",
            title=statement.title or "Untitled",
            lang=statement.source_language,
            why=f"{crisis}{statement.mission.name}, {statement.risk} risk, {languages}. {approvals}".strip(),
            due=row.state_at,
            zone=statement.mission.zone,
            deed="Read",
            href=page("statements:review", statement.ref),
        )


def _to_release(officer: Officer) -> Iterable[Need]:
    rows = Revision.objects.filter(state="approved", statement__mission__in=officer.missions_with("releaser"))
    for row in rows.select_related("statement__mission").order_by("state_at")[:SHOWN]:
        yield Need(
            state="approved",
            word="To release",
            title=row.statement.title or "Untitled",
            lang=row.statement.source_language,
            why=f"Approved as {row.digest[:4]} {row.digest[4:8]}. It waits for a moment.",
            due=row.state_at,
            zone=row.statement.mission.zone,
            deed="Release",
            href=page("statements:plan", row.statement.ref),
        )


def _stuck(officer: Officer, now: datetime) -> Iterable[Need]:
    rows = Release.objects.filter(
        Q(state__in=("planned", "running"), moment__lt=now - timedelta(minutes=1)),
        revision__statement__mission__in=officer.missions_with("releaser"),
    )
    for row in rows.select_related("revision__statement__mission").order_by("moment")[:SHOWN]:
        statement = row.revision.statement
        yield Need(
            state="late",
            word="",
            title=statement.title or "Untitled",
            lang=statement.source_language,
            why=row.last_trouble or "Its moment has passed and it is not out. The worker goes on by itself.",
            due=row.moment,
            zone=row.zone,
            deed="Look",
            href=page("statements:release", statement.ref),
        )


def _in_trouble(officer: Officer, now: datetime) -> Iterable[Need]:
    rows = Release.objects.filter(
        state="planned",
        moment__range=(now, now + timedelta(days=7)),
        revision__statement__mission__in=officer.missions_with("releaser", "administrator"),
    )
    found = list(rows.select_related("revision__statement__mission").order_by("moment")[:SHOWN])
    counts = readiness.in_trouble(found) if found else {}
    for row in (each for each in found if each.pk in counts):
        statement = row.revision.statement
        yield Need(
            state="refused",
            word="In trouble",
            title=statement.title or "Untitled",
            lang=statement.source_language,
            why=f"{counts[row.pk]} of its posts will not go out unless somebody acts before the moment.",
            due=row.moment,
            zone=row.zone,
            deed="Look",
            href=page("statements:release", statement.ref),
        )


def _crisis_reviews(officer: Officer) -> Iterable[Need]:
    wrote = Revision.writers.through.objects.filter(revision=OuterRef("revision"), officer=officer)
    rows = (
        Release.objects.filter(
            review_due__isnull=False,
            reviewed_at__isnull=True,
            revision__statement__mission__in=officer.missions_with("approver"),
        )
        .exclude(officer=officer)
        .exclude(Exists(wrote))
    )
    for row in rows.select_related("revision__statement__mission").order_by("review_due")[:SHOWN]:
        statement = row.revision.statement
        yield Need(
            state="waiting",
            word="To review",
            title=statement.title or "Untitled",
            lang=statement.source_language,
            why="It went out by the crisis lane. A second person looks at it afterwards.",
            due=row.review_due,
            zone=row.zone,
            deed="Review",
            href=page("statements:release", statement.ref),
        )


def _drafts(officer: Officer) -> Iterable[Need]:
    found = Revision.objects.filter(state="draft", writers=officer).select_related("statement__mission")
    rows = list(found.order_by("-updated")[:5])
    standing = cache.get_many([pages.standing_key(row) for row in rows]) if rows else {}
    for row in rows:
        count = standing.get(pages.standing_key(row), 0)
        stand = f" {count} finding{'s stand' if count > 1 else ' stands'} in the way." if count else ""
        yield Need(
            state="draft",
            word="Your draft",
            title=row.statement.title or "Untitled",
            lang=row.statement.source_language,
            why=("A correction that you have begun." if row.number > 1 else "Not handed in yet.") + stand,
            due=None,
            zone=row.statement.mission.zone,
            deed="Write",
            href=page("statements:edit", row.statement.ref),
        )
