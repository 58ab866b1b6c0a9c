"""Jobs of the inbox's core. What waits is found by the sweeps, however old it is."""

from dragoman.base.jobs import every, task
from dragoman.inbox import tasks_answers, tasks_board
from dragoman.inbox.actions import help_calls, intake, rereading, upkeep

__all__ = ["tasks_answers", "tasks_board"]  # their jobs are found by way of this module


@task("inbox.take_in")
def take_in() -> None:
    """Take over what the channels hold."""
    upkeep.take_in_all(by=intake.WORKER)


@task("inbox.triage")
def read_new() -> None:
    """Read what is new, for a while."""
    upkeep.triage_all(by=intake.WORKER)


@task("inbox.retriage")
def read_again(message_id: int) -> None:
    """Read one message again."""
    upkeep.retriage_one(by=intake.WORKER, message_id=message_id)


@task("inbox.escalate")
def escalate() -> None:
    """Mark the calls for help that nobody took in time."""
    help_calls.escalate_calls(by=intake.WORKER)


@every("* * * * * */10", "inbox.sweep")
def sweep(timestamp: int) -> None:
    """Take in, read, escalate: whatever no job did."""
    upkeep.sweep(by=intake.WORKER)


@every("17 * * * *", "inbox.forget")
def forget(timestamp: int) -> None:
    """Empty what has been kept long enough."""
    upkeep.forget_due(by=intake.WORKER)


@every("*/5 * * * *", "inbox.outdated")
def outdated(timestamp: int) -> None:
    """Read again what an earlier model read, or what was matched with another library of answers."""
    rereading.retriage_outdated(by=intake.WORKER)
