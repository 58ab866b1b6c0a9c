"""Asks connectors, with a time limit, and turns whatever comes of it into plain values.

No database is touched from here, so that whoever calls can let go of theirs before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels import registry, rules, sender
from dragoman.channels.connector import Account, Connector, Refused, Sent, TryLater, Unsure
from dragoman.channels.rules import Outcome
from dragoman.channels.sender import Lane, LaneName
from dragoman.lib.http import Call, Door

log = logging.getLogger(__name__)

Ask = Callable[[Connector], Awaitable[Any]]

# The sender keeps every time limit itself. This much later it has failed to, and is waited for no longer.
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came back: the outcome, the verb's own value, the calls made and the sign-in to be kept.

    `began` is when the first byte of what may change something was written, `answered` when the last answer
    was in; both by the clock on the wall. None: nothing was written, or the kind cannot tell.
    """

    outcome: Outcome
    value: Any
    calls: list[dict[str, Any]]
    session: Mapping[str, Any]
    began: datetime | None = None
    answered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """What one account is asked, in order, each when the one before has answered.

    When the account itself is in the way (a limit, a sign-in, a refusal), the rest is not asked at all, and
    its outcome is `skipped`.
    """

    kind: str
    account: Account
    asks: Sequence[tuple[Hashable, Ask]]


Done = Callable[[Hashable, Spoken], None]


def speak(
    kind: str,
    account: Account,
    ask: Ask,
    *,
    changes: bool,
    allow_loopback: bool = False,
    limit: timedelta = rules.VERB_LIMIT,
    until: datetime | None = None,
    lane: LaneName = "work",
) -> Spoken:
    """Ask, and wait for the answer. `changes`: after a failure nobody foresaw, something may be out.

    `until` is when whatever holds the delivery runs out: nothing is begun after it nor goes on beyond it.
    """
    verb = _Verb(changes, limit, until)

    async def once(here: Lane) -> Spoken:
        with here.door(kind, account, allow_loopback=allow_loopback) as door:
            return await _ask(_connector(kind, account, door), account, door, ask, verb)

    spoken = sender.wait(sender.on_lane(lane, once), (limit + PATIENCE).total_seconds())
    if spoken is None:
        spoken = Spoken(_unforeseen("The sender gave no answer.", changes), None, [], account.session)
    return spoken


def volley(
    chains: Sequence[Chain],
    *,
    done: Done,
    allow_loopback: bool = False,
    until: datetime | None = None,
) -> None:
    """Ask all accounts at the same time, and return at once. `done` is called on the sender's thread with
    each answer as it comes: it must do no more than put it away."""
    verb = _Verb(True, rules.VERB_LIMIT, until)

    async def all_of_them(here: Lane) -> None:
        with ExitStack() as open_until_all_have_answered:
            made = []
            for chain in chains:
                door = open_until_all_have_answered.enter_context(
                    here.door(chain.kind, chain.account, allow_loopback=allow_loopback)
                )
                made.append((chain, door, _connector(chain.kind, chain.account, door)))
            await asyncio.gather(*(_follow(*each, verb, done) for each in made))

    sender.on_lane("moment", all_of_them)


def warm(accounts: Sequence[tuple[str, Account]], *, allow_loopback: bool = False) -> None:
    """Open the connections that `volley` will use, ask nothing, and return at once."""

    async def one(here: Lane, kind: str, account: Account) -> None:
        try:
            with here.door(kind, account, allow_loopback=allow_loopback) as door:
                async with asyncio.timeout(rules.WARM_LIMIT.total_seconds()):
                    await registry.connect(kind, account, door).warm()
        except Exception as error:  # noqa: BLE001 - what is not warm is opened when it is needed
            log.info("could not warm %s: %s", kind, type(error).__name__)

    async def all_of_them(here: Lane) -> None:
        await asyncio.gather(*(one(here, kind, account) for kind, account in accounts))

    sender.on_lane("moment", all_of_them)


@dataclass(frozen=True, slots=True)
class _Verb:
    changes: bool
    limit: timedelta
    until: datetime | None

    def seconds(self) -> float:
        """How long it may take from now; nothing or less: it must not begin."""
        limit = self.limit.total_seconds()
        if self.until is None:
            return limit
        return min(limit, (self.until - datetime.now(UTC)).total_seconds())


def _connector(kind: str, account: Account, door: Door) -> Connector | Outcome:
    try:
        return registry.connect(kind, account, door)
    except (TryLater, Refused, Unsure) as problem:
        return _foreseen(problem)
    except Exception as error:
        log.exception("the connector %s could not be made", kind)
        # nothing was sent
        return _unforeseen(f"The connector made a mistake ({type(error).__name__}).", changes=False)


async def _follow(chain: Chain, door: Door, connector: Connector | Outcome, verb: _Verb, done: Done) -> None:
    in_the_way: Outcome | None = None
    for ref, ask in chain.asks:
        if in_the_way is not None:
            done(ref, Spoken(rules.skipped(in_the_way), None, [], {}))
            continue
        spoken = await _ask(connector, chain.account, door, ask, verb)
        done(ref, spoken)
        if rules.stops_the_account(spoken.outcome):
            in_the_way = spoken.outcome


async def _ask(connector: Connector | Outcome, account: Account, door: Door, ask: Ask, verb: _Verb) -> Spoken:
    if isinstance(connector, Outcome):
        return Spoken(connector, None, [], account.session)
    seconds = verb.seconds()
    if seconds <= 0:
        why = "It was not begun: what was before it took too long."
        return Spoken(Outcome("skipped", why), None, [], connector.session)
    before = len(door.calls)
    began = datetime.now(UTC)
    value: Any = None

    def may_be_out() -> bool:
        # a question that begins with harmless steps says itself whether it has come to the other
        return verb.changes and bool(getattr(ask, "irreversible", True))

    try:
        async with asyncio.timeout(seconds):
            value = await ask(connector)
        outcome = Outcome("done", sent=value if isinstance(value, Sent) else None)
    except (TryLater, Refused, Unsure) as problem:
        outcome = _foreseen(problem)
    except TimeoutError:
        outcome = _unforeseen(f"It took longer than {seconds:.0f} seconds.", may_be_out())
    except Exception as error:
        # a connector's own mistake must not make us lose track of a post
        log.exception("the connector of %s failed by a mistake of its own", account.name)
        outcome = _unforeseen(f"The connector made a mistake ({type(error).__name__}).", may_be_out())
    calls = door.calls[before:]
    first = _first_byte(calls, began)
    return Spoken(
        outcome, value, [call.as_json() for call in calls], connector.session, first, datetime.now(UTC)
    )


def _first_byte(calls: Sequence[Call], began: datetime) -> datetime | None:
    """Of the first call that may change something, else of the first; where there is none, the start."""
    if not calls:
        return began
    wrote = [call.at for call in calls if call.at and not call.safe] or [call.at for call in calls if call.at]
    return wrote[0] if wrote else None


def _foreseen(problem: TryLater | Refused | Unsure) -> Outcome:
    if isinstance(problem, TryLater):
        return Outcome(
            "try_later", problem.why, when=problem.when, account=problem.account, sign_in=problem.sign_in
        )
    if isinstance(problem, Refused):
        return Outcome("refused", problem.why, problem.shown, account=problem.account)
    return Outcome("unsure", problem.why, problem.look_for)


def _unforeseen(why: str, changes: bool) -> Outcome:
    return Outcome("unsure" if changes else "try_later", why)
