"""Where people ask, look up their answer, and search what was answered. No sign-in, no name, no cookie."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from dragoman.base import limits
from dragoman.base.access import allow
from dragoman.base.actor import System
from dragoman.inbox import asking
from dragoman.inbox.actions import intake
from dragoman.inbox.queries import asking as reads
from dragoman.lib.problems import Invalid, Unavailable
from dragoman.public import words as site_words
from dragoman.public.frame import language_of

RECEPTION = System("reception")
ASKS_A_MINUTE = 6
LOOKS_A_MINUTE = 30
SEARCHES_A_MINUTE = 60


@allow.anyone
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form. What is asked is kept, private, under a number that only the asker gets.

    When approved answers share its words they are shown first; the same press again sends it all the same.
    """
    sheet = (request.GET.get("sheet") or request.POST.get("sheet") or "")[:50]
    if request.method != "POST":
        return _ask(request, sheet)
    limits.check(request, "ask", a_minute=ASKS_A_MINUTE)
    lang = language_of(request)
    text = request.POST.get("text", "")
    if not any(unicodedata.category(letter)[0] not in "CZ" for letter in text):
        text = ""  # spaces and invisible marks alone are no words
    if request.POST.get("website"):
        return _ask(request, sheet)  # a field that people do not see was filled in: no person did it
    maybe = [] if request.POST.get("sure") else reads.near(text, lang=lang)
    if maybe:
        return _ask(request, sheet, text=text, maybe=maybe)
    mission = reads.mission_for(sheet)
    if mission is None:
        raise Unavailable("Questions are not taken yet.", mend="Please try again later.")
    try:
        message = intake.take_question(by=RECEPTION, mission=mission, text=text)
    except Invalid:
        error = "ask_long" if text.strip() else "ask_empty"
        return _ask(request, sheet, text=text, error=error, status=422)
    query = urlencode({"lang": lang})
    return _seen(f"/ask/receipt/{asking.shown(message.outside_id)}/?{query}&new=1")


@allow.anyone
@require_safe
def look(request: HttpRequest) -> HttpResponse:
    """The field for a receipt number, which leads to its page."""
    limits.check(request, "receipt", a_minute=LOOKS_A_MINUTE)
    number = request.GET.get("number", "")
    known = asking.outside_id(number)
    if known:
        return _seen(f"/ask/receipt/{asking.shown(known)}/?{urlencode({'lang': language_of(request)})}")
    context = {"number": number[:60], "wrong": bool(number.strip())}
    return _page(request, "inbox/public/look.html", context, status=404 if context["wrong"] else 200)


@allow.anyone
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """How a question stands, and its answer once there is one. Its own words are not shown again."""
    limits.check(request, "receipt", a_minute=LOOKS_A_MINUTE)
    found = reads.receipt(asking.outside_id(number))
    if found is None:
        context: dict[str, Any] = {"number": number[:60], "wrong": True}
        return _page(request, "inbox/public/look.html", context, status=404)
    lang = language_of(request)
    when = site_words.day_and_time(found.answered_at, lang, "UTC") if found.answered_at else ""
    told = asking.load(lang).say("told", when=when) if when else ""
    context = {"found": found, "number": number.upper(), "told": told, "fresh": "new" in request.GET}
    return _page(request, "inbox/public/receipt.html", context)


@allow.anyone
@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    """Approved answers by their words."""
    limits.check(request, "answers", a_minute=SEARCHES_A_MINUTE)
    words = request.GET.get("q", "").replace("\x00", "")[: reads.LONGEST_SEARCH]
    lang, sheet = language_of(request), request.GET.get("sheet", "")[:50]
    found = reads.search(words, lang=lang, sheet=sheet)
    told = asking.load(lang).say("search_found", count=len(found))
    context = {"found": found, "words": words, "told": told, "sheet": sheet}
    return _page(request, "inbox/public/answers.html", context)


def _ask(request: HttpRequest, sheet: str, *, status: int = 200, **more: Any) -> HttpResponse:
    about = reads.sheet_title(sheet, language_of(request))
    return _page(request, "inbox/public/ask.html", {"sheet": sheet, "about": about, **more}, status=status)


def _seen(where: str) -> HttpResponse:
    answer = HttpResponseRedirect(where)
    answer.status_code = 303
    return answer


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """In the site's look. Never kept, never searched."""
    here = request.path
    context |= {
        "s": asking.load(language_of(request)),
        "alternates": [{"lang": code, "url": f"{here}?lang={code}"} for code in asking.languages()],
    }
    answer = render(request, template, context, status=status)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
