"""Corrections that parties ask for, and what the host makes of them. The ledger counts them."""

from __future__ import annotations

from dragoman.base import clock
from dragoman.lib.problems import Invalid, NotAllowed
from dragoman.negotiations.actions import receipts
from dragoman.negotiations.actions.common import (
    deed,
    locked_process,
    may_decide,
    must_be_named,
    page_due,
    say,
    speaks,
)
from dragoman.negotiations.models import Ask, Process, Spokesperson
from dragoman.staff.models import Officer

LONGEST_WORDS = 5_000


@deed("negotiations.ask_correction")
def ask_correction(*, by: Spokesperson, statement: str, rev: int, words: str) -> Ask:
    """Ask for a correction of a released joint text of the party's own talks."""
    process = locked_process(by.party.process_id)
    party = speaks(by, process)
    must_be_named(by)
    if not process.rounds.filter(kind="joint", state="released", statement=statement, rev=rev).exists():
        raise Invalid(
            f"{statement}, revision {rev}, is no joint text of these talks.",
            where=[{"field": "statement", "message": "not released here"}],
        )
    if not words.strip() or len(words) > LONGEST_WORDS:
        raise Invalid(
            f"Say in at most {LONGEST_WORDS:,} characters what is to be put right.",
            where=[{"field": "words", "message": "missing or too long"}],
        )
    ask = Ask.objects.create(
        process=process,
        party=party,
        spokesperson=by,
        statement=statement,
        rev=rev,
        words=words.strip(),
        at=clock.now(),
    )
    _ledger_due(process)
    say(
        by=by,
        verb="ask_correction",
        process=process,
        data={"ask": ask.pk, "statement": statement, "rev": rev},
    )
    receipts.give(party=party, deed=f"ask for a correction of {statement}-{rev}", spokesperson=by)
    return ask


@deed("negotiations.take_back_ask")
def take_back_ask(*, by: Spokesperson, ask: Ask) -> Ask:
    """Ask no longer."""
    process = locked_process(ask.process_id)
    party = speaks(by, process)
    must_be_named(by)
    ask = Ask.objects.select_for_update().get(pk=ask.pk)
    if ask.party_id != party.pk:
        raise NotAllowed("Another party asked for this.", code="another-party")
    ask.move_to("taken_back", frm="asked", decided_at=clock.now())
    _ledger_due(process)
    say(by=by, verb="take_back_ask", process=process, data={"ask": ask.pk})
    receipts.give(party=party, deed=f"take back the asking for {ask.statement}-{ask.rev}", spokesperson=by)
    return ask


@deed("negotiations.grant_ask")
def grant_ask(*, by: Officer, ask: Ask, why: str = "") -> Ask:
    """Grant it: the corrected text goes to all parties as a round (draft_round with `statement`)."""
    return _decide(by, ask, "granted", why)


@deed("negotiations.refuse_ask")
def refuse_ask(*, by: Officer, ask: Ask, why: str) -> Ask:
    """Refuse it, with words for the party."""
    if not why.strip():
        raise Invalid("Say why not; the party reads it.", where=[{"field": "why", "message": "missing"}])
    return _decide(by, ask, "refused", why)


def _decide(by: Officer, ask: Ask, became: str, why: str) -> Ask:
    process = locked_process(ask.process_id)
    may_decide(by, process.mission)
    ask = Ask.objects.select_for_update().get(pk=ask.pk)
    ask.move_to(became, frm="asked", decided_at=clock.now(), why=why.strip())
    _ledger_due(process)
    say(by=by, verb=f"ask_{became}", process=process, data={"ask": ask.pk}, why=why)
    return ask


def _ledger_due(process: Process) -> None:
    if process.published:
        page_due(process, ledger=True)
