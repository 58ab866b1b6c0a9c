"""A party's keys: enrolled by itself, frozen by itself, and the way out of the talks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.negotiations.models import Party, PartyKey, Spokesperson


def enrol(*, code: str, vkey: str, raw: Mapping[str, Any] | None = None) -> tuple[Spokesperson, PartyKey]:
    """Enrol the first key of an invited person. The code works once.

    `vkey` is named `<party>.<process>`. Raises NotFound for a code that is unknown, used or too old, Invalid
    for a key that is another party's, or one of the record's or of a witness.
    """
    raise NotImplementedError


def add_key(*, by: Spokesperson, vkey: str, raw: Mapping[str, Any] | None = None) -> PartyKey:
    """One more key. It binds nobody before a keyring that names it is in force."""
    raise NotImplementedError


def freeze_party(*, order: str) -> Party:
    """Freeze a party by its own order (`<origin>/freeze/v1`, signed): no sign-in is needed, the key is proof.

    Ends its seats, freezes all keys but the one that signed, takes back its consents that are not released.
    The key that signed is then good for one thing: to consent to the keyring with which the party returns.
    """
    raise NotImplementedError


def leave(*, by: Spokesperson, order: str = "", words: str = "") -> Party:
    """Leave the talks, as the protocol says what follows then. Consents that are not released are void."""
    raise NotImplementedError
