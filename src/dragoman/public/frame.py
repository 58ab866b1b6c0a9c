"""What every page of the reception needs to look like the site around it: a context processor."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from dragoman.public import render, words


def frame(request: HttpRequest) -> dict[str, Any]:
    """The site's words and looks in the reader's language."""
    return render.frame(language_of(request))


def language_of(request: HttpRequest) -> str:
    """The language that is asked for by `?lang=` (or a form's `lang`), else by the browser, else English.

    Only languages that the site has words for.
    """
    known = words.packaged()
    asked = [request.GET.get("lang", ""), request.POST.get("lang", "") if request.method == "POST" else ""]
    asked += [
        part.partition(";")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")
    ]
    for code in asked:
        for one in (code, code.partition("-")[0]):
            if one in known:
                return one
    return words.FALLBACK
