"""What every page of the table has around it: a context processor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dragoman.negotiations.table import cookies, words_of
from dragoman.negotiations.table.middleware import sitting_of
from dragoman.public import rules


def frame(request: HttpRequest) -> dict[str, Any]:
    """The words in the reader's language, who has the seat, and the other languages of this page."""
    lang = language_of(request)
    sitting = sitting_of(request)
    offered = sitting.process.languages if sitting else words_of.languages()
    return {
        "t": words_of.load(lang),
        "lang": lang,
        "dir": rules.direction(lang),
        "sitting": sitting,
        "sample": settings.DRAGOMAN.sample,
        "site": settings.DRAGOMAN.public_url,
        "tongues": [code for code in offered if words_of.known(code)],
    }


def language_of(request: HttpRequest) -> str:
    """The language that is asked for by `?lang=`, else the one kept by this browser, else the person's own,
    else the browser's, else English. Only those that there are words for."""
    sitting = sitting_of(request)
    asked = [request.GET.get("lang", ""), cookies.language(request)]
    asked += [sitting.person.lang] if sitting else []
    asked += [
        part.partition(";")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")
    ]
    return next((code for one in asked if (code := words_of.known(one))), words_of.FALLBACK)
