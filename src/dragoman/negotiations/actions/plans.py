"""Taking a planned release back: when a consent goes, when a party is frozen, when the talks rest."""

from __future__ import annotations

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict
from dragoman.negotiations.actions.common import say
from dragoman.negotiations.models import Process, Round
from dragoman.statements.actions import joint


def take_back(*, by: Actor, planned: Round, process: Process, why: str, to: str) -> None:
    """Cancel the plan of an armed round, both rows locked, in the caller's transaction.

    Raises Conflict (code "moment-has-come") from the moment of release on: then nothing can be taken back.
    """
    if planned.state == "releasing" or (planned.moment is not None and planned.moment <= clock.now()):
        raise too_late()
    try:
        joint.cancel_joint(by=by, ref=planned.statement, rev=planned.rev, why=why)
    except Conflict as problem:
        raise too_late() from problem
    planned.move_to(to, frm="armed", moment=None)
    say(by=by, verb="unplan", process=process, target=planned.target, why=why)


def too_late() -> Conflict:
    """The answer to whoever comes in the second of release, or after it."""
    return Conflict(
        "The moment of release has come; from then on nothing can be taken back.",
        mend="Ask for a correction, or answer the next round.",
        code="moment-has-come",
    )
