"""What the page of the evenness ledgers shows: one sentence, one plot, one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman.public.values_talks import Ledger, TalksPage


def shown(page: TalksPage, ledgers: Sequence[Ledger], lang: str) -> dict[str, Any]:
    """The context of the page in one language."""
    del page, lang
    return {"ledgers": ledgers}
