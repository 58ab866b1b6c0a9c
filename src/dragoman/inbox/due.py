"""When something must have been looked at. Pure: time, zone and office hours are passed in.

Calls for help run by the clock; everything else by the mission's working hours, so that a question of Friday
night is not late on Saturday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# How long a thing may wait: by the clock for help, in working time for the rest.
ALLOWED = {
    "help": timedelta(minutes=15),
    "press": timedelta(hours=1),
    "question": timedelta(hours=4),
    "complaint": timedelta(hours=8),
}
OTHERWISE = timedelta(hours=16)
FIRST_DAY_MONDAY = 0


@dataclass(frozen=True)
class OfficeHours:
    """When a mission works: weekday (Monday is 0) -> opening and closing, on the clock of its zone."""

    zone: str = "UTC"
    week: Mapping[int, tuple[time, time]] = field(
        default_factory=lambda: {day: (time(9), time(18)) for day in range(5)}
    )
    holidays: frozenset[date] = frozenset()

    def opening(self, day: date) -> tuple[datetime, datetime] | None:
        """The working time of a day, or None when it is closed."""
        hours = None if day in self.holidays else self.week.get(day.weekday())
        if hours is None or hours[0] >= hours[1]:
            return None
        zone = ZoneInfo(self.zone)
        return (
            datetime.combine(day, hours[0], tzinfo=zone),
            datetime.combine(day, hours[1], tzinfo=zone),
        )


def allowed(kind: str) -> timedelta:
    """How long a message of this kind may wait for its first answer."""
    return ALLOWED.get(kind, OTHERWISE)


def due_at(kind: str, arrived: datetime, hours: OfficeHours) -> datetime:
    """When it is due. Help is due by the clock; without any working day in a year the clock decides too."""
    if kind == "help":
        return arrived + allowed(kind)
    left = allowed(kind)
    local = arrived.astimezone(ZoneInfo(hours.zone))
    for ahead in range(366):
        open_close = hours.opening(local.date() + timedelta(days=ahead))
        if open_close is None:
            continue
        begin = max(open_close[0], arrived)
        room = open_close[1] - begin
        if room <= timedelta():
            continue
        if left <= room:
            return (begin + left).astimezone(arrived.tzinfo)
        left -= room
    return arrived + allowed(kind)
