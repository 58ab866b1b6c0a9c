"""The answer to "Did you say this?" where the index in the page has none: near matches, no scripts."""

from __future__ import annotations

import json
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dragoman.base import limits
from dragoman.base.access import allow
from dragoman.lib.problems import Invalid, TooLarge, Unavailable
from dragoman.public import said, said_queries, words
from dragoman.public.frame import language_of
from dragoman.public.said_queries import Found

A_MINUTE = 20


@allow.anyone
@require_http_methods(["POST"])
def near(request: HttpRequest) -> HttpResponse:
    """`POST /said/near` with JSON: `{"text": "..."}`, or `{"picture": sha256, "looks": 16 hex digits}`."""
    limits.check(request, "said", a_minute=A_MINUTE)
    try:
        given = json.loads(request.body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Invalid("The body is not a JSON object.", mend='Send {"text": "..."}.', code="not-json")
    return JsonResponse(as_json(_picture(given) if "picture" in given else _text(given.get("text"))))


@allow.anyone
@require_http_methods(["POST", "GET"])
def ask(request: HttpRequest) -> HttpResponse:
    """The same for a form without scripts."""
    limits.check(request, "said", a_minute=A_MINUTE)
    text = request.POST.get("text", "")
    found = _text(text) if text.strip() else None
    known = words.load(language_of(request))
    when = words.day_and_time(found.released, known.lang, "UTC") if found and found.released else ""
    return render(request, "public/said_answer.html", {"found": found, "text": text, "when": when})


def as_json(found: Found) -> dict[str, Any]:
    """The answer as the page's script reads it."""
    return {
        "verdict": found.verdict,
        "what": found.what,
        "ref": found.ref,
        "rev": found.rev,
        "lang": found.lang,
        "title": found.title,
        "url": found.url,
        "newest": found.newest_url,
        "released": found.released.isoformat() if found.released else "",
        "found": found.found,
        "total": found.total,
        "change": [[piece.stroke, piece.text] for piece in found.change],
    }


def _text(given: object) -> Found:
    if not isinstance(given, str) or not given.strip():
        raise Invalid("There is no text.", mend="Paste a text or a link.", where=[{"field": "text"}])
    if len(given) > said.MOST_LETTERS:
        raise TooLarge(
            f"At most {said.MOST_LETTERS} letters are compared at a time; these are {len(given)}.",
            mend="Paste a part of it.",
        )
    try:
        return said_queries.look_up(given.replace("\x00", ""))
    except DatabaseError:
        raise Unavailable("The comparison took too long.", mend="Paste a shorter part of it.") from None


def _picture(given: dict[str, Any]) -> Found:
    digest, looks = str(given.get("picture", "")), str(given.get("looks") or "")
    if len(digest) != 64 or not set(digest + looks) <= set("0123456789abcdef") or len(looks) not in (0, 16):
        raise Invalid("A picture is asked for by its SHA-256, and by 16 hex digits of its looks.")
    bits = int(looks, 16) if looks else None
    if bits is not None and bits >= 1 << 63:
        bits -= 1 << 64
    return said_queries.look_up_picture(digest, bits)
