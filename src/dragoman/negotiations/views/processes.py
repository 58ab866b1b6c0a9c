"""Talks: the list, one process, who takes part, and its beginning and end."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dragoman.base.access import allow
from dragoman.lib.problems import Invalid, NotFound, Problem
from dragoman.negotiations.actions import processes as deeds
from dragoman.negotiations.models import Party, Process
from dragoman.negotiations.queries import desk
from dragoman.negotiations.queries import desk_pages as pages
from dragoman.negotiations.views.common import for_process, officer_of, refused
from dragoman.staff.models import Officer
from dragoman.staff.stepup import step_up

HOSTS = pages.HOSTS


@allow.officer
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All talks of the officer's missions."""
    officer = officer_of(request)
    context = {"lines": pages.listing(officer), "may_host": bool(pages.hosting_missions(officer))}
    return render(request, "negotiations/list.html", context)


@allow(*HOSTS)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin talks."""
    officer = officer_of(request)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            process = _begin(officer, request)
            return redirect("negotiations:process", ref=process.ref)
        except Problem as refusal:
            problem = refusal
    context = {
        "problem": problem,
        "given": request.POST,
        "missions": pages.hosting_missions(officer),
        "zones": sorted(available_timezones()),
    }
    return render(request, "negotiations/new.html", context, status=422 if problem else 200)


@allow.officer
@require_GET
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """One process: what waits, who takes part, what was put, said and asked."""
    return render(request, "negotiations/process.html", _context(officer_of(request), ref))


@allow(*HOSTS)
@require_POST
def add_party(request: HttpRequest, ref: str) -> HttpResponse:
    """Name a side or an observer."""

    def deed(officer: Officer, process: Process) -> str:
        titles = _by_language(request, "title", process.languages)
        party = deeds.add_party(
            by=officer,
            process=process,
            name=request.POST.get("name", "").strip(),
            titles=titles,
            observer=request.POST.get("observer") == "on",
        )
        return f"{party} is named. Invite somebody who speaks for it."

    return for_process(request, ref, deed)


@allow(*HOSTS)
@require_POST
def drop_party(request: HttpRequest, ref: str, name: str) -> HttpResponse:
    """Take a party out again, while founding."""

    def deed(officer: Officer, process: Process) -> str:
        deeds.drop_party(by=officer, party=_party(process, name), why=request.POST.get("why", "").strip())
        return "The party is taken out."

    return for_process(request, ref, deed)


@allow(*HOSTS)
@step_up
@require_POST
def invite(request: HttpRequest, ref: str, name: str) -> HttpResponse:
    """Invite a person. The code stands on this answer and nowhere else."""
    officer = officer_of(request)
    process = desk.process(officer, ref)
    try:
        person, code = deeds.invite(
            by=officer,
            party=_party(process, name),
            name=request.POST.get("person", "").strip(),
            lang=request.POST.get("lang", process.source_language),
        )
    except Problem as problem:
        refused(request, problem)
        return redirect("negotiations:process", ref=ref)
    link = f"{settings.DRAGOMAN.table_url}/table/enrol/{code}/"
    context = {**_context(officer, ref), "invited": person, "link": link, "code": code}
    return render(request, "negotiations/process.html", context)


@allow(*HOSTS)
@require_POST
def pause(request: HttpRequest, ref: str) -> HttpResponse:
    """Stop for a while."""

    def deed(officer: Officer, process: Process) -> str:
        deeds.pause_process(by=officer, process=process, why=request.POST.get("why", "").strip())
        return "The talks are paused. Plans to release are taken back; consents stand."

    return for_process(request, ref, deed)


@allow(*HOSTS)
@require_POST
def resume(request: HttpRequest, ref: str) -> HttpResponse:
    """Go on."""

    def deed(officer: Officer, process: Process) -> str:
        deeds.resume_process(by=officer, process=process)
        return "The talks go on."

    return for_process(request, ref, deed)


@allow(*HOSTS)
@step_up
@require_POST
def close(request: HttpRequest, ref: str) -> HttpResponse:
    """End the talks."""

    def deed(officer: Officer, process: Process) -> str:
        deeds.close_process(by=officer, process=process, why=request.POST.get("why", "").strip())
        return "The talks are closed. What is in the record stays there."

    return for_process(request, ref, deed)


def _context(officer: Officer, ref: str) -> dict[str, Any]:
    page = pages.process_page(officer, ref)
    return {
        "page": page,
        "process": page.process,
        "may_host": pages.may_host(officer, page.process),
        "may_write": pages.may_write(officer, page.process),
        "public_url": settings.DRAGOMAN.public_url,
    }


def _begin(officer: Officer, request: HttpRequest) -> Process:
    languages = request.POST.get("languages", "").replace(",", " ").split()
    mission = next(
        (one for one in pages.hosting_missions(officer) if one.slug == request.POST.get("mission", "")), None
    )
    if mission is None:
        raise Invalid(
            "Choose the mission that hosts them.", where=[{"field": "mission", "message": "missing"}]
        )
    return deeds.open_process(
        by=officer,
        mission=mission,
        ref=request.POST.get("ref", "").strip(),
        titles=_tagged(request, "titles", languages),
        summaries=_tagged(request, "summaries", languages),
        languages=languages,
        zone=request.POST.get("zone", "UTC").strip(),
    )


def _party(process: Process, name: str) -> Party:
    found = process.parties.filter(name=name).first()
    if found is None:
        raise NotFound("These talks have no such party.")
    return found


def _by_language(request: HttpRequest, field: str, languages: list[str]) -> dict[str, str]:
    found = {lang: request.POST.get(f"{field}-{lang}", "").strip() for lang in languages}
    return {lang: words for lang, words in found.items() if words}


def _tagged(request: HttpRequest, field: str, languages: list[str]) -> dict[str, str]:
    """A line a language, each with its code before it: `fr: Le pont de pierre`."""
    found: dict[str, str] = {}
    for number, line in enumerate(request.POST.get(field, "").splitlines(), 1):
        lang, colon, words = line.partition(":")
        if not line.strip():
            continue
        if not colon or lang.strip() not in languages:
            raise Invalid(
                f"Line {number} of the {field} does not begin with a language of the talks.",
                mend=f"Write `{languages[0] if languages else 'en'}: ` and the words, a line a language.",
                where=[{"field": field, "message": f"line {number}"}],
            )
        found[lang.strip()] = words.strip()
    return found
