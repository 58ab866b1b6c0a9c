"""Jobs of talks: load by id, call one action. The sweep finds what is due, with no look-back limit."""

from dragoman.base.jobs import every, task
from dragoman.negotiations.actions import enacting, refreshing, releasing, sayings, upkeep
from dragoman.negotiations.actions.common import WORKER


@task("negotiations.enact")
def enact(protocol_id: int) -> None:
    """Put a protocol that all agreed to into the record and into force."""
    enacting.enact(by=WORKER, protocol_id=protocol_id)


@task("negotiations.carry_out")
def carry_out(round_id: int) -> None:
    """Follow a release of a joint text to its page."""
    releasing.carry_out(by=WORKER, round_id=round_id)


@task("negotiations.lines")
def lines(process_id: int) -> None:
    """Seal and show the lines that are due."""
    sayings.carry_lines(by=WORKER, process_id=process_id)


@task("negotiations.refresh")
def refresh(process_id: int) -> None:
    """Bring the public page and the ledger up to the rows."""
    refreshing.refresh(by=WORKER, process_id=process_id)


@every("* * * * * */5", "negotiations.sweep")
def sweep(timestamp: int) -> None:
    """Settle, enact, say and follow whatever is due and that nothing carries."""
    upkeep.sweep(by=WORKER)
