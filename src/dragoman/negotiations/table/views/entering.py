"""Before there is a seat: enrolling, signing in, and freezing a key that is in other hands."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dragoman.base import limits
from dragoman.lib.problems import Invalid, NotAllowed, Problem
from dragoman.negotiations.actions import keys as key_deeds
from dragoman.negotiations.actions import seats as seat_deeds
from dragoman.negotiations.models import Party, Process, Spokesperson
from dragoman.negotiations.queries import seats, table_pages
from dragoman.negotiations.rules import orders, vkeys
from dragoman.negotiations.table import access, ceremonies, cookies, forms, invitations, pages, worth
from dragoman.negotiations.table.frame import language_of
from dragoman.negotiations.table.middleware import sitting_of
from dragoman.record import keys as record_keys

ENROLS_A_MINUTE = 10
SIGN_INS_A_MINUTE = 20
FREEZES_A_MINUTE = 10


@access.anyone
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """For whoever watches the process; asks the database nothing."""
    return HttpResponse("alive\n", content_type="text/plain")


@access.anyone
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The way in; for who has a seat, the way to their talks."""
    sitting = sitting_of(request)
    if sitting is not None:
        return pages.seen(reverse("table:talks", args=[sitting.process.ref]))
    return _sign_in_page(request)


@access.anyone
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, code: str) -> HttpResponse:
    """What an invitation leads to: a passkey is made, or a key of one's own is given. Works once."""
    limits.check(request, "table-enrol", a_minute=ENROLS_A_MINUTE)
    person = invitations.invited(code)
    if request.method != "POST":
        return _enrol_page(request, person)
    key = request.POST.get("key", "")[: forms.LARGEST]
    try:
        if request.POST.get("way") == "passkey":
            vkey, raw = ceremonies.take_new(request, person)
        else:
            vkey, raw = forms.vkey_of(key, person), {}
        person, made = key_deeds.enrol(code=code, vkey=vkey, raw=raw)
    except Problem as problem:
        return _enrol_page(request, person, error=problem, key=key)
    if made.kind != "webauthn":
        return render(request, "table/enrolled.html", {"person": person})
    return _seated(request, person, seat_deeds.sit_down(spokesperson=person, key=made), made.credential)


@access.anyone
@require_POST
def passkey_in(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey."""
    limits.check(request, "table-sign-in", a_minute=SIGN_INS_A_MINUTE)
    try:
        used = ceremonies.used(request)
        key = seats.key_of_credential(used.credential)
        if key is None or key.spokesperson is None:
            raise NotAllowed(
                "This passkey opens nothing here.",
                mend="Use another one, or ask the host for an invitation.",
                code="unknown-key",
            )
        nonce = ceremonies.take_sign_in(request, key, used)
        seat_deeds.spend(party=key.party, value=nonce)
        token = seat_deeds.sit_down(spokesperson=key.spokesperson, key=key)
    except Problem as problem:
        return _sign_in_page(request, error=problem)
    return _seated(request, key.spokesperson, token, used.credential)


@access.anyone
@require_safe
def challenge(request: HttpRequest) -> HttpResponse:
    """The text to sign for a sign-in with an own key. Whether there is such a party, it does not tell."""
    limits.check(request, "table-sign-in", a_minute=SIGN_INS_A_MINUTE)
    process, party = request.GET.get("process", "").strip(), request.GET.get("party", "").strip()
    found = table_pages.party_named(process[:40], party[:40])
    if found is None:  # a text like any other, which no key can make good
        found = Party(name=party, process=Process(ref=process))
    return pages.download(seat_deeds.challenge(party=found), "sign-in.txt")


@access.anyone
@require_POST
def key_in(request: HttpRequest) -> HttpResponse:
    """Sign in with what the offline tool signed."""
    limits.check(request, "table-sign-in", a_minute=SIGN_INS_A_MINUTE)
    try:
        note = forms.pasted(request, "note")
        person, token = seat_deeds.sign_in(text=orders.dump(orders.read(note)).decode(), line=note)
    except Problem as problem:
        # Who holds no key of a party learns from no refusal whether there is such a party.
        told = Invalid(
            "This does not sign a text that was given here in the last ten minutes, or it was used already.",
            mend="Get a new text, and sign it with a key of your party.",
            code="not-signed-in",
        )
        shown = problem.status in (403, 429) or problem.code == "nothing-given"
        return _sign_in_page(request, error=problem if shown else told)
    return _seated(request, person, token)


@access.anyone
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the seat."""
    sitting = sitting_of(request)
    if sitting is not None:
        seat_deeds.stand_up(seat=sitting.seat)
    answer = pages.seen(reverse("table:home"))
    cookies.take_seat(answer)
    return answer


@access.anyone
@require_http_methods(["GET", "HEAD", "POST"])
def freeze(request: HttpRequest) -> HttpResponse:
    """Freeze a party by an order that one of its keys signed. For who has lost the device that signs in."""
    context: dict[str, Any] = {"here": "freeze", "origin": record_keys.origin()}
    if request.method == "POST":
        limits.check(request, "table-freeze", a_minute=FREEZES_A_MINUTE)
        context["order"] = request.POST.get("order", "")[: forms.LARGEST]
        try:
            context["frozen"] = key_deeds.freeze_party(order=forms.pasted(request, "order"))
        except Problem as problem:
            # As above: who holds no key of a party learns nothing of it.
            shown = problem.status not in (404, 422) or problem.code in (
                "nothing-given",
                "order",
                "not-a-note",
            )
            told = Invalid(
                "No key of the party that the order names has signed it, or it is about other talks.",
                mend="Make it anew, with a key of the party that is in force and not frozen.",
                code="not-frozen",
            )
            context["error"] = problem if shown else told
    error = context.get("error")
    return render(request, "table/freeze.html", context, status=error.status if error else 200)


def _enrol_page(
    request: HttpRequest, person: Spokesperson, *, error: Problem | None = None, key: str = ""
) -> HttpResponse:
    party = person.party
    context = {
        "invited": person,
        "key": key,
        "key_name": vkeys.name_of(party.name, party.process.ref),
        "passkey": ceremonies.ask_new(request, person),
        "assurances": {one.kind: one for one in worth.all_kinds(language_of(request))},
        "error": error,
    }
    return render(request, "table/enrol.html", context, status=error.status if error else 200)


def _sign_in_page(request: HttpRequest, *, error: Problem | None = None) -> HttpResponse:
    context = {
        "next": _next(request),
        "process": request.GET.get("process", "")[:40],
        "party": request.GET.get("party", "")[:40],
        "passkey": ceremonies.ask_sign_in(request, cookies.credentials(request)),
        "error": error,
    }
    return render(request, "table/sign_in.html", context, status=error.status if error else 200)


def _seated(request: HttpRequest, person: Spokesperson, token: str, credential: str = "") -> HttpResponse:
    before = sitting_of(request)
    if before is not None:
        seat_deeds.stand_up(seat=before.seat)
    rotate_token(request)  # what was known of this browser before it had the seat is worth nothing now
    ref = person.party.process.ref
    there = _next(request)
    # Only to the own talks: another address would be refused there in the words of one that never was.
    mine = reverse("table:talks", args=[ref])
    answer = pages.seen(there if there.startswith(mine) else mine)
    cookies.give_seat(answer, token)
    if credential:
        cookies.remember(request, answer, credential)
    return answer


def _next(request: HttpRequest) -> str:
    """Where the person was going: a page of this table and nothing else."""
    there = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(there, allowed_hosts=None)
    return there[:500] if safe and there.startswith("/table/talks/") else ""
