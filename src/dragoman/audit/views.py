"""The audit's pages: search, one event, export, check of the chain."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from dragoman.audit import actions, exports, queries
from dragoman.audit.forms import SearchForm
from dragoman.audit.models import Event, EventQuerySet
from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.lib.problems import NotFound

FORMS = {
    "csv": (exports.as_csv, "text/csv; charset=utf-8"),
    "jsonl": (exports.as_json_lines, "application/jsonl; charset=utf-8"),
}


@allow("auditor", "administrator")
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    form, found, asked = _search(request, request.GET)
    page = queries.page(
        found, before=_number(request.GET.get("before")), after=_number(request.GET.get("after"))
    )
    reader: Any = request.user
    context = {
        "form": form,
        "page": page,
        "asked": urlencode(asked),
        "wanted": asked,
        "verbs": queries.verbs(),
        "may_export": reader.has_role("auditor"),
    }
    return render(request, "audit/events.html", context)


@allow("auditor", "administrator")
@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    found = _seen(request).filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no event {pk} that you may read.")
    context = {
        "event": found,
        "link": queries.link_of(found),
        "sound": found.computed_digest() == found.digest,
        "data": json.dumps(found.data, ensure_ascii=False, indent=2) if found.data else "",
        "around": _seen(request).filter(target=found.target).exclude(pk=pk).order_by("-id")[:10],
    }
    return render(request, "audit/event.html", context)


@allow("auditor")
@require_POST
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Streams, so that a million events need no more memory than ten."""
    if form not in FORMS:
        raise NotFound(f"The audit has no form “{form}”; it has {' and '.join(FORMS)}.")
    write, media_type = FORMS[form]
    _, found, asked = _search(request, request.POST)
    reader: Any = request.user
    actions.note_export(by=reader, form=form, filters=asked)
    response = StreamingHttpResponse(write(queries.in_order(found)), content_type=media_type)
    name = f"audit-{clock.now():%Y-%m-%d-%H%M}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@allow("auditor")
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    return render(request, "audit/check.html", {"chain": queries.verify_chain(), "at": clock.now()})


def _seen(request: HttpRequest) -> EventQuerySet:
    reader: Any = request.user
    return Event.objects.all().visible_to(reader)


def _search(request: HttpRequest, given: Any) -> tuple[SearchForm, EventQuerySet, dict[str, str]]:
    form = SearchForm(given)
    form.is_valid()
    asked = {name: given.get(name, "") for name in form.fields if given.get(name)}
    return form, _seen(request).matching(**form.narrowing()), asked


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
