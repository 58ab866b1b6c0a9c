"""The protocol and the keyring: drafted by the host, put to the parties, in force once it is in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.base.actor import Actor
from dragoman.negotiations.models import Process, Protocol, Round
from dragoman.staff.models import Officer


def draft_protocol(
    *,
    by: Officer,
    process: Process,
    documents: Mapping[str, str],
    terms: Mapping[str, Any],
    rules: Mapping[str, Any],
    groups: Sequence[tuple[str, str, Sequence[str]]] = (("all-parties", "all", ()),),
    quorum: str = "all-parties",
) -> Protocol:
    """Write the next version, or write the draft anew: document by language, term sheet, rules, keyring.

    The keyring is made of the usable keys of every party that signs. `groups` are (name, needed, members) as
    in the policy of a record; no members means every party. Raises Invalid naming all that is wrong.
    """
    raise NotImplementedError


def put_protocol(*, by: Officer, protocol: Protocol) -> Round:
    """Put the draft to the parties. The first needs every party under its own keyring; a later one is judged
    under the keyring that is in force."""
    raise NotImplementedError


def discard_protocol(*, by: Officer, protocol: Protocol, why: str) -> None:
    """Give up a version that is not in force yet; an open round about it is cancelled."""
    raise NotImplementedError


def enact(*, by: Actor, protocol_id: int) -> bool:
    """Seal what all agreed to and put it in force. May run twice; gives False when there is nothing to do.

    Never inside a transaction: each phase commits for itself.
    """
    raise NotImplementedError
