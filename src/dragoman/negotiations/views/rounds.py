"""Rounds: drafted by the host, put to every party at once, never changed after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dragoman.base.access import allow
from dragoman.lib.problems import Conflict, Invalid, NotFound, Problem
from dragoman.negotiations.actions import rounds as deeds
from dragoman.negotiations.models import Process, Round
from dragoman.negotiations.neutrality.limits import limits
from dragoman.negotiations.queries import desk
from dragoman.negotiations.queries import desk_pages as pages
from dragoman.negotiations.queries.desk import RoundDesk
from dragoman.negotiations.rules import diff
from dragoman.negotiations.rules import protocol as protocol_rules
from dragoman.negotiations.views.common import for_round, moment_of, officer_of, refused, round_of
from dragoman.staff.models import Officer
from dragoman.staff.stepup import step_up
from dragoman.statements.actions.input import TextInput

PARTS = ("title", "summary", "body")
Values = Mapping[str, str | Mapping[str, str]]


@allow.officer
@require_GET
def show(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """One round: its texts with what changed, what was found, who has answered, what can be done now."""
    officer = officer_of(request)
    seen = desk.round_desk(officer, ref, number)
    process = seen.round.process
    host = pages.may_host(officer, process)
    context = {
        "seen": seen,
        "round": seen.round,
        "process": process,
        "texts": [_changes(text, seen) for text in seen.texts],
        "blocking": [one for one in seen.findings if one.severity == "blocks"],
        # two of one key are one question: the same words against the same rule
        "reasons": list({one.key: one for one in seen.findings if one.severity == "reason"}.values()),
        "notes": [one for one in seen.findings if one.severity == "note"],
        "limits": limits(),
        "answered": sum(1 for one in seen.standings if one.answered_at),
        "may_host": host,
        "may_write": pages.may_write(officer, process),
    }
    return render(request, "negotiations/round.html", context)


@allow(*pages.WRITERS)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, ref: str) -> HttpResponse:
    """Draft a joint text; `after` names the round it comes after, `correct` the text it puts right."""
    officer = officer_of(request)
    process = desk.process(officer, ref)
    after = request.POST.get("after") or request.GET.get("after", "")
    previous = round_of(officer, ref, int(after)) if after.isdecimal() and len(after) < 6 else None
    correct = request.POST.get("correct") or request.GET.get("correct", "")
    problem: Problem | None = None
    if request.method == "POST":
        try:
            made = deeds.draft_round(
                by=officer,
                process=process,
                texts=_texts(request, process),
                previous=previous,
                statement=correct,
            )
            return redirect("negotiations:round", ref=ref, number=made.number)
        except Problem as refusal:
            problem = refusal
    before = previous or (_released(process, correct) if correct else None)
    context = {
        "process": process,
        "previous": previous,
        "correct": correct,
        "problem": problem,
        "columns": _columns(process, request, before),
    }
    return render(request, "negotiations/round_edit.html", context, status=422 if problem else 200)


@allow(*pages.WRITERS)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Change a round that nobody but the host has seen."""
    officer = officer_of(request)
    found = round_of(officer, ref, number)
    if found.state != "drafting" or found.kind != "joint":
        raise Conflict(
            "It was put to the parties, so not one letter of it changes.",
            mend="Write another round in its place.",
        )
    problem: Problem | None = None
    if request.method == "POST":
        try:
            deeds.edit_round(by=officer, round=found, texts=_texts(request, found.process))
            return redirect("negotiations:round", ref=ref, number=number)
        except Problem as refusal:
            problem = refusal
    context = {
        "process": found.process,
        "round": found,
        "problem": problem,
        "columns": _columns(found.process, request, found),
    }
    return render(request, "negotiations/round_edit.html", context, status=422 if problem else 200)


@allow(*pages.WRITERS)
@require_http_methods(["GET", "POST"])
def notice(request: HttpRequest, ref: str) -> HttpResponse:
    """Say one or more of the facts that the protocol lists, in its own words."""
    officer = officer_of(request)
    process = desk.process(officer, ref)
    kinds = _kinds(process)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            made = deeds.draft_notice(by=officer, process=process, facts=_facts(request, process, kinds))
            return redirect("negotiations:round", ref=ref, number=made.number)
        except Problem as refusal:
            problem = refusal
    context = {
        "process": process,
        "kinds": [
            {
                **kind,
                "fields": [(name, _given(request, kind["kind"], name, process)) for name in kind["names"]],
            }
            for kind in kinds
        ],
        "chosen": request.POST.getlist("kind"),
        "problem": problem,
    }
    return render(request, "negotiations/notice.html", context, status=422 if problem else 200)


