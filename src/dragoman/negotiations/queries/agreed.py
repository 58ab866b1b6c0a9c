"""What the parties agreed beforehand, read from the protocol in force; and what no key of a party may be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dragoman.lib.problems import Conflict
from dragoman.lib.tlog import note
from dragoman.negotiations.models import Process, Protocol
from dragoman.negotiations.neutrality import terms as term_sheets
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.rules import keyring as keyrings
from dragoman.negotiations.rules import protocol as protocols
from dragoman.negotiations.rules.keyring import Keyring
from dragoman.negotiations.rules.protocol import ProtocolRules
from dragoman.record import keys


def in_force(process: Process) -> Protocol:
    """The protocol in force. Raises Conflict while there is none."""
    found = process.protocols.filter(state="in_force").first()
    if found is None:
        raise Conflict(
            "The parties have not agreed on a protocol yet.",
            mend="Put the protocol and the keyring to all parties first.",
            code="founding",
        )
    return found


def rules_of(process: Process) -> ProtocolRules:
    """The rules in force."""
    return protocols.parse(in_force(process).rules)


def terms_of(process: Process) -> TermSheet:
    """The term sheet in force."""
    return read_terms(in_force(process).terms)


def read_terms(value: Mapping[str, Any]) -> TermSheet:
    """A term sheet from its row. Raises Invalid naming every mistake."""
    return term_sheets.parse(json.dumps(value).encode())


def keyring_of(process: Process) -> Keyring:
    """The keyring in force, as the record holds it."""
    in_force(process)
    return keyrings.parse(process.keyring)


def forbidden_keys() -> list[bytes]:
    """The bare public keys of the record and of its witnesses: these can speak for no party."""
    trust = keys.trust()
    held: list[note.VerifierKey] = [log.key for log in trust.logs]
    held += [witness.key for witness in trust.witnesses.values()]
    return [key.public for key in held]
