"""Corrections that parties ask for, and what the host makes of them. The ledger counts them."""

from __future__ import annotations

from dragoman.negotiations.models import Ask, Spokesperson
from dragoman.staff.models import Officer


def ask_correction(*, by: Spokesperson, statement: str, rev: int, words: str) -> Ask:
    """Ask for a correction of a released joint text of the party's own talks."""
    raise NotImplementedError


def take_back_ask(*, by: Spokesperson, ask: Ask) -> Ask:
    """Ask no longer."""
    raise NotImplementedError


def grant_ask(*, by: Officer, ask: Ask, why: str = "") -> Ask:
    """Grant it: the corrected text goes to all parties as a round (draft_round with `statement`)."""
    raise NotImplementedError


def refuse_ask(*, by: Officer, ask: Ask, why: str) -> Ask:
    """Refuse it, with words for the party."""
    raise NotImplementedError
