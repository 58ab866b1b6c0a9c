"""Jobs: load by id, call one action. The sweep finds what is overdue, with no look-back limit."""

from dragoman.base.jobs import every, task
from dragoman.statements.actions import corrections, putting_out, upkeep


@task("statements.put_out")
def put_out(release_id: int) -> None:
    """Carry a release through its phases."""
    putting_out.put_out_release(by=putting_out.WORKER, release_id=release_id)


@task("statements.put_out_withdrawal")
def put_out_withdrawal(withdrawal_id: int) -> None:
    """Carry a withdrawal through its phases."""
    corrections.put_out_withdrawal(by=putting_out.WORKER, withdrawal_id=withdrawal_id)


@every("* * * * * */5", "statements.sweep")
def sweep(timestamp: int) -> None:
    """Take up releases and withdrawals that are due and that nothing carries."""
    upkeep.sweep(by=putting_out.WORKER)
