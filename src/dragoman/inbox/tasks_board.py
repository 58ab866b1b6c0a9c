"""Jobs of the board: what was snoozed comes back, what is late is escalated, what fades is said to have."""

from dragoman.base.jobs import every
from dragoman.inbox.actions import intake, misunderstandings, questions


@every("* * * * * */30", "inbox.wake")
def wake(timestamp: int) -> None:
    """Snoozed questions whose time has come; overdue ones that nobody has."""
    questions.wake_questions(by=intake.WORKER)


@every("* * * * * 23", "inbox.misunderstandings")
def misunderstood(timestamp: int) -> None:
    """The figures of what goes round, and what has faded."""
    misunderstandings.sweep_misunderstandings(by=intake.WORKER)
