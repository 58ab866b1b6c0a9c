"""The clock's own work in talks: whatever is due and not done is taken up, whatever became of its job."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Problem
from dragoman.negotiations.actions import counting, enacting, refreshing, releasing, sayings
from dragoman.negotiations.actions.common import alone
from dragoman.negotiations.models import Protocol, Round
from dragoman.negotiations.queries import overdue

log = structlog.get_logger(__name__)


def sweep(*, by: Actor) -> int:
    """Carry on all that is due, with no look-back limit. Trouble of one is written on it and holds up none.

    Never beside another sweep. First what has an hour: texts and lines; then what only follows.
    """
    with alone("sweep", 0) as mine:
        return _sweep(by) if mine else 0


def _sweep(by: Actor) -> int:
    now = clock.now()
    done = 0
    for about in overdue.to_carry_out():
        done += _try(partial(releasing.carry_out, by=by, round_id=about.pk), about)
    for about in overdue.to_settle(now):
        done += _try(partial(counting.settle, by=by, round_id=about.pk), about)
    for protocol in overdue.to_enact():
        done += _try(partial(enacting.enact, by=by, protocol_id=protocol.pk), protocol)
    for process in overdue.pages_due():
        done += _try(partial(refreshing.refresh, by=by, process_id=process.pk))
    for about in overdue.windows_over(now):
        done += _try(partial(sayings.end_window, by=by, round_id=about.pk), about)
    for process_id in overdue.pulses(now):
        done += _try(partial(sayings.say_pulse, by=by, process_id=process_id))
    for process_id in overdue.with_lines_due():
        done += _try(partial(sayings.carry_lines, by=by, process_id=process_id))
    return done


def _try(work: Callable[[], object], row: Round | Protocol | None = None) -> int:
    try:
        return int(bool(work()))
    except (Problem, OSError) as trouble:
        _write(row, str(trouble))
        log.error("negotiations.sweep.trouble", row=str(row or ""), why=str(trouble))
    except Exception as fault:  # a fault in one process's talks must not silence all others
        _write(row, f"A fault of this program: {type(fault).__name__}. The log has more.")
        log.exception("negotiations.sweep.fault", row=str(row or ""))
    return 0


def _write(row: Round | Protocol | None, why: str) -> None:
    if row is not None:
        type(row)._base_manager.filter(pk=row.pk).update(last_trouble=why[:1_000])
