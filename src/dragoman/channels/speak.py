"""Asks one connector one thing, with a time limit, and turns whatever comes of it into plain values.

No database is touched from here, so that whoever calls can let go of theirs before.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dragoman.channels import registry, rules
from dragoman.channels.connector import Account, Connector, Refused, Sent, TryLater, Unsure
from dragoman.channels.rules import Outcome
from dragoman.lib.http import Door

log = logging.getLogger(__name__)

Ask = Callable[[Connector], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came back: the outcome, the verb's own value, the calls made and the sign-in to be kept."""

    outcome: Outcome
    value: Any
    calls: list[dict[str, Any]]
    session: Mapping[str, Any]


def speak(
    kind: str,
    account: Account,
    ask: Ask,
    *,
    changes: bool,
    allow_loopback: bool = False,
    limit: timedelta = rules.VERB_LIMIT,
) -> Spoken:
    """Ask, and wait for the answer. `changes`: after a failure nobody foresaw, something may be out."""
    return asyncio.run(
        _speak(kind, account, ask, changes=changes, allow_loopback=allow_loopback, limit=limit)
    )


async def _speak(
    kind: str, account: Account, ask: Ask, *, changes: bool, allow_loopback: bool, limit: timedelta
) -> Spoken:
    async with Door(allow_loopback=allow_loopback) as door:
        connector: Connector | None = None
        value: Any = None
        try:
            connector = registry.connect(kind, account, door)
            async with asyncio.timeout(limit.total_seconds()):
                value = await ask(connector)
            outcome = Outcome("done", sent=value if isinstance(value, Sent) else None)
        except (TryLater, Refused, Unsure) as problem:
            outcome = _foreseen(problem)
        except TimeoutError:
            outcome = _unforeseen(f"It took longer than {limit.total_seconds():g} seconds.", changes)
        except Exception as error:
            # a connector's own mistake must not make us lose track of a post
            log.exception("the connector %s failed by a mistake of its own", kind)
            outcome = _unforeseen(f"The connector made a mistake ({type(error).__name__}).", changes)
        calls = [call.as_json() for call in door.calls]
        return Spoken(outcome, value, calls, connector.session if connector else account.session)


def _foreseen(problem: TryLater | Refused | Unsure) -> Outcome:
    if isinstance(problem, TryLater):
        return Outcome("try_later", problem.why, when=problem.when)
    if isinstance(problem, Refused):
        return Outcome("refused", problem.why, problem.shown, account=problem.account)
    return Outcome("unsure", problem.why, problem.look_for)


def _unforeseen(why: str, changes: bool) -> Outcome:
    return Outcome("unsure" if changes else "try_later", why)
