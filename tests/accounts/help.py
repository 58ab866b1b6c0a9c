"""Accounts for tests, through the actions that people use."""

from __future__ import annotations

from typing import Any

from tests.cast import Cast

from dragoman.accounts import actions
from dragoman.accounts.models import Notice, OfficialAccount
from dragoman.base.actor import System

WORKER = System("test worker")
MASTODON = {
    "ref": "mastodon-en",
    "kind": "other",
    "network": "Mastodon",
    "handle": "@ministry@social.example",
    "address": "https://social.example/@ministry",
    "languages": ["en", "de"],
}


def proposed(cast: Cast, **changes: Any) -> OfficialAccount:
    """Proposed by the editor."""
    return actions.propose_account(by=cast.editor, mission=cast.capital, values={**MASTODON, **changes})


def confirmed(cast: Cast, **changes: Any) -> OfficialAccount:
    """Verified by hand and confirmed by the administrator."""
    account = proposed(cast, **changes)
    actions.verify_by_hand(by=cast.admin, account=account, why="We opened it.", document="Note 17 of 2026")
    return actions.confirm_account(by=cast.admin, account=account)


def put_out() -> None:
    """What the worker does with whatever waits."""
    for notice in Notice.objects.filter(state__in=("planned", "lifting")):
        actions.put_out_notice(by=WORKER, notice_id=notice.pk)
    actions.put_out_version(by=WORKER)
