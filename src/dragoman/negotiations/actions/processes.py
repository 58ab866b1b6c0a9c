"""Open, pause and close talks; name the parties and invite those who speak for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dragoman.negotiations.models import Party, Process, Spokesperson
from dragoman.staff.models import Mission, Officer


def open_process(
    *,
    by: Officer,
    mission: Mission,
    ref: str,
    titles: Mapping[str, str],
    summaries: Mapping[str, str],
    languages: Sequence[str],
    zone: str = "UTC",
) -> Process:
    """Begin talks, in state "founding": nothing but the protocol can be agreed on before it is in the record.

    `ref` names the talks for ever, in addresses and in the record. Raises NotAllowed without the role of
    releaser, Invalid for a name, a language or a zone that cannot be, Conflict when the name is taken.
    """
    raise NotImplementedError


def add_party(
    *, by: Officer, process: Process, name: str, titles: Mapping[str, str], observer: bool = False
) -> Party:
    """Name one more side, or an observer, who reads and signs nothing. `name` is its name in the keyring.

    A party that comes later is bound by nothing and may sign nothing before a new keyring names it.
    """
    raise NotImplementedError


def drop_party(*, by: Officer, party: Party, why: str) -> None:
    """Take a party out again. Only while founding: later it takes a new protocol, consented by all."""
    raise NotImplementedError


def invite(*, by: Officer, party: Party, name: str, lang: str = "en") -> tuple[Spokesperson, str]:
    """A person who may speak for the party, and the code with which that person enrols a first key.

    The code is shown once and kept as a digest only. Hand it over in person or on a way the party trusts.
    """
    raise NotImplementedError


def pause_process(*, by: Officer, process: Process, why: str) -> Process:
    """Stop for a while: no round opens, nothing is released, no pulse line is said. Plans are taken back."""
    raise NotImplementedError


def resume_process(*, by: Officer, process: Process) -> Process:
    """Go on after a pause."""
    raise NotImplementedError


def close_process(*, by: Officer, process: Process, why: str) -> Process:
    """End the talks. Open rounds are cancelled; what is in the record stays there."""
    raise NotImplementedError
