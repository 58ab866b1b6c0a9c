"""When an account may speak: its pace, its circuit, when to prepare ahead. Pure; time is passed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dragoman.channels.connector import Pace
from dragoman.channels.rules import Outcome

# So many failures in a row that are no answer open the circuit of an account.
FAILURES = 5
FIRST_CHECK = timedelta(seconds=30)
LONGEST_CHECK = timedelta(minutes=30)

# Prepared as early as this: what networks keep for a day is then good until the moment, and trouble is known
# most of a day ahead.
ARM_FIRST = timedelta(hours=23)
ARM_LAST = timedelta(minutes=15)
# What is prepared must last so much longer than the moment.
MARGIN = timedelta(minutes=5)
ARM_PAUSE = timedelta(minutes=5)
# Less than this and it is made anew before it is used.
STILL_GOOD = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Wish:
    """One delivery that would speak now, and how many posts it makes."""

    ref: int
    posts: int
    urgent: bool
    due: datetime


def granted(
    wishes: Iterable[Wish], *, pace: Pace | None, spoken: Sequence[tuple[datetime, int]], now: datetime
) -> tuple[list[int], datetime | None]:
    """Which of them may speak now on one account, urgent ones first, and when the next may.

    `spoken` is what the account said lately: when, and how many posts. One that alone is more than the pace
    allows goes when nothing else was said. Raises nothing; without a pace all may.
    """
    order = sorted(wishes, key=lambda wish: (not wish.urgent, wish.due, wish.ref))
    if pace is None:
        return [wish.ref for wish in order], None
    window = timedelta(seconds=pace.seconds)
    lately = sorted((at, posts) for at, posts in spoken if at > now - window)
    used = sum(posts for _, posts in lately)
    going: list[int] = []
    for wish in order:
        if used and used + wish.posts > pace.posts:
            return going, _free_at(lately, used + wish.posts - pace.posts, window, now)
        used += wish.posts
        going.append(wish.ref)
    return going, None


def _free_at(
    lately: Sequence[tuple[datetime, int]], too_many: int, window: timedelta, now: datetime
) -> datetime:
    """When so many posts have fallen out of the window."""
    for at, posts in lately:
        too_many -= posts
        if too_many <= 0:
            return max(at + window, now + timedelta(milliseconds=50))
    return now + window


def is_failure(outcome: Outcome) -> bool:
    """No answer that says anything: the network, the way to it or the account may be dead."""
    return outcome.what in ("try_later", "unsure") and not outcome.account and not outcome.sign_in


def opens(outcome: Outcome, failures: int) -> bool:
    """Does this open the circuit? `failures` counts this one. A sign-in that has run out and was not renewed
    by the time this is asked is the account's trouble as well."""
    if outcome.what == "refused":
        return outcome.account
    return outcome.sign_in or (is_failure(outcome) and failures >= FAILURES)


def next_check(checks: int, now: datetime) -> datetime:
    """When to ask an account again whose circuit is open: half a minute, doubled, half an hour at most."""
    doubled: int = 1 << min(checks, 12)
    return now + min(LONGEST_CHECK, FIRST_CHECK * doubled)


def arm_first(due: datetime, now: datetime) -> datetime:
    """When to prepare for the first time."""
    return max(now, due - ARM_FIRST)


def arm_again(due: datetime, good_until: datetime | None, now: datetime) -> datetime | None:
    """When to prepare again what has just been prepared; None: it lasts, or there is no time left."""
    if good_until is None or good_until >= due + MARGIN or now >= due:
        return None
    if now < due - ARM_LAST:
        return due - ARM_LAST
    again = max(good_until - timedelta(minutes=1), now + timedelta(seconds=30))
    return again if again < due else None


def arm_after_trouble(due: datetime, when: datetime | None, now: datetime) -> datetime | None:
    """When to try once more to prepare; None: at the moment itself."""
    again = max(when or now + ARM_PAUSE, now + timedelta(seconds=10))
    if again < due - timedelta(seconds=30):
        return again
    last = due - timedelta(minutes=1)
    return last if last > now + timedelta(seconds=5) else None


def lasts(prepared: bool, good_until: datetime | None, now: datetime) -> bool:
    """Is what was prepared still good for use?"""
    return prepared and (good_until is None or good_until > now + STILL_GOOD)
