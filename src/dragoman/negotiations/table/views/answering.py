"""What a party does to a round: consents, declines, objects, takes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dragoman.base import limits
from dragoman.lib.problems import Conflict, Invalid, Problem
from dragoman.negotiations.actions import answers
from dragoman.negotiations.queries import table, table_pages
from dragoman.negotiations.queries.table import RoundShown
from dragoman.negotiations.rules import orders
from dragoman.negotiations.table import access, ceremonies, forms, pages, round_shown, words_of
from dragoman.negotiations.table.frame import language_of
from dragoman.negotiations.table.views.reading import seated, show_round

DEEDS_A_MINUTE = 30


@access.party
@require_POST
def consent(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Sign the round: by passkey, or by what the offline tool or OpenSSH wrote."""
    shown = _round(request, number)
    person = seated(request).person
    given = request.POST.get("line", "")[: forms.LARGEST]

    def deed() -> None:
        if not forms.ticked(request.POST, round_shown.languages(shown)):
            raise Invalid(words_of.say(language_of(request), "must_read"), code="not-read")
        keys = table_pages.keys(person)
        if request.POST.get("way") == "passkey":
            used = ceremonies.used(request)
            mine = [key for key in keys if key.credential == used.credential and key.usable]
            if not mine:
                raise Invalid("This passkey is none of your party's.", code="unknown-key")
            answers.consent(by=person, round=shown.round, line=used.line(mine[0].vkey), raw=used.raw)
        else:
            line = forms.line_of(forms.pasted(request, "line"), keys)
            answers.consent(by=person, round=shown.round, line=line)

    typed = {"line": given, "read": request.POST.getlist("read"), "open_own": bool(given)}
    return _done(request, number, "consent", deed, typed)


@access.party
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Say no, with or without why, and with or without the words that the party would sign."""
    person = seated(request).person
    shown = table.round_shown(person, number)
    if not shown.may_answer:
        raise Conflict("This round takes no answer of yours.", mend="See how it stands.", code="not-open")
    human = round_shown.human(shown) if shown.round.kind == "joint" else ()
    chosen, words = forms.reasons(request.POST), request.POST.get("words", "")
    error: Problem | None = None
    if request.method == "POST":
        limits.check(request, "table-deed", a_minute=DEEDS_A_MINUTE)
        try:
            if request.POST.get("way") == "order":
                order = forms.pasted(request, "order")
                words = orders.read(order).words
                answers.decline(by=person, round=shown.round, words=words, line=order)
            else:
                counter = forms.counter_texts(request.POST, human)
                why = forms.why(chosen, words)
                answers.decline(by=person, round=shown.round, words=why, counter=counter or None)
            return _seen(ref, number, "decline")
        except Problem as problem:
            error = problem
    context = {
        "here": "talks",
        "round": shown.round,
        "titles": round_shown.titles(shown),
        "reasons": _reasons(language_of(request), chosen),
        "words": words,
        "order": request.POST.get("order", "")[: forms.LARGEST],
        "texts": [_counter(request, text) for text in human],
        "error": error,
    }
    return render(request, "table/decline.html", context, status=error.status if error else 200)


@access.party
@require_POST
def object_to(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Object to a notice within its window."""
    shown = _round(request, number)
    person = seated(request).person
    words = request.POST.get("words", "").replace("\r\n", "\n").strip()[:5000]
    return _done(
        *(request, number, "object"),
        lambda: answers.object_to(by=person, round=shown.round, words=words),
        {"words": words},
    )


@access.party
@require_POST
def withdraw(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Take a consent back before the release begins."""
    shown = _round(request, number)
    person = seated(request).person

    def deed() -> None:
        order = forms.pasted(request, "order") if request.POST.get("way") == "order" else ""
        answers.withdraw_consent(by=person, round=shown.round, order=order)

    typed = {"order": request.POST.get("order", "")[: forms.LARGEST]}
    return _done(request, number, "withdraw", deed, typed)


@access.party
@require_POST
def pulse(request: HttpRequest, ref: str) -> HttpResponse:
    """Hold the pulse line back, where the protocol lets a party do so, or let it go."""
    limits.check(request, "table-deed", a_minute=DEEDS_A_MINUTE)
    answers.hold_pulse(by=seated(request).person, hold=request.POST.get("hold") == "1")
    return pages.seen(f"{reverse('table:talks', args=[ref])}#pulse")


def _round(request: HttpRequest, number: int) -> RoundShown:
    limits.check(request, "table-deed", a_minute=DEEDS_A_MINUTE)
    return table.round_shown(seated(request).person, number)


def _done(
    request: HttpRequest, number: int, what: str, deed: Callable[[], Any], typed: dict[str, Any]
) -> HttpResponse:
    """Do it and lead to the page that says so; or show the page with why it was not done."""
    try:
        deed()
    except Problem as problem:
        return show_round(request, number, status=problem.status, error=problem, **typed)
    return _seen(seated(request).process.ref, number, what)


def _seen(ref: str, number: int, what: str) -> HttpResponse:
    where = reverse("table:round", args=[ref, number])
    return pages.seen(f"{where}?{urlencode({'done': what})}")


def _reasons(lang: str, chosen: list[str]) -> list[dict[str, Any]]:
    known = words_of.load(lang)
    return [{"value": one, "label": known[f"reason_{one}"], "chosen": one in chosen} for one in forms.REASONS]


def _counter(request: HttpRequest, text: Any) -> dict[str, Any]:
    """The words that the party would have: those put, until other ones were typed."""
    put = {"title": text.title, "summary": text.summary, "body": text.body}
    typed = {name: request.POST.get(f"{name}-{text.lang}", words) for name, words in put.items()}
    return {"lang": text.lang, "given": typed != put, **typed}
