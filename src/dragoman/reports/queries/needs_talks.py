"""What of talks waits for the host: agreed texts to release, rounds in trouble, corrections asked for."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.negotiations.models import Ask, Process, Round
from dragoman.reports.queries.links import page
from dragoman.reports.queries.need import SHOWN, Need
from dragoman.staff.models import Officer

WHY = {
    "agreed": "All have signed. It goes out when you release it; until then each may take its consent back.",
    "declined": "It was declined. What each would sign is shown to all.",
    "expired": "Not all answered in time. Silence is no consent.",
}


def talks(officer: Officer) -> Iterable[Need]:
    """Rounds that are over and not followed by another, then corrections that nobody decided."""
    mine = Process.objects.all().visible_to(officer).exclude(state="closed")
    rounds = Round.objects.filter(process__in=mine, state__in=WHY, kind="joint", followers__isnull=True)
    for row in rounds.select_related("process").order_by("-pk")[:SHOWN]:
        yield Need(
            state="approved" if row.state == "agreed" else "late",
            word="All agreed" if row.state == "agreed" else row.state.capitalize(),
            title=f"Round {row.number} of {row.process}",
            lang="",
            why=WHY[row.state],
            due=row.agreed_at or row.closes_at,
            zone=row.process.zone,
            deed="Release" if row.state == "agreed" else "Look",
            href=page("negotiations:round", row.process.ref, row.number),
            spoken=False,
        )
    for ask in Ask.objects.filter(process__in=mine, state="asked").select_related("process", "party")[:SHOWN]:
        yield Need(
            state="review",
            word="Asked",
            title=f"{ask.party} asks for a correction of {ask.statement}",
            lang="",
            why="All parties sign the corrected text. The ledger counts asked and granted.",
            due=ask.at,
            zone=ask.process.zone,
            deed="Decide",
            href=page("negotiations:process", ask.process.ref),
            spoken=False,
        )
