"""Deeds on misunderstandings: seen, proposed, confirmed, planned against, corrected, dismissed.

A machine marks messages with a belief that an officer has confirmed before, and proposes new ones; it never
says of a new claim that it is wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Min
from django.db.models.functions import TruncHour

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.facts import actions as facts
from dragoman.facts import queries as fact_queries
from dragoman.facts.models import Belief, Sheet
from dragoman.facts.values import BeliefDraft
from dragoman.inbox import misunderstood, refs
from dragoman.inbox.models import Decision, Held, Message, Misunderstanding, Question, StatedCountry
from dragoman.lib.problems import Invalid, NotAllowed, NotFound
from dragoman.staff.models import Mission, Officer

WORKERS = ("author", "approver", "releaser")
KEPT_HOURS = timedelta(days=21)
# A cluster this large whose premise clashes with a fact is worth an officer's look.
PROPOSE_FROM = 5
ASKED = ("question", "complaint", "press", "help")


@dataclass(frozen=True)
class Seen:
    """A message that rests on a known wrong belief: `belief` is its label, `asks` when it only asks."""

    message: int
    belief: str
    score: float
    asks: bool
    model: str


@transaction.atomic
def mark_beliefs(*, by: Actor, mission: Mission, seen: Sequence[Seen]) -> int:
    """Note which messages rest on which known belief. Marked again, nothing changes. Gives the new marks."""
    known = {belief.label: belief for belief in fact_queries.beliefs()}
    made, touched = 0, set()
    now = clock.now()
    for one in seen:
        belief = known.get(one.belief)
        if belief is None:
            continue
        row, _ = Misunderstanding.objects.get_or_create(
            mission=mission,
            belief=one.belief,
            defaults={
                "ref": refs.new_ref("M"),
                "title": belief.title,
                "claim": belief.statement_in("en"),
                "claim_lang": "en" if belief.statements.get("en") else belief.source_language,
                "facts": [f"{belief.sheet}/{number}" for number in belief.facts],
                "state": "rising",
            },
        )
        _, first = Held.objects.get_or_create(
            message_id=one.message,
            misunderstanding=row,
            defaults={"asks": one.asks, "score": one.score, "model": one.model, "at": now},
        )
        made += first
        touched.add(row.pk)
        if row.state in ("faded",) and first:
            row.move_to("rising", frm="faded")
    # the hours are the clock's affair: a burst would read three weeks of messages with each batch
    recount_misunderstandings(touched, hours=False)
    return made


@transaction.atomic
def propose_misunderstanding(
    *, by: Actor, question: Question, messages: Sequence[int], facts: Sequence[str]
) -> Misunderstanding | None:
    """A group whose premise seems to clash with a fact, put before an officer. Once for each question; never
    labelled by the machine. None when it is too small or was proposed before."""
    if len(messages) < PROPOSE_FROM or Misunderstanding.objects.filter(question=question).exists():
        return None
    row = Misunderstanding.objects.create(
        ref=refs.new_ref("M"),
        mission=question.mission,
        title=str(question)[:300],
        claim=question.example,
        claim_lang=question.example_lang,
        facts=list(facts),
        question=question,
        state="proposed",
    )
    now = clock.now()
    Held.objects.bulk_create(
        [Held(message_id=pk, misunderstanding=row, at=now, by=by.audit_name) for pk in messages],
        ignore_conflicts=True,
    )
    recount_misunderstandings([row.pk])
    _note(by, "propose_misunderstanding", row)
    return row


@transaction.atomic
def confirm_misunderstanding(
    *, by: Officer, misunderstanding: Misunderstanding, sheet: Sheet, draft: BeliefDraft
) -> Misunderstanding:
    """It is a wrong belief: it joins the fact sheet's known ones, and from now on messages in every language
    are compared with it. The sheet's own rules say who may."""
    row = _locked(by, misunderstanding)
    belief = facts.add_belief(by=by, sheet=sheet, draft=draft, why=f"seen in {row.ref}")
    belief = facts.confirm_belief(by=by, belief=belief, why=f"seen in {row.ref}")
    row.move_to(
        "rising",
        frm="proposed",
        belief=belief.label,
        title=draft.title or row.title,
        facts=[f"{sheet.slug}/{number}" for number in draft.facts],
    )
    Decision.objects.create(
        what="belief", question=row.question, said="proposed", decided=belief.label, right=True,
        by=by.audit_name,
    )  # fmt: skip
    _note(by, "confirm_misunderstanding", row, data={"belief": belief.label})
    return row