@allow(*pages.HOSTS)
@step_up
@require_POST
def open_it(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Put it to every party."""

    def deed(officer: Officer, found: Round) -> str:
        zone = found.process.zone
        reasons = {
            name.removeprefix("reason-"): request.POST.get(name, "").strip()
            for name in request.POST
            if name.startswith("reason-") and request.POST.get(name, "").strip()
        }
        deeds.open_round(
            by=officer,
            round=found,
            not_before=moment_of(request.POST.get("not_before", ""), zone, "not_before"),
            closes_at=moment_of(request.POST.get("closes_at", ""), zone, "closes_at"),
            reasons=reasons,
        )
        return "It is put to every party, all at the same instant. Not one letter changes from here."

    return for_round(request, ref, number, deed)


@allow(*pages.HOSTS)
@require_POST
def cancel(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Take it away from the table."""

    def deed(officer: Officer, found: Round) -> str:
        deeds.cancel_round(by=officer, round=found, why=request.POST.get("why", "").strip())
        return "The round is cancelled. Every party is shown that, and why."

    return for_round(request, ref, number, deed)


@allow(*pages.WRITERS)
@require_POST
def counter(request: HttpRequest, ref: str, number: int, name: str) -> HttpResponse:
    """Begin the next round with the words that a party would sign."""
    officer = officer_of(request)
    found = round_of(officer, ref, number)
    answer = found.answers.filter(party__name=name, withdrawn_at=None, replaced_at=None).first()
    try:
        if answer is None:
            raise NotFound("That party has given no words of its own.")
        made = deeds.draft_from_counter(by=officer, answer=answer)
    except Problem as problem:
        refused(request, problem)
        return redirect("negotiations:round", ref=ref, number=number)
    return redirect("negotiations:round", ref=ref, number=made.number)


def _changes(text: Any, seen: RoundDesk) -> dict[str, Any]:
    parts = []
    for part in PARTS:
        now, old = getattr(text, part), getattr(text, f"old_{part}")
        if not (now or old):
            continue
        changed = bool(old or text.old_title) and now != old
        parts.append({"part": part, "now": now, "pieces": diff.words(old, now, text.lang) if changed else ()})
    findings = [one for one in seen.findings if one.lang == text.lang]
    return {"text": text, "parts": parts, "findings": findings}


def _texts(request: HttpRequest, process: Process) -> dict[str, TextInput]:
    found = {}
    for lang in process.languages:
        title, summary, body = (
            request.POST.get(f"{part}-{lang}", "").replace("\r\n", "\n") for part in PARTS
        )
        if title or summary or body:
            found[lang] = TextInput(title=title, summary=summary, body=body)
    if not found:
        raise Invalid("There is no text yet.", mend="Write at least one language; the others may come later.")
    return found


def _columns(process: Process, request: HttpRequest, before: Round | None) -> list[dict[str, Any]]:
    old = {text.lang: text for text in before.texts.all()} if before else {}
    columns = []
    for lang in process.languages:
        column: dict[str, Any] = {"lang": lang}
        for part in PARTS:
            kept = getattr(old.get(lang), part, "")
            column[part] = request.POST.get(f"{part}-{lang}", kept)
        columns.append(column)
    return columns


def _released(process: Process, statement: str) -> Round | None:
    return process.rounds.filter(statement=statement, state="released").first()


def _kinds(process: Process) -> list[dict[str, Any]]:
    in_force = process.protocols.filter(state="in_force").first()
    if in_force is None:
        raise Conflict(
            "No protocol is in force, so nothing may be published yet.",
            mend="Put the protocol to the parties first.",
        )
    rules = protocol_rules.parse(in_force.rules)
    lang = process.source_language
    return [
        {
            "kind": kind,
            "sentence": sentences.get(lang) or next(iter(sentences.values())),
            "names": rules.placeholders(kind),
        }
        for kind, sentences in sorted(
            rules.publishable.items(), key=lambda pair: protocol_rules.FACTS.index(pair[0])
        )
    ]


def _facts(request: HttpRequest, process: Process, kinds: list[dict[str, Any]]) -> list[tuple[str, Values]]:
    chosen = request.POST.getlist("kind")
    facts: list[tuple[str, Values]] = []
    for kind in kinds:
        if kind["kind"] not in chosen:
            continue
        values: dict[str, str | Mapping[str, str]] = {}
        for name in kind["names"]:
            by_lang = dict(_given(request, kind["kind"], name, process))
            filled = {lang: words for lang, words in by_lang.items() if words}
            same = set(filled.values())
            if len(same) == 1 and set(filled) == {process.source_language}:
                values[name] = same.pop()
            else:
                values[name] = filled
        facts.append((kind["kind"], values))
    if not facts:
        raise Invalid("No fact is chosen.", mend="Tick what is to be said.")
    return facts


def _given(request: HttpRequest, kind: str, name: str, process: Process) -> list[tuple[str, str]]:
    return [(lang, request.POST.get(f"{kind}-{name}-{lang}", "").strip()) for lang in process.languages]
