"""The protocol: what the parties agree to before anything else, and how it is changed."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from dragoman.base.access import allow
from dragoman.lib.problems import Conflict, Invalid, Problem
from dragoman.negotiations.actions import protocols as deeds
from dragoman.negotiations.models import Process, Protocol
from dragoman.negotiations.queries import desk
from dragoman.negotiations.queries import desk_pages as pages
from dragoman.negotiations.views.common import for_process, officer_of, said
from dragoman.staff.models import Officer
from dragoman.staff.stepup import step_up

LARGEST = 200_000


@allow.officer
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """The protocol in force, and the draft of the next."""
    officer = officer_of(request)
    page = pages.process_page(officer, ref)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            _keep(officer, page.process, request)
            said(request, "The draft is kept. Put it to the parties when it is whole.")
            return redirect("negotiations:protocol", ref=ref)
        except Problem as refusal:
            problem = refusal
    context = {
        **_context(page, officer),
        "problem": problem,
        "given": request.POST if problem else None,
    }
    return render(request, "negotiations/protocol.html", context, status=422 if problem else 200)


@allow(*pages.HOSTS)
@step_up
@require_POST
def put(request: HttpRequest, ref: str) -> HttpResponse:
    """Put the draft to the parties."""

    def deed(officer: Officer, process: Process) -> str:
        opened = deeds.put_protocol(by=officer, protocol=_coming(process))
        return f"It is round {opened.number}. It is in force once all have consented and it is in the record."

    return for_process(request, ref, deed)


@allow(*pages.HOSTS)
@require_POST
def discard(request: HttpRequest, ref: str) -> HttpResponse:
    """Give the draft up."""

    def deed(officer: Officer, process: Process) -> str:
        deeds.discard_protocol(by=officer, protocol=_coming(process), why=request.POST.get("why", "").strip())
        return "The version is given up. What was in force stays in force."

    return for_process(request, ref, deed)


def _coming(process: Process) -> Protocol:
    found = process.protocols.filter(state__in=("draft", "put", "agreed")).first()
    if found is None:
        raise Conflict("There is no draft of a protocol.", mend="Write one first.")
    return found


def _context(page: pages.ProcessPage, officer: Officer) -> dict[str, Any]:
    shown = page.coming or page.in_force
    process = page.process
    documents = shown.documents if shown else {}
    return {
        "page": page,
        "process": process,
        "shown": shown,
        "documents": [(lang, documents.get(lang, "")) for lang in process.languages],
        "terms": _pretty(shown.terms if shown else {}),
        "rules": _pretty(shown.rules if shown else {}),
        "rule_lines": _rule_lines(shown),
        "signers": page.signers,
        "may_host": pages.may_host(officer, process),
        "editable": pages.may_host(officer, process)
        and (page.coming is None or page.coming.state == "draft"),
    }


def _keep(officer: Officer, process: Process, request: HttpRequest) -> Protocol:
    desk.process(officer, process.ref)
    groups, quorum = _rule(request.POST.get("rule", ""))
    return deeds.draft_protocol(
        by=officer,
        process=process,
        documents={
            lang: request.POST.get(f"document-{lang}", "").replace("\r\n", "\n") for lang in process.languages
        },
        terms=_read(request, "terms", "term sheet"),
        rules=_read(request, "rules", "rules"),
        groups=groups,
        quorum=quorum,
    )


def _rule(text: str) -> tuple[list[tuple[str, str, list[str]]], str]:
    """Lines `group NAME all|any|k MEMBERS` and `quorum NAME`; empty is all parties."""
    groups: list[tuple[str, str, list[str]]] = []
    quorum = ""
    for number, line in enumerate(text.splitlines(), 1):
        match line.split():
            case []:
                continue
            case ["group", name, needed, *members]:
                groups.append((name, needed, members))
            case ["quorum", name]:
                quorum = name
            case _:
                raise Invalid(
                    f"Line {number} of the rule cannot be read: {line.strip()[:80]}",
                    mend="Write `group all-parties all northland eastmark`, then `quorum all-parties`.",
                    where=[{"field": "rule", "message": f"line {number}"}],
                )
    if not groups:
        return [("all-parties", "all", [])], "all-parties"
    return groups, quorum or groups[-1][0]


def _rule_lines(shown: Protocol | None) -> str:
    if shown is None:
        return ""
    return "\n".join(line for line in shown.keyring.splitlines() if line.startswith(("group ", "quorum ")))


def _read(request: HttpRequest, field: str, what: str) -> dict[str, Any]:
    text = request.POST.get(field, "").strip() or "{}"
    if len(text) > LARGEST:
        raise Invalid(f"The {what} is longer than {LARGEST:,} characters.", where=[{"field": field}])
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        at = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid(
            f"The {what} is not JSON{at}.",
            mend="Mend that line; commas and quotation marks are the usual cause.",
            where=[{"field": field, "message": "not JSON"}],
        ) from error
    if not isinstance(value, dict):
        raise Invalid(f"The {what} is a JSON object: it begins with {{.", where=[{"field": field}])
    return value


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""
