"""What a party keeps in order: its keys, what it asks to have put right, and its leaving."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dragoman.base import clock, limits
from dragoman.lib.problems import Invalid, NotFound, Problem
from dragoman.negotiations.actions import asks as ask_deeds
from dragoman.negotiations.actions import keys as key_deeds
from dragoman.negotiations.models import PartyKey, Spokesperson
from dragoman.negotiations.queries import table, table_pages
from dragoman.negotiations.rules import orders, timing
from dragoman.negotiations.table import access, ceremonies, cookies, forms, pages, words_of, worth
from dragoman.negotiations.table.frame import language_of
from dragoman.negotiations.table.middleware import NOT_HERE
from dragoman.negotiations.table.views.answering import DEEDS_A_MINUTE
from dragoman.negotiations.table.views.reading import seated
from dragoman.record import keys as record_keys


@access.party
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest, ref: str) -> HttpResponse:
    """The party's keys; one more can be added, which binds nobody before a keyring names it."""
    person = seated(request).person
    error: Problem | None = None
    given = request.POST.get("key", "")[: forms.LARGEST]
    if request.method == "POST":
        limits.check(request, "table-deed", a_minute=DEEDS_A_MINUTE)
        try:
            if request.POST.get("drop"):
                return _drop(request, person)
            if request.POST.get("way") == "passkey":
                vkey, raw = ceremonies.take_new(request, person)
            else:
                vkey, raw = forms.vkey_of(given, person), {}
            made = key_deeds.add_key(by=person, vkey=vkey, raw=raw)
            answer = pages.seen(f"{reverse('table:keys', args=[ref])}?done=added")
            if made.credential:
                cookies.remember(request, answer, made.credential)
            return answer
        except Problem as problem:
            error = problem
    return _keys_page(request, person, given, error)


@access.party
@require_http_methods(["GET", "HEAD", "POST"])
def corrections(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask for a correction of a released joint text, or take the asking back."""
    person = seated(request).person
    error: Problem | None = None
    if request.method == "POST":
        limits.check(request, "table-deed", a_minute=DEEDS_A_MINUTE)
        try:
            done = _ask(request, person)
            return pages.seen(f"{reverse('table:corrections', args=[ref])}?done={done}")
        except Problem as problem:
            error = problem
    lang = language_of(request)
    done = request.GET.get("done", "")
    context = {
        "here": "talks",
        "released": _released(person, lang),
        "asks": table.asks(person),
        "about": request.POST.get("about", ""),
        "words": request.POST.get("words", ""),
        "done": words_of.say(lang, f"done_{done}") if done in ("ask", "take_back") else "",
        "error": error,
    }
    return render(request, "table/corrections.html", context, status=error.status if error else 200)


@access.party
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, ref: str) -> HttpResponse:
    """Leave the talks, by an order that a key of the party signs."""
    person = seated(request).person
    error: Problem | None = None
    if request.method == "POST":
        limits.check(request, "table-deed", a_minute=DEEDS_A_MINUTE)
        try:
            key_deeds.leave(by=person, order=_leave_order(request, person))
            answer = pages.seen(reverse("table:home"))
            cookies.take_seat(answer)
            return answer
        except Problem as problem:
            error = problem
    lang = language_of(request)
    held = [key for key in table_pages.keys(person) if key.usable]
    context = {
        "here": "talks",
        "after": words_of.say(lang, f"leave_{table_pages.leaving(person)}"),
        "passkey": ceremonies.ask_kept(request, "leave", _leave_text(person), held),
        "order": request.POST.get("order", "")[: forms.LARGEST],
        "origin": record_keys.origin(),
        "error": error,
    }
    return render(request, "table/leave.html", context, status=error.status if error else 200)


def _keys_page(request: HttpRequest, person: Spokesperson, given: str, error: Problem | None) -> HttpResponse:
    lang = language_of(request)
    held, done = table_pages.keys(person), request.GET.get("done", "")
    known = tuple(key.credential for key in held if key.credential)
    context = {
        "here": "keys",
        "keys": [_key(key, person, lang) for key in held],
        "passkey": ceremonies.ask_new(request, person, known=known),
        "assurances": worth.all_kinds(lang),
        "key": given,
        "done": words_of.say(lang, f"key_{done}") if done in ("added", "dropped") else "",
        "error": error,
    }
    return render(request, "table/keys.html", context, status=error.status if error else 200)


def _drop(request: HttpRequest, person: Spokesperson) -> HttpResponse:
    wanted = request.POST["drop"]
    key = next((one for one in table_pages.keys(person) if str(one.pk) == wanted), None)
    if key is None:
        raise NotFound(NOT_HERE)
    key_deeds.drop_key(by=person, key=key)
    return pages.seen(f"{reverse('table:keys', args=[person.party.process.ref])}?done=dropped")


def _key(key: PartyKey, person: Spokesperson, lang: str) -> dict[str, Any]:
    return {
        "pk": key.pk,
        "may_drop": key.usable and key.vkey not in person.party.process.keyring,
        "label": worth.of(key.kind, lang).label,  # type: ignore[arg-type]  # a row's kind is one of the three
        "owner": key.spokesperson.name if key.spokesperson else "",
        "frozen": key.frozen_at is not None,
        "bound": key.vkey in person.party.process.keyring,
        "added_at": key.added_at,
        "vkey": key.vkey,
    }


def _ask(request: HttpRequest, person: Spokesperson) -> str:
    number = request.POST.get("take_back", "")
    if number:
        ask = table.asks(person).filter(pk=int(number)).first() if number.isdecimal() else None
        if ask is None:
            raise NotFound(NOT_HERE)
        ask_deeds.take_back_ask(by=person, ask=ask)
        return "take_back"
    statement, _, rev = request.POST.get("about", "").partition("/")
    words = request.POST.get("words", "").replace("\r\n", "\n").strip()
    if not words or len(words) > 8000:
        raise Invalid("Say what is wrong, in up to 8,000 characters.", code="no-words")
    ask_deeds.ask_correction(
        by=person, statement=statement, rev=int(rev) if rev.isdecimal() and len(rev) < 6 else 0, words=words
    )
    return "ask"


def _released(person: Spokesperson, lang: str) -> list[dict[str, str]]:
    found = []
    for one in table_pages.released(person):
        titles = {text.lang: text.title for text in one.texts.all()}
        title = titles.get(lang) or next(iter(titles.values()), one.statement)
        revision = words_of.say(lang, "rev_n", n=one.rev)
        found.append(
            {"value": f"{one.statement}/{one.rev}", "label": f"{title} ({one.statement}, {revision})"}
        )
    return found


def _leave_text(person: Spokesperson) -> bytes:
    return orders.dump(
        orders.Order(
            kind="leave",
            origin=record_keys.origin(),
            process=person.party.process.ref,
            party=person.party.name,
            at=timing.stamp(clock.now()),
            nonce=secrets.token_urlsafe(24),
        )
    )


def _leave_order(request: HttpRequest, person: Spokesperson) -> str:
    """The signed order: made of what a passkey signed, or as the offline tool wrote it."""
    if request.POST.get("sure") != "1":
        raise Invalid("Say that you are sure.", code="not-sure")
    if request.POST.get("way") != "passkey":
        return forms.pasted(request, "order")
    text = ceremonies.take_kept(request, "leave")
    used = ceremonies.used(request)
    mine = [key for key in table_pages.keys(person) if key.credential == used.credential and key.usable]
    if not mine:
        raise Invalid("This passkey is none of your party's.", code="unknown-key")
    return orders.assemble(orders.parse(text), [used.line(mine[0].vkey)]).decode()