@transaction.atomic
def dismiss_misunderstanding(
    *, by: Officer, misunderstanding: Misunderstanding, why: str
) -> Misunderstanding:
    """It is none: people are right, or only ask. The reason stays, and it is not proposed again."""
    if len(why.strip()) < 5:
        raise Invalid("Say why it is none.", where=[{"field": "why", "message": "missing"}])
    row = _locked(by, misunderstanding)
    row.move_to("dismissed", why=why.strip()[:300])
    Decision.objects.create(
        what="belief", question=row.question, said=row.belief or "proposed", decided="none", right=False,
        by=by.audit_name,
    )  # fmt: skip
    _note(by, "dismiss_misunderstanding", row, why=why.strip())
    return row


@transaction.atomic
def plan_correction(
    *, by: Officer, misunderstanding: Misunderstanding, plan: str, at: datetime | None, statement: str = ""
) -> Misunderstanding:
    """What will be said against it, when, and in which statement if there is one yet."""
    if not plan.strip() and not statement:
        raise Invalid("Say what is planned.", where=[{"field": "plan", "message": "missing"}])
    row = _locked(by, misunderstanding)
    row.move_to("planned", frm=("rising", "planned"), plan=plan.strip(), plan_at=at, statement=statement[:20])
    _note(by, "plan_correction", row, data={"statement": statement})
    return row


@transaction.atomic
def mark_corrected(*, by: Actor, misunderstanding: Misunderstanding, at: datetime) -> Misunderstanding:
    """Its correction went out. Whether it fades is counted from here."""
    row = (
        Misunderstanding.objects.select_for_update(of=("self",))
        .select_related("mission")
        .get(pk=misunderstanding.pk)
    )
    if isinstance(by, Officer):
        _may(by, row.mission)
    row.move_to("corrected", frm=("rising", "planned"), corrected_at=at)
    _note(by, "mark_corrected", row, data={"at": at.isoformat()})
    return row


@transaction.atomic
def decide_belief(
    *, by: Officer, message: Message, misunderstanding: Misunderstanding, holds: bool
) -> Decision:
    """An officer says of one message whether it rests on this belief. It becomes an example."""
    row = _locked(by, misunderstanding)
    if message.mission_id != row.mission_id:
        raise NotFound("That message belongs to another mission.")
    had = Held.objects.filter(message=message, misunderstanding=row).exists()
    if holds:
        Held.objects.update_or_create(
            message=message,
            misunderstanding=row,
            defaults={"by": by.audit_name, "score": 1.0, "at": clock.now()},
        )
    else:
        Held.objects.filter(message=message, misunderstanding=row).delete()
    decision = Decision.objects.create(
        what="belief",
        message=message,
        question=message.question,
        said=row.ref if had else "",
        decided=row.ref if holds else "",
        right=had == holds,
        features={"belief": row.belief, "digest": message.digest},
        by=by.audit_name,
    )
    recount_misunderstandings([row.pk])
    _note(by, "decide_belief", row, data={"message": message.pk, "holds": holds})
    return decision


@transaction.atomic
def sweep_misunderstandings(*, by: Actor) -> int:
    """Count anew what is alive, and say which have faded after their correction."""
    alive = Misunderstanding.objects.filter(state__in=("rising", "planned", "corrected"))
    recount_misunderstandings(alive.values_list("pk", flat=True))
    now, ended = clock.now(), 0
    for row in Misunderstanding.objects.filter(state="corrected", corrected_at__isnull=False):
        if row.corrected_at and misunderstood.faded(row.hours, row.corrected_at, now):
            row.move_to("faded", frm="corrected", faded_at=now)
            _note(by, "fade_misunderstanding", row)
            ended += 1
    return ended


