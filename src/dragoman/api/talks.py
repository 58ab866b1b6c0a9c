"""Talks, for their host: read where they stand, put texts to the parties, release what all agreed to."""
# ruff: noqa: A002 - `id` is the name in the address, and so in the description

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from django.http import HttpRequest
from ninja import Path, Query, Router, Status

from dragoman.api import talks_schemas as out
from dragoman.api.door import Scope, caller_of
from dragoman.channels import queries as channels
from dragoman.channels.models import Channel
from dragoman.lib.problems import Invalid, NotFound
from dragoman.negotiations.actions import releasing, rounds
from dragoman.negotiations.models import Process, Round
from dragoman.negotiations.queries import desk
from dragoman.staff.models import Officer
from dragoman.statements.actions.input import TextInput

router = Router(tags=["talks"])

Id = Annotated[
    str,
    Path(pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$", description="the talks' name, the same everywhere"),
]
Number = Annotated[int, Path(ge=1, le=2_000_000_000, description="the round's number in these talks")]


@router.get("", response=out.TalksPage, auth=Scope("read"), operation_id="list_talks")
def list_talks(request: HttpRequest, place: Query[out.Place]) -> out.TalksPage:
    """Talks that the officer's missions host, in the order in which they were begun."""
    _only_known(request)
    found = desk.processes(caller_of(request).officer).filter(pk__gt=place.after).order_by("pk")
    rows = list(found.prefetch_related("parties")[: place.limit + 1])
    more, rows = len(rows) > place.limit, rows[: place.limit]
    return out.TalksPage(items=[_talks(row) for row in rows], next=str(rows[-1].pk) if more else None)


@router.get("/{id}", response=out.TalksOut, auth=Scope("read"), operation_id="get_talks")
def get_talks(request: HttpRequest, id: Id) -> out.TalksOut:
    """Talks as they stand: parties, protocol and keyring in force."""
    return _talks(_process(request, id))


@router.get("/{id}/rounds", response=out.RoundPage, auth=Scope("read"), operation_id="list_rounds")
def list_rounds(request: HttpRequest, id: Id, place: Query[out.Place]) -> out.RoundPage:
    """The rounds of talks, oldest first."""
    _only_known(request)
    rows = list(
        _process(request, id).rounds.filter(number__gt=place.after).order_by("number")[: place.limit + 1]
    )
    more, rows = len(rows) > place.limit, rows[: place.limit]
    return out.RoundPage(
        items=[out.RoundLineOut(**_line(row)) for row in rows], next=str(rows[-1].number) if more else None
    )


@router.get("/{id}/rounds/{number}", response=out.RoundOut, auth=Scope("read"), operation_id="get_round")
def get_round(request: HttpRequest, id: Id, number: Number) -> out.RoundOut:
    """One round: its texts, who has answered, and what once that may be known."""
    return _shown(caller_of(request).officer, id, number)


@router.post("/{id}/rounds", response={201: out.RoundOut}, auth=Scope("write"), operation_id="draft_round")
def draft_round(request: HttpRequest, id: Id, body: out.RoundIn) -> Status[out.RoundOut]:
    """Start a round with a joint text. The answer holds what the rules of neutrality find."""
    by, process = caller_of(request).officer, _process(request, id)
    about = rounds.draft_round(
        by=by,
        process=process,
        texts={lang: TextInput(text.title, text.summary, text.body) for lang, text in body.texts.items()},
        previous=_previous(process, body.previous),
        channels=[_channel(by, place, slug) for place, slug in enumerate(body.channels)],
    )
    return Status(201, _shown(by, id, about.number))


@router.post("/{id}/notices", response={201: out.RoundOut}, auth=Scope("write"), operation_id="draft_notice")
def draft_notice(request: HttpRequest, id: Id, body: out.NoticeIn) -> Status[out.RoundOut]:
    """Start a round with publishable facts, in the agreed sentences."""
    by = caller_of(request).officer
    facts = [(fact.kind, cast("Mapping[str, str | Mapping[str, str]]", fact.values)) for fact in body.facts]
    about = rounds.draft_notice(by=by, process=_process(request, id), facts=facts)
    return Status(201, _shown(by, id, about.number))


@router.post(
    "/{id}/rounds/{number}/opening",
    response={201: out.RoundOut},
    auth=Scope("release"),
    operation_id="open_round",
)
def open_round(
    request: HttpRequest, id: Id, number: Number, body: out.OpeningIn | None = None
) -> Status[out.RoundOut]:
    """Put it to every party at once. From here on not one letter can change."""
    by, given = caller_of(request).officer, body or out.OpeningIn()
    rounds.open_round(
        by=by,
        round=_round(request, id, number),
        not_before=given.not_before,
        closes_at=given.closes_at,
        reasons=given.reasons,
    )
    return Status(201, _shown(by, id, number))


@router.post(
    "/{id}/rounds/{number}/release",
    response={201: out.RoundOut},
    auth=Scope("release"),
    operation_id="plan_joint_release",
)
def plan_joint_release(
    request: HttpRequest, id: Id, number: Number, body: out.PlanIn | None = None
) -> Status[out.RoundOut]:
    """Release an agreed text, now or at a moment. Every consent is judged again."""
    by, given = caller_of(request).officer, body or out.PlanIn()
    releasing.plan_release(by=by, round=_round(request, id, number), moment=given.at, zone=given.zone)
    return Status(201, _shown(by, id, number))


def _only_known(request: HttpRequest) -> None:
    unknown = sorted(set(request.GET) - set(out.Place.model_fields))
    if unknown:
        where = [{"field": name[:80], "message": "not known here"} for name in unknown[:5]]
        raise Invalid("A name in the address is not known here.", where=where)


def _process(request: HttpRequest, ref: str) -> Process:
    return desk.process(caller_of(request).officer, ref)


def _round(request: HttpRequest, ref: str, number: int) -> Round:
    found = _process(request, ref).rounds.filter(number=number).first()
    if found is None:
        raise NotFound(f"There is no round {number} in these talks.")
    return found


def _previous(process: Process, number: int | None) -> Round | None:
    if number is None:
        return None
    found = process.rounds.filter(number=number).first()
    if found is None:
        where = [{"field": "previous", "message": "no round of these talks"}]
        raise Invalid(f"There is no round {number} in these talks.", where=where)
    return found


def _channel(by: Officer, place: int, slug: str) -> Channel:
    try:
        return channels.channel(slug, by)
    except NotFound as error:
        where = [{"field": f"channels.{place}", "message": error.detail}]
        raise Invalid(error.detail, mend=error.mend, where=where) from error


def _talks(process: Process) -> out.TalksOut:
    return out.TalksOut(
        id=process.ref,
        state=cast("out.TalksState", process.state),
        mission=process.mission.slug,
        titles=process.titles,
        languages=process.languages,
        zone=process.zone,
        protocol=process.protocol,
        keyring_entry=process.keyring_index,
        parties=[
            out.PartyOut(
                name=one.name, titles=one.titles, observer=one.observer, state=cast("Any", one.state)
            )
            for one in process.parties.all()
        ],
        last_confirmed=process.last_confirmed,
    )


def _line(about: Round) -> dict[str, Any]:
    return {
        "number": about.number,
        "kind": about.kind,
        "state": about.state,
        "opened_at": about.opened_at,
        "closes_at": about.closes_at,
        "moment": about.moment,
        "released_at": about.released_at,
        "statement": about.statement,
        "revision": about.rev,
        "digest": about.digest,
        "trouble": about.last_trouble,
    }


def _shown(by: Officer, ref: str, number: int) -> out.RoundOut:
    seen = desk.round_desk(by, ref, number)
    return out.RoundOut(
        **_line(seen.round),
        texts={
            text.lang: out.RoundTextOut(
                title=text.title, summary=text.summary, body=text.body, sha256=text.sha256
            )
            for text in seen.texts
        },
        needed=seen.needed,
        answers=[
            out.AnswerOut(
                party=one.party.name,
                answered_at=one.answered_at,
                answer=cast("Any", one.answer.kind) if one.answer else None,
            )
            for one in seen.standings
        ],
        findings=[
            out.RoundFindingOut(
                rule=one.rule,
                severity=one.severity,
                lang=one.lang,
                field=one.field,
                words=one.words,
                why=one.why,
                mend=one.mend,
                key=one.key,
            )
            for one in seen.findings
        ],
    )
