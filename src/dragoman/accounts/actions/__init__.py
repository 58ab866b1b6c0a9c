"""The verbs of the register of official accounts."""

from dragoman.accounts.actions.checking import check_account, verify_by_hand
from dragoman.accounts.actions.compromise import lift_compromise, report_compromised
from dragoman.accounts.actions.publishing import publish_register, put_out_notice, put_out_version
from dragoman.accounts.actions.registering import (
    change_account,
    confirm_account,
    discard_account,
    propose_account,
    propose_for_channel,
    retire_account,
    review_account,
)
from dragoman.accounts.actions.upkeep import restore_sealed, sweep

__all__ = [
    "change_account",
    "check_account",
    "confirm_account",
    "discard_account",
    "lift_compromise",
    "propose_account",
    "propose_for_channel",
    "publish_register",
    "put_out_notice",
    "put_out_version",
    "report_compromised",
    "restore_sealed",
    "retire_account",
    "review_account",
    "sweep",
    "verify_by_hand",
]
