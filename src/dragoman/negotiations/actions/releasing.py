"""From agreed to released: judged again, handed to statements to the letter, and followed to the page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels.models import Channel
from dragoman.lib.problems import Conflict, Invalid
from dragoman.negotiations.actions import plans
from dragoman.negotiations.actions.common import (
    deed,
    locked_round,
    may_decide,
    must_be_open,
    page_due,
    say,
)
from dragoman.negotiations.actions.judged import judge_again, too_early
from dragoman.negotiations.models import Process, Round
from dragoman.negotiations.queries import shown
from dragoman.negotiations.queries.ahead import must_know_the_record
from dragoman.negotiations.rules import timing
from dragoman.record import guard
from dragoman.staff.models import Officer
from dragoman.statements.actions import joint
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Release


@deed("negotiations.plan_release")
def plan_release(
    *,
    by: Officer,
    round: Round,  # noqa: A002 - the noun of this app
    moment: datetime | None = None,
    zone: str = "",
    channels: Sequence[Channel] | None = None,
) -> Round:
    """Release an agreed text now, or arm it for a moment. The consents are judged again, as they stand.

    Raises NotAllowed without the role of releaser; Conflict when it is not agreed, or was planned or released
    by another first, or when the record is behind what was signed; Invalid when a consent does not hold, the
    text is not the one that was signed, or the moment is before the one that was signed.
    """
    about = locked_round(round.pk)
    process = about.process
    may_decide(by, process.mission)
    must_be_open(process)
    _must_be_agreed(about)
    guard.must_not_be_behind()
    must_know_the_record(process, about)
    if not process.published:
        raise Conflict(
            "The public page of the talks is being made.", mend="Try again in a few seconds.", code="page-due"
        )
    if about.parties_index != process.keyring_index:
        raise Conflict(
            "Another keyring has come into force since the parties signed.",
            mend="Put the text to the parties again.",
            code="other-keyring",
        )
    now = clock.now()
    _check_moment(about, moment, now)
    about.moment = moment
    note = judge_again(about)
    if channels is not None:
        about.channels.set(channels)
    about.note = note
    release = _hand_over(by, about, moment, zone or process.zone)
    planned = moment is not None and moment > now
    about.move_to(
        "armed" if planned else "releasing",
        frm="agreed",
        moment=release.moment,
        note=note,
        last_trouble="",
    )
    later("negotiations.carry_out", at=release.moment if planned else None, round_id=about.pk)
    data = {"moment": timing.stamp(release.moment), "statement": about.statement, "rev": about.rev}
    say(by=by, verb="plan_release", process=process, target=about.target, after=about.digest, data=data)
    return about


@deed("negotiations.unplan")
def unplan(*, by: Officer, round: Round, why: str) -> Round:  # noqa: A002 - the noun of this app
    """Take an armed release back before its moment; the consents stand."""
    about = locked_round(round.pk)
    may_decide(by, about.process.mission)
    if about.state != "armed":
        raise (
            plans.too_late()
            if about.state in ("releasing", "released")
            else Conflict(f"The round is {about.state}; no release is planned.", code="wrong-state")
        )
    plans.take_back(by=by, planned=about, process=about.process, why=why, to="agreed")
    return about


@deed("negotiations.carry_out")
def carry_out(*, by: Actor, round_id: int) -> bool:
    """Follow a release to its page: the round is released, the live page and the ledger say so.

    May run twice. Gives whether the round moved.
    """
    about = locked_round(round_id)
    if about.state not in ("armed", "releasing") or about.kind != "joint":
        return False
    release = (
        Release.objects.filter(revision__statement__ref=about.statement, revision__number=about.rev)
        .order_by("-pk")
        .first()
    )
    if release is None:
        return False
    if release.state == "cancelled" and about.state == "armed":  # taken back on the statement's own page
        about.move_to("agreed", frm="armed", moment=None)
        say(by=by, verb="unplan", process=about.process, target=about.target, why="the plan was taken back")
        return True
    moved = False
    if about.state == "armed" and release.state in ("running", "done"):
        about.move_to("releasing", frm="armed")
        moved = True
    if about.state == "releasing" and release.page_at is not None and release.released is not None:
        _released(by, about, release)
        return True
    if release.last_trouble and release.last_trouble != about.last_trouble:
        Round.objects.filter(pk=about.pk).update(last_trouble=release.last_trouble)
    return moved


def _released(by: Actor, about: Round, release: Release) -> None:
    process = about.process
    about.move_to(
        "released",
        frm="releasing",
        released_at=release.released,
        entry_index=release.entry_index,
        last_trouble="",
    )
    moment = release.released or clock.now()
    Process.objects.filter(pk=process.pk).update(last_confirmed=max(moment, process.last_confirmed or moment))
    page_due(process, ledger=True)
    later("negotiations.refresh", process_id=process.pk)
    data = {"statement": about.statement, "rev": about.rev, "entry": release.entry_index}
    say(by=by, verb="carry_out", process=process, target=about.target, after=about.digest, data=data)


def _hand_over(by: Officer, about: Round, moment: datetime | None, zone: str) -> Release:
    """To statements, with the note: they seal these bytes and no others."""
    process = about.process
    texts = {text.lang: TextInput(text.title, text.summary, text.body) for text in about.texts.all()}
    digests = {lang: hashlib.sha256(joint.sealed_bytes(text)).hexdigest() for lang, text in texts.items()}
    return joint.release_joint(
        by=by,
        mission=process.mission,
        ref=about.statement,
        rev=about.rev,
        source_language=process.source_language,
        texts=texts,
        agreement=joint.AgreedNote(
            note=about.note,
            parties=process.keyring_index or 0,
            digests=digests,
            process=process.ref,
            consents=shown.consents_of(about),
            keyring=about.keyring,
        ),
        channels=list(about.channels.all()),
        at=moment,
        zone=zone,
        note=about.correction,
    )


def _must_be_agreed(about: Round) -> None:
    if about.kind != "joint":
        raise Conflict("Only a joint text is released by hand.", code="wrong-kind")
    if about.state in ("armed", "releasing", "released"):
        raise Conflict(
            f"It is {about.state} already: another releaser was first.",
            mend="Reload the page to see the plan.",
            code="released-already",
        )
    if about.state != "agreed":
        raise Conflict(
            f"The round is {about.state}: not everyone who must has consented.",
            mend="Wait for the parties, or put another text to them.",
            code="not-agreed",
        )


def _check_moment(about: Round, moment: datetime | None, now: datetime) -> None:
    earliest = about.not_before or about.opened_at
    if moment is not None and moment.tzinfo is None:
        raise Invalid("The moment has no zone.", where=[{"field": "moment", "message": "no zone"}])
    if earliest is not None and max(moment or now, now) < earliest:
        raise too_early(timing.stamp(earliest))
