"""What the deeds of talks share: rows locked in one order, refusals that leave a trace, who may.

The order of locks is always process, round, party, answer; then the rows of statements. The audit never tells
a consent from a decline before all have answered: both are "negotiations.answer".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor, System
from dragoman.lib.problems import Conflict, NotAllowed, Problem
from dragoman.negotiations.models import Ask, Party, Process, Protocol, Round, Spokesperson
from dragoman.negotiations.queries.named import is_named
from dragoman.staff.models import Mission, Officer

WORKER = System("worker")
WRITERS = ("author", "approver", "releaser")
DECIDER = "releaser"
# Refused for these, an answer was a no or a taking back that was mistyped: no attack, and not to be told.
ONLY_A_NO = ("invalid", "not-canonical", "too-large", "no-consent")
WITH_WORDS = ("neutrality", "needs-reason")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class ByKey:
    """Who acts by a key alone, without a seat: the party whose key signed."""

    party: Party

    @property
    def audit_name(self) -> str:
        return f"{self.party.process.ref}/{self.party.name}"

    @property
    def audit_kind(self) -> str:
        return "party"


def deed(verb: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """One transaction for the whole deed. If it is refused, the refusal is noted in one of its own."""

    def wrap(work: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(work)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                with transaction.atomic():
                    return work(*args, **kwargs)
            except Problem as problem:
                _note_refusal(verb, problem, kwargs)
                raise

        return run

    return wrap


def say(
    *,
    by: Actor,
    verb: str,
    process: Process,
    target: str = "",
    before: str = "",
    after: str = "",
    why: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """A deed of talks in the audit, for the auditors of the hosting mission."""
    audit.note(
        by=by,
        verb=f"negotiations.{verb}",
        target=target or process.target,
        before=before,
        after=after,
        why=why,
        data=data,
        mission=process.mission.slug,
    )


def target_of(party: Party) -> str:
    """A party's name in the audit."""
    return f"party:{party.process.ref}/{party.name}"


def locked_process(pk: int) -> Process:
    """The process, locked: the first lock of every deed."""
    return Process.objects.select_for_update(of=("self",)).select_related("mission").get(pk=pk)


def locked_round(pk: int) -> Round:
    """The round, locked after its process."""
    process = locked_process(Round.objects.values_list("process_id", flat=True).get(pk=pk))
    found = Round.objects.select_for_update(of=("self",)).get(pk=pk)
    found.process = process
    return found


def locked_party(pk: int) -> Party:
    """The party, locked after its process."""
    process = locked_process(Party.objects.values_list("process_id", flat=True).get(pk=pk))
    found = Party.objects.select_for_update(of=("self",)).get(pk=pk)
    found.process = process
    return found


def may_write(by: Officer, mission: Mission) -> None:
    """Raises NotAllowed unless the officer writes for the mission."""
    if not any(by.may(role, mission) for role in WRITERS):
        raise NotAllowed(
            f"You may not write for {mission.name}.", mend="Ask its administrator for the role of author."
        )


def may_decide(by: Officer, mission: Mission) -> None:
    """Raises NotAllowed unless the officer is a releaser of the mission."""
    if not by.may(DECIDER, mission):
        raise NotAllowed(
            f"This needs the role of releaser at {mission.name}.",
            mend="Ask a releaser, or the administrator of the mission.",
        )


def must_be_open(process: Process) -> None:
    """Raises Conflict while the parties have agreed on no protocol, and when the talks rest or are over."""
    if process.state == "founding":
        raise Conflict(
            "The parties have not agreed on a protocol yet, so nothing else can be put to them.",
            mend="Put the protocol and the keyring to all parties first.",
            code="founding",
        )
    if process.state != "open":
        raise Conflict(f"The talks are {process.state}.", mend="Resume them first.", code="talks-not-open")


def speaks(by: Spokesperson, process: Process, *, signs: bool = True) -> Party:
    """The party that this person speaks for, locked. Raises NotAllowed for who may not speak (or sign)."""
    person = Spokesperson.objects.select_related("party").get(pk=by.pk)
    party = Party.objects.select_for_update(of=("self",)).get(pk=person.party_id)
    if party.process_id != process.pk:
        raise NotAllowed("This belongs to other talks.", code="another-process")
    party.process = process
    if not person.active or party.state == "left":
        raise NotAllowed("You no longer speak at this table.", code="no-seat")
    if signs and party.observer:
        raise NotAllowed("An observer reads and signs nothing.", code="observer")
    return party


def must_be_named(by: Spokesperson) -> None:
    """Raises NotAllowed unless the keyring in force names a usable key of this person.

    The host writes the invitations; so whoever was only invited speaks for nobody before all parties have
    consented to a keyring with that person's key.
    """
    if not is_named(Spokesperson.objects.select_related("party__process").get(pk=by.pk)):
        raise NotAllowed(
            "The keyring in force names no key of yours, so you cannot speak for the party yet.",
            mend="Hand in a signed order by a key that it names, or wait for a new protocol with your key.",
            code="not-in-keyring",
        )


def page_due(process: Process, *, ledger: bool = False) -> None:
    """Its public page (and its ledger) must be written anew; a sweep does it, in the caller's transaction."""
    from_now = {"page_due_at": clock.now()} | ({"ledger_due_at": clock.now()} if ledger else {})
    Process.objects.filter(pk=process.pk).update(**from_now)
    for name, value in from_now.items():
        setattr(process, name, value)


@contextmanager
def alone(what: str, number: int) -> Iterator[bool]:
    """Hold a database lock for one piece of work; gives False when another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [f"negotiations.{what}", number])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtext(%s), %s)", [f"negotiations.{what}", number]
                )


def _note_refusal(verb: str, problem: Problem, given: dict[str, Any]) -> None:
    """What was tried, by whom, and the code of why not. Never the words or the text that was handed in; and
    nothing that would tell the host, before its time, that a party was about to say no."""
    if verb == "negotiations.answer" and problem.code in ONLY_A_NO:
        return
    why = problem.detail.partition(": ")[0] if problem.code in WITH_WORDS else problem.detail
    actor = given.get("by") or System("table")
    process, target = _about(given, actor)
    with transaction.atomic():
        audit.note(
            by=actor,
            verb="negotiations.refused",
            target=target,
            why=why[:500],
            data={"deed": verb, "code": problem.code},
            mission=process.mission.slug if process else "",
        )


def _about(given: dict[str, Any], actor: object) -> tuple[Process | None, str]:
    for value in (*given.values(), actor):
        match value:
            case Round():
                return value.process, value.target
            case Process():
                return value, value.target
            case Protocol() | Ask():
                return value.process, value.process.target
        party = value if isinstance(value, Party) else getattr(value, "party", None)
        if isinstance(party, Party):
            return party.process, target_of(party)
    return None, "talks"
