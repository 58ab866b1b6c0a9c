"""Open, pause and close talks; name the parties and invite those who speak for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict, Invalid
from dragoman.negotiations.actions import plans, secret
from dragoman.negotiations.actions.common import (
    deed,
    locked_process,
    may_decide,
    must_be_open,
    page_due,
    say,
    target_of,
)
from dragoman.negotiations.models import Party, Process, Spokesperson
from dragoman.record import actions as record
from dragoman.record import keys
from dragoman.record.models import Entry
from dragoman.staff.models import Mission, Officer
from dragoman.statements.rules import is_language

# It stands in file names and ids of the record (`<ref>-line`), and no statement's name begins with a letter.
REF = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])")
NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
TAKEN_ENDS = ("-line", "-ledger")
INVITED_FOR = timedelta(days=14)


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
    if by.may("releaser", mission) and not keys.signing():
        record.audit_record(by=by)  # the first look at an empty record makes its key; receipts need one
    return _open(
        by=by,
        mission=mission,
        ref=ref,
        titles=dict(titles),
        summaries=dict(summaries),
        languages=list(languages),
        zone=zone,
    )


@deed("negotiations.open_process")
def _open(
    *,
    by: Officer,
    mission: Mission,
    ref: str,
    titles: dict[str, str],
    summaries: dict[str, str],
    languages: list[str],
    zone: str,
) -> Process:
    may_decide(by, mission)
    _check_names(ref, titles, languages, zone)
    taken = Process.objects.filter(ref=ref).exists() or Entry.objects.filter(ref=ref).exists()
    if taken:
        raise Conflict(f"{ref} is taken; a name is never used again.", mend="Choose another.", code="taken")
    process = Process.objects.create(
        ref=ref, mission=mission, titles=titles, summaries=summaries, languages=languages, zone=zone
    )
    say(by=by, verb="open_process", process=process, data={"languages": languages})
    return process


@deed("negotiations.add_party")
def add_party(
    *, by: Officer, process: Process, name: str, titles: Mapping[str, str], observer: bool = False
) -> Party:
    """Name one more side, or an observer, who reads and signs nothing. `name` is its name in the keyring.

    A party that comes later is bound by nothing and may sign nothing before a new keyring names it.
    """
    process = locked_process(process.pk)
    may_decide(by, process.mission)
    if process.state == "closed":
        must_be_open(process)
    if not NAME.fullmatch(name):
        raise _wrong("name", f"{name!r} cannot name a party: small letters, digits and hyphens, at most 40.")
    missing = [lang for lang in process.languages if not str(titles.get(lang, "")).strip()]
    if missing:
        raise _wrong("titles", f"The party has no name in {', '.join(missing)}.")
    if process.parties.filter(name=name).exists():
        raise Conflict(f"There is a party {name} already.", code="taken")
    party = Party.objects.create(
        process=process,
        name=name,
        titles={lang: str(titles[lang]).strip() for lang in process.languages},
        position=process.parties.count() + 1,
        observer=observer,
    )
    say(by=by, verb="add_party", process=process, target=target_of(party), data={"observer": observer})
    return party


@deed("negotiations.drop_party")
def drop_party(*, by: Officer, party: Party, why: str) -> None:
    """Take a party out again. Only while founding: later it takes a new protocol, consented by all."""
    process = locked_process(party.process_id)
    may_decide(by, process.mission)
    if process.state != "founding":
        raise Conflict(
            "The parties are those of the keyring that all consented to; the host cannot drop one.",
            mend="Draft a new protocol with another keyring, and put it to all parties.",
            code="party-in-keyring",
        )
    if process.protocols.filter(state__in=("put", "agreed")).exists():
        raise Conflict(
            "A keyring that names this party is before the parties.",
            mend="Discard that protocol first.",
            code="party-in-keyring",
        )
    party = Party.objects.select_for_update().get(pk=party.pk)
    party.move_to("left", frm=("invited", "active"))
    party.keys.filter(removed_at__isnull=True).update(removed_at=clock.now())
    secret.end_seats(party)
    say(by=by, verb="drop_party", process=process, target=target_of(party), why=why)


@deed("negotiations.invite")
def invite(*, by: Officer, party: Party, name: str, lang: str = "en") -> tuple[Spokesperson, str]:
    """A person who may speak for the party, and the code with which that person enrols a first key.

    The code is shown once and kept as a digest only. Hand it over in person or on a way the party trusts.
    """
    process = locked_process(party.process_id)
    may_decide(by, process.mission)
    if process.state == "closed" or party.state == "left":
        raise Conflict("These talks are over for the party.", code="talks-not-open")
    if not name.strip():
        raise _wrong("name", "The person has no name.")
    code = secret.new_code()
    person = Spokesperson.objects.create(
        party=party,
        name=name.strip()[:200],
        lang=lang,
        invitation=secret.digest(code),
        invited_until=clock.now() + INVITED_FOR,
        sample=by.sample,
    )
    say(by=by, verb="invite", process=process, target=target_of(party), data={"spokesperson": person.pk})
    return person, code


@deed("negotiations.dismiss")
def dismiss(*, by: Officer, spokesperson: Spokesperson, why: str) -> None:
    """Let a person no longer speak for the party, at the party's wish: seats end, the party's keys stay."""
    process = locked_process(spokesperson.party.process_id)
    may_decide(by, process.mission)
    Spokesperson.objects.filter(pk=spokesperson.pk).update(active=False, invitation="")
    secret.end_seats(spokesperson.party, of=spokesperson)
    target = target_of(spokesperson.party)
    say(
        by=by,
        verb="dismiss",
        process=process,
        target=target,
        why=why,
        data={"spokesperson": spokesperson.pk},
    )


@deed("negotiations.pause_process")
def pause_process(*, by: Officer, process: Process, why: str) -> Process:
    """Stop for a while: no round opens, nothing is released, no pulse line is said. Plans are taken back."""
    process = locked_process(process.pk)
    may_decide(by, process.mission)
    process.move_to("paused", frm="open")
    for planned in process.rounds.select_for_update().filter(state="armed"):
        plans.take_back(by=by, planned=planned, process=process, why=why, to="agreed")
    page_due(process)
    say(by=by, verb="pause_process", process=process, why=why)
    return process


@deed("negotiations.resume_process")
def resume_process(*, by: Officer, process: Process) -> Process:
    """Go on after a pause."""
    process = locked_process(process.pk)
    may_decide(by, process.mission)
    process.move_to("open", frm="paused")
    page_due(process)
    say(by=by, verb="resume_process", process=process)
    return process


@deed("negotiations.close_process")
def close_process(*, by: Officer, process: Process, why: str) -> Process:
    """End the talks. Open rounds are cancelled; what is in the record stays there."""
    process = locked_process(process.pk)
    may_decide(by, process.mission)
    end(by=by, process=process, why=why)
    return process


def end(*, by: Actor, process: Process, why: str) -> None:
    """Close a locked process, in the caller's transaction. Raises Conflict while a release is on its way."""
    if process.rounds.filter(state="releasing").exists():
        raise Conflict(
            "A text is being released at this moment.", mend="Wait until it is out.", code="moment-has-come"
        )
    process.move_to("closed", frm=("founding", "open", "paused"))
    for row in process.rounds.select_for_update().filter(state__in=("drafting", "open", "agreed", "armed")):
        if row.state == "armed":
            plans.take_back(by=by, planned=row, process=process, why=why, to="agreed")
        row.move_to("cancelled", frm=("drafting", "open", "agreed"), last_trouble=why)
    for protocol in process.protocols.filter(state__in=("draft", "put", "agreed")):
        protocol.move_to("discarded")
    for line in process.lines.filter(state="due"):
        line.move_to("cancelled", frm="due")
    if process.published:
        page_due(process, ledger=True)
    say(by=by, verb="close_process", process=process, why=why)


def _check_names(ref: str, titles: Mapping[str, str], languages: Sequence[str], zone: str) -> None:
    if not REF.fullmatch(ref) or ref.endswith(TAKEN_ENDS):
        raise _wrong(
            "ref",
            f"{ref!r} cannot name talks: 2 to 40 small letters, digits and hyphens, beginning with a letter.",
        )
    odd = [lang for lang in languages if not is_language(lang) or lang.startswith("zxx")]
    if not languages or odd or len(set(languages)) != len(languages):
        raise _wrong("languages", "Name each language of the talks once, by its code, such as en, fr, ar.")
    missing = [lang for lang in languages if not str(titles.get(lang, "")).strip()]
    if missing:
        raise _wrong("titles", f"The talks have no name in {', '.join(missing)}.")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong("zone", f"{zone!r} is not a time zone such as Europe/Minsk.") from None


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, where=[{"field": field, "message": message}])
