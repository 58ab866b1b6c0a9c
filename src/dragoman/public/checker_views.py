"""The checker's answers from the server: as a page for a form without scripts, as JSON for programs."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dragoman.base import limits
from dragoman.base.access import allow
from dragoman.lib.eligibility.values import Verdict
from dragoman.lib.problems import Invalid, NotFound
from dragoman.public import checker, queries, rules, site, words
from dragoman.public.checker import Checker
from dragoman.public.frame import language_of
from dragoman.public.values import SheetPage

A_MINUTE = 60
MOST_ANSWERS = 60


@allow.anyone
@require_http_methods(["POST", "GET"])
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """`POST /check/<sheet>`: a form's answers, told as a page; or `{"answers": {"days": 5}, "lang": "en"}`,
    told as JSON. Asks no name, keeps nothing."""
    limits.check(request, "check", a_minute=A_MINUTE)
    sheet, found = _published(slug)
    if request.content_type == "application/json":
        return _as_json(request, sheet, found)
    return _as_page(request, sheet, found)


def _published(slug: str) -> tuple[SheetPage, Checker]:
    sheet = queries.sheet(slug)
    found = checker.checker_of(sheet) if sheet else None
    if sheet is None or found is None:
        mend = "Look at the list of fact sheets."
        raise NotFound(f"No checker is published for “{slug[:60]}”.", mend=mend, code="no-table")
    return sheet, found


def _as_json(request: HttpRequest, sheet: SheetPage, found: Checker) -> HttpResponse:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    answers = body.get("answers", {}) if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(answers, dict) or len(answers) > MOST_ANSWERS:
        mend = 'Send {"answers": {"days": 5}}.'
        raise Invalid("The body is not a JSON object with answers.", mend=mend, code="not-json")
    asked = str(body.get("lang") or "")
    lang = asked if rules.LANG.fullmatch(asked) else language_of(request)
    verdict = checker.verdict_of(sheet, found, answers)
    return JsonResponse(checker.told(sheet, found, verdict, lang))


def _as_page(request: HttpRequest, sheet: SheetPage, found: Checker) -> HttpResponse:
    lang = language_of(request)
    raw = {one.id: request.POST.get(one.id, "")[:200] for one in found.table.questions}
    context = checker.shown(sheet, found, lang, raw)
    by_id = {one["id"]: one for one in context["questions"]}
    context["sheet_url"] = rules.sheet_path(sheet.slug, lang)
    status = 200
    if request.method == "POST":
        try:
            verdict = checker.verdict_of(sheet, found, raw)
        except Invalid as refusal:
            context["wrong"] = [by_id[place["field"]] for place in refusal.where if place["field"] in by_id]
            status = refusal.status
        else:
            context |= _verdict(context, verdict, found, lang)
            context["next"] = by_id.get(verdict.ask)
    return render(request, "public/checker_answer.html", context, status=status)


def _verdict(context: dict[str, Any], verdict: Verdict, found: Checker, lang: str) -> dict[str, Any]:
    cited = checker.cited(found, verdict)
    known = words.load(lang, site.home())
    open_still = verdict.outcome == "open"
    firm = () if verdict.outcome == "revised" else verdict.rows
    return {
        "verdict": verdict,
        "says": "" if open_still else known[f"chk_out_{verdict.outcome}"],
        "because": [one for one in context["reasons"] if one["id"] in firm],
        "cited": [one for one in context["facts"] if one["number"] in cited],
    }
