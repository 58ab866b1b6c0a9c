"""What every desk page shows around its work: menu, officer, clocks, health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dragoman.base import clock, health, menu

THEMES = ("auto", "light", "dark")
KEPT = timedelta(seconds=5)


@dataclass(frozen=True)
class Pulse:
    """How the desk is, in one word for the top bar and a line each for the front page."""

    word: str
    kind: str
    late: tuple[str, ...]
    oldest_name: str
    oldest_due: datetime | None
    worker_seen: datetime | None
    now: datetime

    @property
    def oldest_age(self) -> timedelta | None:
        return self.now - self.oldest_due if self.oldest_due else None

    @property
    def oldest_words(self) -> str:
        """`41 s: deliveries`."""
        return (
            f"{int((self.now - self.oldest_due).total_seconds())} s: {self.oldest_name}"
            if self.oldest_due
            else ""
        )

    @property
    def worker_age(self) -> timedelta | None:
        return self.now - self.worker_seen if self.worker_seen else None


_read: list[Pulse] = []


def pulse() -> Pulse:
    """What /health says, read anew when it is older than a few seconds: every page shows it."""
    if not _read or clock.now() - _read[0].now > KEPT or clock.now() < _read[0].now:
        _read[:] = [_pulse()]
    return _read[0]


def _pulse() -> Pulse:
    checks = health.checks()
    late = tuple(check.late for check in checks if check.late)
    waiting = [check for check in checks if check.name.startswith("overdue ") and check.since]
    oldest = min(waiting, key=lambda check: check.since or clock.now(), default=None)
    worker = next((check for check in checks if check.name == "worker"), None)
    word, kind = ("All running", "good") if not late else ("Worker silent", "bad")
    if late and worker is not None and worker.ok:
        word, kind = "Running late", "ask"
    return Pulse(
        word,
        kind,
        late,
        oldest.name.removeprefix("overdue ") if oldest else "",
        oldest.since if oldest else None,
        worker.since if worker else None,
        clock.now(),
    )


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
