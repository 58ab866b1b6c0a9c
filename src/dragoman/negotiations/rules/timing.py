"""The clock of a protocol: what is due, what must wait. Time is passed in; every moment has its zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules.protocol import ProtocolRules

FORM = "%Y-%m-%dT%H:%M:%SZ"
NO_SKEW = timedelta(0)


def quiet_now(rules: ProtocolRules, now: datetime) -> bool:
    """Whether quiet hours hold."""
    quiet = rules.quiet_hours
    if quiet is None:
        return False
    local = now.astimezone(ZoneInfo(quiet.zone)).time()
    start, end = time.fromisoformat(quiet.frm), time.fromisoformat(quiet.to)
    return start <= local < end if start < end else local >= start or local < end


def pulse_due(
    rules: ProtocolRules, last: datetime | None, now: datetime, last_pulse: datetime | None = None
) -> bool:
    """Whether the pulse line must be said. Never in quiet hours.

    `last` is when anything at all was published last, the start of the talks at first (None: at once);
    `last_pulse` when the pulse line was, if ever. It is due when nothing was published for
    `silence_minutes`, and when it was itself not said for `every_minutes`.
    """
    pulse = rules.pulse
    if pulse is None or quiet_now(rules, now):
        return False
    if last is None or now - last >= timedelta(minutes=pulse.silence_minutes):
        return True
    return now - (last_pulse or last) >= timedelta(minutes=pulse.every_minutes)


def objection_ends(opened: datetime, rules: ProtocolRules) -> datetime:
    """When a notice may go out that nobody objected to."""
    return opened + timedelta(minutes=rules.objection_minutes)


def closes(opened: datetime, rules: ProtocolRules) -> datetime:
    """When a round lapses that not all have consented to."""
    return opened + timedelta(hours=rules.round_hours)


def may_release(
    not_before: str | datetime, moment: datetime, now: datetime, skew: timedelta = NO_SKEW
) -> bool:
    """Whether a text may go out now: its moment and its not-before have both come, even if this machine's
    clock runs ahead by `skew`."""
    earliest = from_stamp(not_before) if isinstance(not_before, str) else not_before
    return now - skew >= max(earliest, moment)


def stamp(moment: datetime) -> str:
    """A moment as bodies and orders write it: UTC, whole seconds (those begun), Z."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(UTC).strftime(FORM)


def from_stamp(stamped: str) -> datetime:
    """The reverse of `stamp`. Raises Invalid (code `moment`)."""
    try:
        moment = datetime.strptime(stamped, FORM).replace(tzinfo=UTC)
    except ValueError:
        moment = None
    if moment is None or stamp(moment) != stamped:
        raise Invalid(f"{stamped!r} is no moment: wanted 2026-11-30T09:00:00Z.", code="moment")
    return moment
