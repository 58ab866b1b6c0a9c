"""What a party says to a round: its signed yes, its no with the words it would sign, its taking back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.negotiations.models import Answer, Objection, Round, Spokesperson
from dragoman.statements.actions.input import TextInput


def consent(
    *,
    by: Spokesperson,
    round: Round,  # noqa: A002 - the noun of this app
    line: str,
    raw: Mapping[str, Any] | None = None,
) -> Answer:
    """A signed yes. `line` is the signature line alone or the whole note that the offline tool writes; `raw`
    is what the browser handed over for a passkey, kept byte for byte.

    Raises Invalid with the code of what is wrong with the signature, Conflict when the round is not open,
    NotAllowed for who may not sign. The receipt is the newest of `queries.table.receipts`.
    """
    raise NotImplementedError


def decline(
    *,
    by: Spokesperson,
    round: Round,  # noqa: A002 - the noun of this app
    words: str,
    counter: Mapping[str, TextInput] | None = None,
    line: str = "",
) -> Answer:
    """A no, with why and, by language, the text that the party would sign. Seen by nobody else before its
    time. `line` is the signed order of the offline tool, if it came as one."""
    raise NotImplementedError


def withdraw_consent(*, by: Spokesperson, round: Round, order: str = "") -> Answer:  # noqa: A002 - the noun of this app
    """Take a consent back, until the moment of release; a planned release is taken back with it.

    Raises Conflict (code "moment-has-come") from that moment on.
    """
    raise NotImplementedError


def object_to(*, by: Spokesperson, round: Round, words: str = "") -> Objection:  # noqa: A002 - the noun of this app
    """Say no to a notice within its window: the agreed fallback line goes out in its place. Who objected and
    why stays between that party and the host."""
    raise NotImplementedError
