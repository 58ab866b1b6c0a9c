"""Pure decisions on statements: who may, how many must, and what stands in the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

KINDS = ("statement", "announcement", "explanation", "advice", "comment", "notice")
JOINT = "joint"
"""A text that several parties signed word by word: never drafted, edited or approved on this desk."""
RISKS = ("ordinary", "sensitive", "high")
LANES = ("ordinary", "crisis")

TITLE_LIMIT = 300
SUMMARY_LIMIT = 1_000
BODY_LIMIT = 200_000
LANGUAGES_LIMIT = 400
CRISIS_REVIEW_WITHIN = timedelta(hours=24)

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True)
class Need:
    """`count` different officers, each holding one of `roles`."""

    count: int
    roles: tuple[str, ...]


# Rule APP-1: the chain by risk. The author is never counted. The crisis lane is reviewed afterwards.
CHAINS: dict[str, tuple[Need, ...]] = {
    "ordinary": (Need(1, ("approver",)),),
    "sensitive": (Need(2, ("approver", "releaser")),),
    "high": (Need(2, ("approver", "releaser")), Need(1, ("releaser",))),
}
CRISIS_CHAIN = (Need(1, ("approver", "releaser")),)


def chain(*, risk: str, lane: str) -> tuple[Need, ...]:
    """Who must say yes before a release."""
    return CRISIS_CHAIN if lane == "crisis" else CHAINS[risk]


def yeses(*, risk: str, lane: str) -> int:
    """How much a chain asks for, to tell a shorter one from a longer."""
    return sum(need.count for need in chain(risk=risk, lane=lane))


@dataclass(frozen=True)
class Yes:
    """One officer's standing approval, with the roles they hold at the statement's mission."""

    officer: str
    roles: frozenset[str]
    digest: str


@dataclass(frozen=True)
class Standing:
    """How far a chain is: `missing` in words, empty when complete."""

    given: int
    needed: int
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing


def standing(needs: Sequence[Need], approvals: Iterable[Yes], *, digest: str) -> Standing:
    """Only approvals of exactly this digest count, each officer once."""
    counted = {yes.officer: yes for yes in approvals if yes.digest == digest}
    missing = []
    for need in needs:
        have = sum(1 for yes in counted.values() if yes.roles & set(need.roles))
        if have < need.count:
            missing.append(f"{need.count - have} more by a person who is {' or '.join(need.roles)}")
    needed = max((need.count for need in needs), default=0)
    return Standing(given=min(len(counted), needed), needed=needed, missing=tuple(missing))


def is_language(code: str) -> bool:
    """A BCP 47 tag of the plain kind: en, be, zh-Hant, pt-BR."""
    return LANGUAGE.fullmatch(code) is not None


def is_due(moment: datetime, *, now: datetime) -> bool:
    return moment <= now


def crisis_review_due(released: datetime) -> datetime:
    return released + CRISIS_REVIEW_WITHIN
