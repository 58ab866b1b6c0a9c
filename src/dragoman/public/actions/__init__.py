"""The verbs of the public plane: put an edition out, withdraw it, say where else it stands, publish a sheet.

Files come first and the live event last, in one transaction with its notice: whoever hears of a text finds
its page. All may run twice and then change nothing. A revision whose event is missing is found by the sweep.
"""

from dragoman.public.actions.common import CHANNEL, EVENTS_LOCK, FILES_LOCK
from dragoman.public.actions.editions import publish_edition, publish_withdrawal, set_elsewhere
from dragoman.public.actions.standing import publish_accounts, publish_answer, publish_notice, publish_sheet
from dragoman.public.actions.talks import (
    publish_alternats,
    publish_ledger,
    publish_talks,
    publish_talks_entry,
)
from dragoman.public.actions.upkeep import catch_up, index_said, rebuild, refresh_record, renew_assets

__all__ = [
    "CHANNEL",
    "EVENTS_LOCK",
    "FILES_LOCK",
    "catch_up",
    "index_said",
    "publish_accounts",
    "publish_alternats",
    "publish_answer",
    "publish_edition",
    "publish_ledger",
    "publish_notice",
    "publish_sheet",
    "publish_talks",
    "publish_talks_entry",
    "publish_withdrawal",
    "rebuild",
    "refresh_record",
    "renew_assets",
    "set_elsewhere",
]
