"""The lines agreed in advance: written down as due, sealed in the record in their order, then shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.lib.steps import step
from dragoman.negotiations.actions.common import alone, deed, locked_process, locked_round, page_due, say
from dragoman.negotiations.models import Line, Process, Round
from dragoman.negotiations.queries import agreed, answered, bodies, shown
from dragoman.negotiations.rules import lines, timing
from dragoman.public import actions as public
from dragoman.record import actions as record
from dragoman.record import queries as record_queries


def say_fallback(*, by: Actor, process: Process, about: Round | None) -> Line:
    """The fallback line, due now; in the caller's transaction, the process locked."""
    texts = lines.fallback_texts(agreed.rules_of(process))
    return _due(by, process, "fallback", texts, about=about)


@deed("negotiations.end_window")
def end_window(*, by: Actor, round_id: int) -> bool:
    """After the window of a notice: it is said if nobody objected, else the fallback line is. Not in quiet
    hours, nor while the talks rest: then it waits."""
    about = locked_round(round_id)
    process = about.process
    if about.kind != "notice" or about.state != "open" or not answered.is_over(about):
        return False
    rules = agreed.rules_of(process)
    if process.state != "open" or timing.quiet_now(rules, clock.now()):
        return False
    objected = about.objections.exists()
    if objected:
        about.move_to("declined", frm="open")
        say_fallback(by=by, process=process, about=about)
    else:
        about.move_to("agreed", frm="open", agreed_at=clock.now())
        about.move_to("releasing", frm="agreed")
        texts = {text.lang: text.body for text in about.texts.all()}
        _due(by, process, "notice", texts, about=about)
    say(by=by, verb="end_window", process=process, target=about.target, data={"objected": objected})
    return True


@deed("negotiations.say_pulse")
def say_pulse(*, by: Actor, process_id: int) -> bool:
    """The line "talks continue", if it is due by its rule. Nobody needs to be awake for it."""
    process = locked_process(process_id)
    if not shown.pulse_is_due(process, clock.now()):
        return False
    now = clock.now().replace(microsecond=0)
    texts = lines.pulse_texts(agreed.rules_of(process), now, process.zone)
    _due(by, process, "pulse", texts, moment=now)
    return True


def carry_lines(*, by: Actor, process_id: int) -> int:
    """Seal and show every line that is due, in the order of their numbers. May run twice, and die anywhere.

    Never inside a transaction: each phase commits for itself. Of two at once the second leaves.
    """
    with alone("lines", process_id) as mine:
        return _carry(by, process_id) if mine else 0


def _carry(by: Actor, process_id: int) -> int:
    carried = 0
    due = Line.objects.filter(process=process_id, state__in=("due", "sealed")).order_by("number")
    for line in due.select_related("process__mission", "round"):
        step("negotiations.line-taken")
        _seal(line, by)
        step("negotiations.line-sealed")
        public.publish_talks_entry(by=by, entry=shown.line_entry(line))
        step("negotiations.line-published")
        _shown(by=by, line=line)
        carried += 1
    return carried


def _seal(line: Line, by: Actor) -> None:
    if line.state != "due":
        return
    begun = record_queries.entries().filter(ref=shown.line_ref(line.process), rev=line.number).exists()
    if not begun and line.keyring_index != line.process.keyring_index:
        line.keyring_index = line.process.keyring_index
        line.save(update_fields=["keyring_index", "updated"])
    sealed = record.seal(
        by=by,
        kind="line",
        ref=shown.line_ref(line.process),
        rev=line.number,
        released=line.due,
        texts=bodies.blobs_of_line(line.texts),
        parties=line.keyring_index,
    )
    line.move_to("sealed", frm="due", entry_index=sealed.index, last_trouble="")


@deed("negotiations.show_line")
def _shown(*, by: Actor, line: Line) -> None:
    process = locked_process(line.process_id)
    about = Round.objects.select_for_update().filter(pk=line.round_id).first() if line.round_id else None
    line.move_to("shown", frm="sealed", at=line.due)
    if about is not None and about.state == "releasing":
        about.move_to("released", frm="releasing", released_at=line.due, entry_index=line.entry_index)
    confirmed = max(line.due, process.last_confirmed or line.due)
    Process.objects.filter(pk=process.pk).update(last_confirmed=confirmed)
    page_due(process, ledger=line.kind != "pulse")
    say(by=by, verb="show_line", process=process, data={"line": line.number, "kind": line.kind})


def _due(
    by: Actor,
    process: Process,
    kind: str,
    texts: Mapping[str, str],
    *,
    about: Round | None = None,
    moment: datetime | None = None,
) -> Line:
    last = process.lines.order_by("-number").first()
    line = Line.objects.create(
        process=process,
        number=last.number + 1 if last else 1,
        kind=kind,
        round=about,
        texts=dict(texts),
        due=moment or clock.now().replace(microsecond=0),
        keyring_index=process.keyring_index,
    )
    say(by=by, verb="say_line", process=process, data={"line": line.number, "kind": kind})
    later("negotiations.lines", process_id=process.pk)
    return line
