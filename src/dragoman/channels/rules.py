"""Decisions about deliveries on plain values. Time is passed in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from dragoman.channels.connector import Field, Sent

# One attempt may take so long, and holds its delivery a little longer: no attempt outlives its lease.
VERB_LIMIT = timedelta(seconds=90)
LEASE = timedelta(seconds=150)
# Nothing is asked of a network beyond this, whatever the machine did meanwhile: the rest is bookkeeping's.
ASKED_WITHIN = timedelta(seconds=130)
WARM_LIMIT = timedelta(seconds=10)

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
LOOKS_BEFORE_A_PERSON = 6
MOST_TRIES_OF_A_TAKEDOWN = 40

What = Literal["done", "absent", "try_later", "refused", "unsure", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one verb. `sent` comes with `done` of send and find. `skipped`: it was not asked at all,
    and that is no attempt. `account`: not the post but the account is in the way; `sign_in`: its sign-in.
    """

    what: What
    why: str = ""
    shown: str = ""
    when: datetime | None = None
    sent: Sent | None = None
    account: bool = False
    sign_in: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """Where a delivery goes. `next_at` is when the clock looks at it again; None: a person, or nobody."""

    state: str
    next_at: datetime | None = None
    why: str = ""
    shown: str = ""
    person: bool = False


def pause(tries: int) -> timedelta:
    """How long to wait after this many attempts: 5 s, doubled each time, 15 minutes at most."""
    doubled: int = 1 << min(max(tries, 1) - 1, 20)
    return min(LONGEST_PAUSE, FIRST_PAUSE * doubled)


def next_try(outcome: Outcome, tries: int, now: datetime) -> datetime:
    """When to try again: what the network asked for, else the pause; the network cannot ask for the past,
    nor for more than a day."""
    ours = now + pause(tries)
    if outcome.when is None:
        return ours
    return min(max(outcome.when, now + timedelta(seconds=1)), now + timedelta(days=1))


def expired(last_useful: datetime, now: datetime) -> bool:
    """Past the moment after which sending would do no good."""
    return now >= last_useful


def stops_the_account(outcome: Outcome) -> bool:
    """After this nothing else is asked of the account: its sign-in, a limit or the account is in the way."""
    return outcome.sign_in or (outcome.account and outcome.what in ("try_later", "refused"))


def skipped(in_the_way: Outcome) -> Outcome:
    """What becomes of that which was not asked, because of what the account answered before."""
    return Outcome(
        "skipped",
        in_the_way.why,
        when=in_the_way.when,
        account=in_the_way.account,
        sign_in=in_the_way.sign_in,
    )


def after_send(outcome: Outcome, *, tries: int, now: datetime, can_find: bool) -> Next:
    """Where a delivery goes after an attempt. Never back to `queued` while the post may be out."""
    match outcome.what:
        case "done":
            return Next("sent")
        case "refused":
            return Next("refused", why=outcome.why, shown=outcome.shown, person=True)
        case "try_later":
            return Next("queued", next_try(outcome, tries, now), outcome.why)
        case "skipped":
            when = outcome.when or now + FIRST_PAUSE
            return Next("queued", min(max(when, now), now + timedelta(days=1)), outcome.why)
        case _:
            return Next("unsure", now if can_find else None, outcome.why, outcome.shown, person=not can_find)


def after_find(
    outcome: Outcome, *, looks: int, tries: int, now: datetime, last_useful: datetime, same_key_once: bool
) -> Next:
    """Where an unsure delivery goes after we looked for it."""
    match outcome.what:
        case "done":
            return Next("sent")
        case "absent" if not same_key_once:
            why = (
                "The network does not show it, but sending again could post it twice there: "
                "the network knows no key that forbids it."
            )
            return Next("unsure", None, why, outcome.shown, person=True)
        case "absent" if expired(last_useful, now):
            return Next("expired", why="It is not out, and its last useful moment has passed.")
        case "absent":
            why = "It was looked for and is not out as a whole; it is sent again under the same key."
            return Next("queued", now + pause(tries), why)
        case "try_later":
            person = looks >= LOOKS_BEFORE_A_PERSON
            return Next("unsure", next_try(outcome, looks, now), outcome.why, outcome.shown, person=person)
        case _:
            return Next("unsure", None, outcome.why, outcome.shown, person=True)


def after_withdraw(outcome: Outcome, *, tries: int, now: datetime) -> Next:
    """Where a takedown goes. Taking down twice is harmless, so being unsure means asking again."""
    if outcome.what == "done":
        return Next("done")
    if outcome.what == "refused" or tries >= MOST_TRIES_OF_A_TAKEDOWN:
        return Next("unable", None, outcome.why, outcome.shown, person=True)
    return Next("asked", next_try(outcome, tries, now), outcome.why)


def merged_session(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a sign-in: the new values, but an empty one never replaces a good one."""
    return {**old, **{name: value for name, value in new.items() if value not in (None, "")}}


def storable(value: Any) -> Any:
    """What a network said, without what a database refuses: a NUL, half a surrogate."""
    match value:
        case str():
            return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
        case Mapping():
            return {storable(str(name)): storable(item) for name, item in value.items()}
        case list() | tuple():
            return [storable(item) for item in value]
        case _:
            return value


def wrong_fields(fields: tuple[Field, ...], given: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is wrong with the values of a set-up form, place by place; empty when all is well."""
    found = []
    for field in fields:
        value = given.get(field.name, "").strip()
        if field.required and not value and not field.default:
            found.append({"field": field.name, "message": f"{field.label} is missing."})
        elif value and field.choices and value not in dict(field.choices):
            names = ", ".join(name for name, _ in field.choices)
            found.append({"field": field.name, "message": f"{field.label} must be one of: {names}."})
        elif value and field.pattern and not re.fullmatch(field.pattern, value):
            found.append({"field": field.name, "message": field.mend or f"{field.label} is not well formed."})
    known = {field.name for field in fields}
    unknown = sorted(set(given) - known)
    return found + [{"field": name, "message": "This kind of channel has no such field."} for name in unknown]
