"""Rounds: one text in every language, put to all parties at once. Any other word is another round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dragoman.channels.models import Channel
from dragoman.negotiations.models import Process, Round
from dragoman.staff.models import Officer
from dragoman.statements.actions.input import TextInput


def draft_round(
    *,
    by: Officer,
    process: Process,
    texts: Mapping[str, TextInput],
    previous: Round | None = None,
    channels: Sequence[Channel] = (),
    statement: str = "",
) -> Round:
    """Start a round with a joint text; nobody but the host sees it until it is opened.

    `previous` is the round that this text comes after: when this one opens, that one is replaced, and pages
    show what changed word by word. `statement` names a released joint text that this one corrects.
    """
    raise NotImplementedError


def draft_notice(*, by: Officer, process: Process, facts: Sequence[tuple[str, Mapping[str, object]]]) -> Round:
    """Start a round with publishable facts, (kind, values) each: its words are those of the agreed templates.

    `values` are given once for all languages, or by language as {"place": {"en": "Riverton", ...}}. Raises
    Invalid for a kind that the protocol does not list or a value that is missing.
    """
    raise NotImplementedError


def edit_round(
    *,
    by: Officer,
    round: Round,  # noqa: A002 - the noun of this app
    texts: Mapping[str, TextInput] | None = None,
    channels: Sequence[Channel] | None = None,
) -> Round:
    """Change a round that nobody has seen. Raises Conflict once it was put: then it takes another round."""
    raise NotImplementedError


def open_round(
    *,
    by: Officer,
    round: Round,  # noqa: A002 - the noun of this app
    not_before: datetime | None = None,
    closes_at: datetime | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Round:
    """Put it to every party in the same instant. From here on not one letter can change.

    Raises Invalid when a language is missing, when a text is not canonical, or when a finding of the
    neutrality rules blocks; Conflict when the talks are not open. `closes_at` is as the protocol says if not
    given. `reasons` answers findings that ask for one: rule -> why it stands.
    """
    raise NotImplementedError


def cancel_round(*, by: Officer, round: Round, why: str) -> Round:  # noqa: A002 - the noun of this app
    """Take a round away from the table. Not once its release is planned: take the plan back first."""
    raise NotImplementedError
