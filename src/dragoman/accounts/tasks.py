"""Jobs: load by id, call one action. Every one may run twice."""

from dragoman.accounts import actions
from dragoman.accounts.actions import upkeep
from dragoman.accounts.models import OfficialAccount
from dragoman.base.actor import System
from dragoman.base.jobs import every, task

WORKER = System("accounts worker")


@task("accounts.check")
def check(account_id: int) -> None:
    """Look at one account from outside."""
    account = OfficialAccount.objects.get(pk=account_id)
    if account.state not in ("discarded", "retired"):
        actions.check_account(by=WORKER, account=account)


@task("accounts.put_out")
def put_out() -> None:
    """Seal and publish the register."""
    actions.put_out_version(by=WORKER)


@task("accounts.put_out_notice")
def put_out_notice(notice_id: int) -> None:
    """Put out one notice, or take it back."""
    actions.put_out_notice(by=WORKER, notice_id=notice_id)


@every("* * * * *", "accounts.sweep")
def sweep(timestamp: int) -> None:
    """Take up whatever is due, however old."""
    actions.sweep(by=WORKER)


@every("*/10 * * * *", "accounts.check_due")
def check_due(timestamp: int) -> None:
    """Every account once a week."""
    upkeep.check_due(by=WORKER)
