"""Pages where people subscribe, say yes, change what they receive, and leave. No sign-in, no cookie.

A link in a mail changes nothing by being opened: programs open links too. Each change is a press of a button.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dragoman.base import limits
from dragoman.base.access import allow
from dragoman.base.actor import System
from dragoman.channels import forms_public as forms
from dragoman.channels import wording
from dragoman.channels.actions import recipients as actions
from dragoman.channels.queries import recipients as reads
from dragoman.channels.queries import subscribing
from dragoman.lib import mailaddress
from dragoman.lib.problems import Conflict, Invalid, NotFound, Problem

RECEPTION = System("reception")
ASKS_A_MINUTE = 6
OPENS_A_MINUTE = 60
SCRIPTS = Path(__file__).resolve().parent.parent / "public_scripts"
LARGEST = 10_000


@allow.anyone
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What can be subscribed to."""
    return _start(request)


def _start(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    offers = subscribing.offers()
    context = {
        "letters": [one for one in offers if one.by_letter],
        "browsers": [one for one in offers if not one.by_letter],
        "chosen": request.POST.get("list", ""),
        "given": request.POST.get("address", "")[:300] if error else "",
        "error": error,
    }
    return _page(request, "channels/public/subscribe.html", "/subscribe/", context, status)


@allow.anyone
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """The form. Whoever it is, and whether they are known or not, the answer is the same."""
    limits.check(request, "subscribe", a_minute=ASKS_A_MINUTE)
    lang = request.POST.get("lang", "")
    done = HttpResponseRedirect(f"/subscribe/asked/?{urlencode({'lang': lang})}")
    done.status_code = 303
    if request.POST.get("website"):
        return done  # a field that people do not see was filled in: no person did it
    offer = subscribing.offer(request.POST.get("list", ""))
    try:
        if not offer.by_letter:
            raise NotFound("This list takes no addresses.")
        address = forms.read_address(request.POST.dict())
        wishes = forms.read_wishes(offer, request.POST.get("language", ""), request.POST.getlist("topics"))
    except Invalid as problem:
        return _start(request, error=problem.detail, status=422)
    actions.ask_to_subscribe(
        by=RECEPTION,
        channel=offer.channel,
        identity=mailaddress.identity(address),
        address={"email": address, "reads": lang if lang in wording.languages() else ""},
        lang=wishes.lang,
        topics=wishes.topics,
    )
    return done


@allow.anyone
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Look into your mailbox."""
    return _page(request, "channels/public/asked.html", "/subscribe/asked/")


@allow.anyone
@require_http_methods(["GET", "HEAD", "POST"])
def yes(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the letter: a button, and what comes of pressing it."""
    limits.check(request, "subscriber", a_minute=OPENS_A_MINUTE)
    here = f"/subscribe/yes/{token}/"
    try:
        if request.method != "POST":
            reads.of_confirm_token(token)
            return _page(request, "channels/public/yes.html", here, {"token": token})
        recipient = actions.confirm_recipient(by=RECEPTION, token=token)
    except (NotFound, Conflict) as problem:
        return _no_link(request, problem)
    mine = reads.leave_url(recipient)
    return _page(request, "channels/public/done.html", here, {"mine": mine, "recipient": recipient})


@allow.anyone
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody receives, to be changed or ended."""
    limits.check(request, "subscriber", a_minute=OPENS_A_MINUTE)
    try:
        recipient = reads.of_leave_token(token)
        offer = subscribing.offer_of(recipient.channel)
        saved, error = False, ""
        if request.method == "POST":
            try:
                wishes = forms.read_wishes(
                    offer, request.POST.get("language", ""), request.POST.getlist("topics")
                )
                recipient = actions.change_recipient(
                    by=RECEPTION, recipient=recipient, lang=wishes.lang, topics=wishes.topics
                )
                saved = True
            except Invalid as problem:
                error = problem.detail
        if recipient.state != "confirmed":
            return _left(request)
    except (NotFound, Conflict) as problem:
        return _no_link(request, problem)
    context = {"offer": offer, "recipient": recipient, "token": token, "saved": saved, "error": error}
    return _page(request, "channels/public/mine.html", f"/subscribe/mine/{token}/", context)


@allow.anyone
@require_POST
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """The button on that page."""
    try:
        actions.leave(by=RECEPTION, recipient=reads.of_leave_token(token), why="on the page")
    except NotFound as problem:
        return _no_link(request, problem)
    return _left(request)


@allow.anyone
@require_http_methods(["GET", "HEAD", "POST"])
def out(request: HttpRequest, token: str) -> HttpResponse:
    """One click in the reader's mail program (RFC 8058): it posts, without a person looking at a page. Opened
    by hand it leads to the page instead. A link that was used before succeeds again."""
    if request.method != "POST":
        return HttpResponseRedirect(f"/subscribe/mine/{token}/")
    try:
        actions.leave(by=RECEPTION, recipient=reads.of_leave_token(token), why="one click")
    except NotFound as problem:
        return _no_link(request, problem)
    return HttpResponse("You have left.\n", content_type="text/plain; charset=utf-8")


@allow.anyone
@require_POST
def browser(request: HttpRequest) -> HttpResponse:
    """A browser says yes. Answers with the token by which it says no again."""
    limits.check(request, "subscribe-browser", a_minute=ASKS_A_MINUTE)
    told = _json(request)
    offer = subscribing.offer(str(told.get("list", "")))
    topics = told.get("topics")
    try:
        wishes = forms.read_wishes(
            offer,
            str(told.get("language", "")),
            [str(one) for one in topics] if isinstance(topics, list) else [],
        )
    except Invalid as problem:
        raise Invalid(wording.load("en")[problem.detail], code=problem.code) from None
    subscription = told.get("subscription")
    recipient = actions.add_browser(
        by=RECEPTION,
        channel=offer.channel,
        told=subscription if isinstance(subscription, dict) else {},
        lang=wishes.lang,
        topics=wishes.topics,
    )
    return JsonResponse({"token": reads.leave_url(recipient).rstrip("/").rpartition("/")[2]}, status=201)


@allow.anyone
@require_safe
def script(request: HttpRequest, name: str) -> HttpResponse:
    """The look of these pages and the two scripts of notices: of the page, and the one that shows them while
    no page is open. They lie under `/subscribe/`, for the second may act no higher than where it lies."""
    kind = "css" if name.endswith(".css") else "javascript"
    data = (SCRIPTS / name).read_bytes()
    answer = HttpResponse(data, content_type=f"text/{kind}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _json(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > LARGEST:
        raise Invalid("This is too long to be a subscription.", code="too-long")
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Invalid("This is not JSON that can be read.", code="json")
    return told


def _left(request: HttpRequest) -> HttpResponse:
    return _page(request, "channels/public/left.html", "/subscribe/")


def _no_link(request: HttpRequest, problem: Problem) -> HttpResponse:
    return _page(request, "channels/public/no_link.html", "/subscribe/", status=problem.status)


def _page(
    request: HttpRequest, template: str, here: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """In the site's look, in every language that these pages have words for. Never kept, never searched, and
    its address, which may hold a token, is told to nobody."""
    alternates = [{"lang": code, "url": f"{here}?lang={code}"} for code in wording.languages()]
    answer = render(request, template, {"alternates": alternates, **(context or {})}, status=status)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
