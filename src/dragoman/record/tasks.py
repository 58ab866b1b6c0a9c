"""The clock's part: finishing what a crash left, and looking at everything once a night."""

from dragoman.base.actor import System
from dragoman.base.jobs import every
from dragoman.record import actions

CLOCK = System("clock")


@every("* * * * *", "record.catch_up")
def catch_up(timestamp: int) -> None:
    """Entries without proof, proofs without witnesses."""
    actions.catch_up(by=CLOCK)


@every("17 2 * * *", "record.audit_record")
def audit_record(timestamp: int) -> None:
    """Every entry and every file against what was signed."""
    actions.audit_record(by=CLOCK)
