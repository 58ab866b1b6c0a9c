"""Pure decisions on answering: in which language, by which way, and why not. Time is passed in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

UNDO = timedelta(seconds=10)
# A reply to what was written longer ago than this surprises more than it helps.
TOO_OLD = timedelta(days=30)
# A fact that ends so soon is told beside the answer that cites it.
ENDS_SOON = timedelta(days=7)
QUESTION_LIMIT = 300
BODY_LIMIT = 20_000
WORDING_LIMIT = 500
WORDINGS_LIMIT = 500
CAP_LIMIT = 10_000
LONGEST_LEAVE = timedelta(days=31)

# Why a message gets no reply by itself -> what a person does instead.
INSTEAD = {
    "gone": "Nothing: its writer took it back.",
    "erased": "Nothing: it was erased here.",
    "help": "It is a call for help. The consular queue answers it.",
    "spam": "Look at it. If it is no spam, say so on the message, and send again.",
    "hidden": "It was hidden for personal data in it. Write to the person privately.",
    "old": "Look whether an answer still helps; write it by hand on the network.",
    "no-text": "Write the answer in their language, or choose the language to answer in.",
    "no-reply": "Open the message on the network and answer by hand, with the address of the public page.",
    "channel-off": "Switch the channel on, then send again.",
    "unofficial": "Have the channel's account confirmed under Official accounts, then send again.",
    "no-mail": "Connect an e-mail channel that sends, then send again.",
    "no-address": "The address of the writer is not kept any more. Nothing can be sent.",
    "too-long": "The network takes no text of this length. Shorten the answer, or answer by hand.",
    "refused": "The network refused it. Read why, mend it, or answer by hand.",
    "expired": "It waited too long for its turn on the network. Send again, or answer by hand.",
    "answered": "Nothing: somebody has told them by hand.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What matters of a message when it is to be answered."""

    way: str
    at: datetime
    lang: str
    state: str
    kind: str = "question"
    is_help: bool = False
    gone: bool = False
    erased: bool = False
    hidden: bool = False
    has_id: bool = True
    has_author: bool = True


@dataclass(frozen=True, slots=True)
class Road:
    """What the channel of a message lets us do: `why` in words when its account may not speak."""

    replies: bool = False
    on: bool = True
    unofficial: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one message is answered: by which way and in which language; or `reason`, why it is not."""

    way: str
    lang: str = ""
    reason: str = ""
    why: str = ""

    @property
    def goes(self) -> bool:
        return not self.reason


def language(wanted: str, ready: Collection[str], fallback: str = "") -> str:
    """The language to answer in: theirs, else the same without its region, else one with another region, else
    what the officer chose for such cases; empty when there is none."""
    if wanted in ready:
        return wanted
    base = wanted.partition("-")[0]
    if base in ready:
        return base
    # Two ways of writing a language may not read one another: only a region may differ, not a script.
    kin = sorted(
        lang for lang in ready if lang.partition("-")[0] == base and not any(map(_script, (lang, wanted)))
    )
    if kin and base != "und":
        return kin[0]
    return fallback if fallback in ready else ""


def plan(
    asked: Asked, road: Road, ready: Collection[str], *, fallback: str, can_mail: bool, now: datetime
) -> Plan:
    """How this message is answered now. What speaks against any answer comes first."""
    if reason := _never(asked, now):
        return Plan(asked.way, reason=reason)
    if reason := _road_closed(asked, road, can_mail=can_mail):
        return Plan(asked.way, reason=reason, why=road.unofficial if reason == "unofficial" else "")
    lang = language(asked.lang, ready, fallback)
    return Plan(asked.way, lang) if lang else Plan(asked.way, reason="no-text")


def _never(asked: Asked, now: datetime) -> str:
    """The first that holds; a call for help comes before a label of spam."""
    reasons = {
        "erased": asked.erased,
        "gone": asked.gone,
        "help": asked.is_help or asked.state == "help",
        "spam": asked.kind in ("spam", "abuse"),
        "hidden": asked.hidden and asked.way == "network",
        "old": asked.way in ("network", "mail") and now - asked.at > TOO_OLD,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _road_closed(asked: Asked, road: Road, *, can_mail: bool) -> str:
    if asked.way == "mail":
        return "" if can_mail and asked.has_author else ("no-address" if can_mail else "no-mail")
    if asked.way != "network":
        return ""
    if not road.replies or not asked.has_id:
        return "no-reply"
    if not road.on:
        return "channel-off"
    return "unofficial" if road.unofficial else ""


def _script(lang: str) -> bool:
    return any(len(part) == 4 and part.isalpha() for part in lang.split("-")[1:])


def ends_on(last_days: Sequence[date | None]) -> date | None:
    """The last day on which all of them hold."""
    known = [day for day in last_days if day is not None]
    return min(known) if known else None


def has_ended(last: date | None, today: date) -> bool:
    """Has one of its facts ended? The last day itself still counts."""
    return last is not None and last < today


def ends_soon(last: date | None, today: date) -> bool:
    """Will one of its facts end within a week, today included?"""
    return last is not None and today <= last <= today + ENDS_SOON


def key_of(ref: str, number: int, message: int) -> str:
    """The delivery's key: from version and message alone, so that no press can tell anybody twice."""
    return f"answer:{ref}:{number}:{message}"


def room_today(cap: int, sent: int, waiting: int) -> int:
    """How many more may go by themselves today."""
    return max(0, cap - sent - waiting)
