"""Counting answers: a round is agreed, declined or expired once all answered or time is over, not before.

Until then nobody, the host included, learns what anybody answered.
"""

from __future__ import annotations

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.negotiations.actions import plans, sayings
from dragoman.negotiations.actions.common import deed, locked_round, say
from dragoman.negotiations.models import Party, Process, Round
from dragoman.negotiations.queries import agreed, answered
from dragoman.negotiations.rules import judging, keyring
from dragoman.negotiations.rules.body import parse as parse_body


@deed("negotiations.settle")
def settle(*, by: Actor, round_id: int) -> bool:
    """Count the answers once all answered or time is over: agreed, declined or expired. For the sweep."""
    return count(by=by, about=locked_round(round_id))


def count(*, by: Actor, about: Round) -> bool:
    """As `settle`, in the transaction of an answer; the round is locked. Gives whether it moved."""
    if about.state != "open" or about.kind == "notice" or not answered.is_revealed(about):
        return False
    standing = answered.standing(about)
    signed = {answer.party.name for answer in standing if answer.kind == "consent"}
    if _enough(about, signed):
        _agree(by, about)
        return True
    declined = any(answer.kind == "decline" for answer in standing)
    if not declined and not answered.is_over(about):
        return False  # who is missing was frozen or has left; the others' time runs on
    about.move_to("declined" if declined else "expired", frm="open")
    _tell(by, about, "declined" if declined else "expired")
    if about.kind == "protocol" and about.protocol is not None:
        about.protocol.move_to("draft", frm="put")
    elif (
        not declined
        and about.process.state == "open"
        and agreed.rules_of(about.process).silence == "fallback"
    ):
        sayings.say_fallback(by=by, process=about.process, about=about)
    return True


def void_answers(*, by: Actor, party: Party, process: Process, why: str, order: str = "") -> list[int]:
    """Take back every answer of a party that is not released yet; plans go with them. Both rows' locks are
    held by the caller's transaction. What is being released at this moment stays. Gives the numbers."""
    numbers: list[int] = []
    rounds = process.rounds.select_for_update().filter(state__in=("open", "agreed", "armed"))
    for about in rounds.order_by("number"):
        about.process = process
        mine = answered.standing(about).filter(party=party)
        if not mine.exists():
            continue
        if about.state == "armed" and about.moment is not None and about.moment <= clock.now():
            continue
        mine.update(withdrawn_at=clock.now(), withdrawal=order or why)
        numbers.append(about.number)
        reopen(by=by, about=about, why=why)
    return numbers


def reopen(*, by: Actor, about: Round, why: str) -> None:
    """After an answer was taken back: the round is where the answers that still stand leave it."""
    if about.state == "armed":
        plans.take_back(by=by, planned=about, process=about.process, why=why, to="agreed")
    if about.state != "agreed":
        return
    signed = {answer.party.name for answer in answered.standing(about) if answer.kind == "consent"}
    if about.kind == "protocol":
        later_protocol_is_put(about)
    elif _enough(about, signed):
        write_note(about)
        return
    about.move_to("open", frm="agreed", note="", agreed_at=None)
    _tell(by, about, "open")
    count(by=by, about=about)


def later_protocol_is_put(about: Round) -> None:
    """A protocol that was agreed and is not in force yet is before the parties again."""
    if about.protocol is not None and about.protocol.state == "agreed":
        about.protocol.move_to("put", frm="agreed")


def _enough(about: Round, signed: set[str]) -> bool:
    """The rule of the keyring; the founding protocol needs every party, whatever its own rule says."""
    judged_by = keyring.parse(about.keyring)
    if about.parties_index is None:
        return signed >= set(judged_by.parties)
    return judged_by.satisfied(signed)


def _agree(by: Actor, about: Round) -> None:
    write_note(about)
    about.move_to("agreed", frm="open", agreed_at=clock.now(), last_trouble="")
    _tell(by, about, "agreed")
    if about.kind == "protocol" and about.protocol is not None:
        about.protocol.move_to("agreed", frm="put")
        later("negotiations.enact", protocol_id=about.protocol.pk)


def write_note(about: Round) -> None:
    """The signed note with every consent that stands."""
    lines = [answer.line for answer in answered.standing(about) if answer.kind == "consent"]
    about.note = judging.assemble(parse_body(about.body.encode()), lines).decode()
    Round.objects.filter(pk=about.pk).update(note=about.note)


def _tell(by: Actor, about: Round, became: str) -> None:
    """From here on the answers may be read; the audit names them."""
    said = {answer.party.name: answer.kind for answer in answered.standing(about)}
    data = {"became": became, "answers": said if became != "open" else {}}
    say(by=by, verb="settle", process=about.process, target=about.target, after=about.digest, data=data)
