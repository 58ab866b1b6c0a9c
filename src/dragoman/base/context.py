"""What every desk page shows around its work: menu, officer, clocks, health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dragoman.base import clock, menu, overdue
from dragoman.base.models import Beat

THEMES = ("auto", "light", "dark")
GRACE = timedelta(seconds=60)
WORKER_GRACE = timedelta(seconds=90)


@dataclass(frozen=True)
class Pulse:
    """How the desk is, in one word for the top bar and one line each for the front page."""

    word: str
    kind: str
    oldest_name: str
    oldest_due: datetime | None
    worker_seen: datetime | None
    now: datetime

    @property
    def oldest_age(self) -> timedelta | None:
        return self.now - self.oldest_due if self.oldest_due else None

    @property
    def worker_age(self) -> timedelta | None:
        return self.now - self.worker_seen if self.worker_seen else None


def pulse() -> Pulse:
    """Reads the same rows as /health does."""
    now = clock.now()
    late = sorted(overdue.oldest().items(), key=lambda pair: pair[1])
    name, due = late[0] if late else ("", None)
    seen = Beat.objects.filter(name__startswith="worker").order_by("-at").values_list("at", flat=True).first()
    if seen is None or now - seen > WORKER_GRACE:
        word, kind = "Worker silent", "bad"
    elif due is not None and now - due > GRACE:
        word, kind = f"Late: {name}", "ask"
    else:
        word, kind = "All running", "good"
    return Pulse(word, kind, name, due, seen, now)


class Desk:
    """Lazy, so that a page that shows none of it asks the database nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def sample(self) -> bool:
        return bool(settings.DRAGOMAN.sample)

    @property
    def theme(self) -> str:
        chosen = self._request.COOKIES.get("dragoman_theme", "auto")
        return chosen if chosen in THEMES else "auto"

    @cached_property
    def officer(self) -> Any:
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def menu(self) -> tuple[menu.Group, ...]:
        match = self._request.resolver_match
        return menu.build(self.officer, match.view_name if match else "") if self.officer else ()

    @cached_property
    def standing(self) -> dict[str, Any]:
        """The officer's first membership: role, mission and its zone."""
        member = self.officer.memberships.select_related("mission").first() if self.officer else None
        if member is None:
            return {"role": "", "mission": "", "zone": "UTC"}
        return {
            "role": member.get_role_display(),
            "mission": member.mission.name,
            "zone": member.mission.zone,
        }

    @property
    def zone(self) -> str:
        return str(self.standing["zone"])

    @cached_property
    def pulse(self) -> Pulse:
        return pulse()

    @property
    def now(self) -> datetime:
        return clock.now()


def desk(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"desk": Desk(request)}
