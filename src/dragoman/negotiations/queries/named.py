"""Whether a person's key stands in the keyring in force: the host writes invitations, so an invitation alone
makes nobody a party's own."""

from __future__ import annotations

from dragoman.negotiations.models import Spokesperson
from dragoman.negotiations.rules import keyring


def is_named(person: Spokesperson) -> bool:
    """Whether the keyring in force names a usable key of this person. Until the first is in force any key
    will do: there is nothing yet that a stranger could learn or say."""
    process = person.party.process
    held = set(
        person.keys.filter(frozen_at__isnull=True, removed_at__isnull=True).values_list("vkey", flat=True)
    )
    if not process.keyring:
        return bool(held)
    return bool(held & {key.vkey for key in keyring.parse(process.keyring).keys})
