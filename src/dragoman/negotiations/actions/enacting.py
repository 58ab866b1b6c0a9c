"""What all agreed to goes into the record, and only then into force. Survives a death at any step."""

from __future__ import annotations

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict
from dragoman.lib.steps import step
from dragoman.negotiations.actions import plans, sayings
from dragoman.negotiations.actions.common import alone, deed, locked_process, page_due, say
from dragoman.negotiations.actions.judged import judge_again
from dragoman.negotiations.models import PartyKey, Process, Protocol, Round
from dragoman.negotiations.queries import agreed, bodies
from dragoman.negotiations.queries.ahead import must_know_the_record
from dragoman.negotiations.rules import keyring as keyrings
from dragoman.record import actions as record
from dragoman.record import guard


def enact(*, by: Actor, protocol_id: int) -> bool:
    """Seal what all agreed to and put it in force. May run twice; gives False when there is nothing to do.

    Never inside a transaction: each phase commits for itself. Rounds that are open under the old keyring are
    cancelled, for nothing may be released under it any more; one that is being released is waited for.
    """
    process_id = Protocol.objects.values_list("process_id", flat=True).get(pk=protocol_id)
    with alone("enact", process_id) as mine:
        if not mine:
            return False
        about = _begin(by=by, protocol_id=protocol_id)
        if about is None:
            return False
        step("negotiations.enact-begun")
        sayings.carry_lines(by=by, process_id=process_id)  # what is due is said under the old keyring
        sealed = record.seal(
            by=by,
            kind="parties",
            ref=about.process.ref,
            rev=about.rev,
            released=about.released_at or clock.now(),
            texts=bodies.blobs_of(about),
            parties=about.parties_index,
            consent=about.note,
        )
        step("negotiations.enact-sealed")
        _put_in_force(by=by, protocol_id=protocol_id, index=sealed.index)
        step("negotiations.enacted")
    return True


@deed("negotiations.enact")
def _begin(*, by: Actor, protocol_id: int) -> Round | None:
    """Judge the consents once more and close the round: from here on nothing can be taken back."""
    process = locked_process(Protocol.objects.values_list("process_id", flat=True).get(pk=protocol_id))
    protocol = Protocol.objects.select_for_update().get(pk=protocol_id)
    if protocol.state != "agreed" or process.state == "closed":
        return None
    about = protocol.rounds.select_for_update().filter(state__in=("agreed", "releasing")).first()
    if about is None:
        return None
    about.process = process
    if about.state == "releasing":
        return about
    guard.must_not_be_behind()
    must_know_the_record(process)
    _clear_the_table(by, process, about)
    about.note = judge_again(about)
    keyrings.check(keyrings.parse(protocol.keyring), agreed.forbidden_keys())
    moment = clock.now().replace(microsecond=0)
    about.move_to("releasing", frm="agreed", note=about.note, released_at=moment)
    return about


def _clear_the_table(by: Actor, process: Process, enacted: Round) -> None:
    """No text may go out under a keyring that is no longer in force."""
    others = process.rounds.select_for_update().exclude(pk=enacted.pk)
    if others.filter(state="releasing").exists():
        raise Conflict(
            "A text is being released under the keyring in force; the new one waits for it.",
            code="release-under-way",
        )
    why = "a new keyring comes into force: put the text to the parties again"
    for about in others.filter(state__in=("open", "agreed", "armed"), kind="joint"):
        about.process = process
        if about.state == "armed":
            plans.take_back(by=by, planned=about, process=process, why=why, to="agreed")
        about.move_to("cancelled", frm=("open", "agreed"), last_trouble=why)


@deed("negotiations.put_in_force")
def _put_in_force(*, by: Actor, protocol_id: int, index: int) -> None:
    process = locked_process(Protocol.objects.values_list("process_id", flat=True).get(pk=protocol_id))
    protocol = Protocol.objects.select_for_update().get(pk=protocol_id)
    about = protocol.rounds.select_for_update().get(state="releasing")
    for old in process.protocols.filter(state="in_force"):
        old.move_to("superseded", frm="in_force")
    now = clock.now()
    protocol.move_to("in_force", frm="agreed", entry_index=index, in_force_at=now, last_trouble="")
    about.move_to("released", frm="releasing", entry_index=index)
    process.protocol, process.keyring_index, process.keyring = protocol.number, index, protocol.keyring
    process.last_confirmed = max(about.released_at or now, process.last_confirmed or now)
    process.save(update_fields=["protocol", "keyring_index", "keyring", "last_confirmed", "updated"])
    if process.state == "founding":
        process.move_to("open", frm="founding")
    _settle_parties(process, protocol)
    page_due(process, ledger=True)
    say(by=by, verb="enact", process=process, after=about.digest, data={"number": protocol.number})


def _settle_parties(process: Process, protocol: Protocol) -> None:
    """Keys that the new keyring leaves out are removed; a frozen party that it names is back."""
    ring = keyrings.parse(protocol.keyring)
    named = [key.vkey for key in ring.keys]
    now = clock.now()
    held = PartyKey.objects.filter(party__process=process, removed_at__isnull=True)
    # a key that was enrolled since the draft waits for the next keyring
    old = held.exclude(vkey__in=named).filter(added_at__lt=protocol.rounds.latest("opened_at").opened_at)
    old.filter(party__observer=False).update(removed_at=now)
    for party in process.parties.filter(name__in=ring.parties, state__in=("invited", "frozen")):
        party.move_to("active", frm=("invited", "frozen"))
    for party in process.parties.filter(observer=False, state="active").exclude(name__in=ring.parties):
        if party.keys.filter(removed_at__isnull=False).exists():
            party.move_to("left", frm="active")