def recount_misunderstandings(rows: Iterable[int], *, hours: bool = True) -> None:
    """Figures from the messages that hold them: since when, in which languages, from where; with `hours`, how
    many held it of all that asked anything in each hour, which reads three weeks of messages."""
    wanted = sorted(set(rows))
    if not wanted:
        return
    found = list(Misunderstanding.objects.filter(pk__in=wanted))
    marked = Held.objects.filter(misunderstanding__in=wanted, message__gone_at__isnull=True)
    held = marked.filter(asks=False)
    asking = dict(marked.filter(asks=True).values_list("misunderstanding").annotate(many=Count("pk")))
    spans = {
        line["misunderstanding"]: line
        for line in held.values("misunderstanding").annotate(
            many=Count("pk"), first=Min("message__at"), last=Max("message__at")
        )
    }
    languages: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for line in held.values("misunderstanding", "message__lang").annotate(many=Count("pk")):
        languages[line["misunderstanding"]][line["message__lang"]] = line["many"]
    countries = _countries(wanted)
    for row in found:
        span = spans.get(row.pk)
        row.count, row.asking = (span["many"] if span else 0), asking.get(row.pk, 0)
        row.first_at, row.last_at = (span["first"], span["last"]) if span else (None, None)
        row.languages, row.countries = dict(languages[row.pk]), dict(countries[row.pk])
    fields = ["count", "asking", "first_at", "last_at", "languages", "countries"]
    if hours:
        _hours(found)
        fields.append("hours")
    Misunderstanding.objects.bulk_update(found, fields)


def _countries(wanted: Sequence[int]) -> defaultdict[int, Counter[str]]:
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    stated = StatedCountry.objects.filter(
        message__held__misunderstanding__in=wanted, message__held__asks=False
    )
    for row in stated.values("message__held__misunderstanding", "code").annotate(many=Count("message")):
        found[row["message__held__misunderstanding"]][row["code"]] = row["many"]
    return found


def _hours(rows: Sequence[Misunderstanding]) -> None:
    since = clock.now() - KEPT_HOURS
    hourly: defaultdict[int, Counter[str]] = defaultdict(Counter)
    recent = Held.objects.filter(
        misunderstanding__in=[row.pk for row in rows],
        asks=False,
        message__gone_at__isnull=True,
        message__at__gte=since,
    ).annotate(hour=TruncHour("message__at"))
    for each in recent.values("misunderstanding", "hour").annotate(many=Count("pk")):
        hourly[each["misunderstanding"]][misunderstood.hour_key(each["hour"])] = each["many"]
    asked = {mission: _asked(mission, since) for mission in {row.mission_id for row in rows}}
    for row in rows:
        row.hours = {
            hour: [hourly[row.pk].get(hour, 0), many] for hour, many in asked[row.mission_id].items()
        }


def _asked(mission: int, since: datetime) -> dict[str, int]:
    """All that asked or complained, by hour: what a share is a share of."""
    rows = (
        Message.objects.filter(mission=mission, at__gte=since, kind__in=ASKED, gone_at__isnull=True)
        .annotate(hour=TruncHour("at"))
        .values("hour")
        .annotate(many=Count("pk"))
    )
    return {misunderstood.hour_key(row["hour"]): row["many"] for row in rows}


def belief_of(row: Misunderstanding) -> Belief | None:
    """The known belief of the fact sheet, if it is one yet."""
    sheet, _, code = row.belief.partition("/")
    return Belief.objects.select_related("sheet").filter(sheet__slug=sheet, code=code).first()


def _locked(by: Officer, row: Misunderstanding) -> Misunderstanding:
    _may(by, row.mission)
    return Misunderstanding.objects.select_for_update(of=("self",)).select_related("mission").get(pk=row.pk)


def _may(by: Officer, mission: Mission) -> None:
    if not any(by.may(role, mission) for role in WORKERS):
        raise NotAllowed(f"This needs one of the roles {', '.join(WORKERS)} at {mission}.")


def _note(
    by: Actor, verb: str, row: Misunderstanding, why: str = "", data: dict[str, object] | None = None
) -> None:
    audit.note(
        by=by,
        verb=f"inbox.{verb}",
        target=f"misunderstanding:{row.ref}",
        why=why,
        data=dict(data or {}),
        mission=row.mission.slug,
    )
