"""Deliveries: the list, one with its attempts, and what only a person can decide."""

from __future__ import annotations

from functools import partial

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dragoman.base.access import allow
from dragoman.channels import actions, queries, states
from dragoman.channels.connector import TIMELINE
from dragoman.channels.forms import DecideForm
from dragoman.channels.models import Delivery
from dragoman.channels.queries import deciding as sheet_of
from dragoman.channels.views.common import do, officer_of
from dragoman.lib.problems import Problem

PAGE = 50


@allow.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Deliveries, newest first; those that want a person on demand."""
    officer = officer_of(request)
    state = request.GET.get("state", "")
    state = state if state in (*states.DELIVERY.states, "person") else ""
    slug = request.GET.get("channel", "")
    rows = queries.delivery_rows(officer, state=state, channel_slug=slug)
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "states": states.DELIVERY.states,
        "state": state,
        "slug": slug,
        "channels": queries.channel_rows(officer),
        "wanting": queries.waiting_for_a_person(officer),
    }
    return render(request, "channels/deliveries.html", context)


@allow.officer
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: what was said, where it stands, every attempt."""
    return render(request, "channels/delivery.html", _context(request, pk))


@allow("releaser")
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """A person has looked for an unsure post."""
    officer = officer_of(request)
    delivery = queries.delivery(pk, officer)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = form.cleaned_data["answer"]
        try:
            actions.decide_unsure(
                by=officer,
                delivery=delivery,
                was_sent=answer == "out",
                remote_url=form.cleaned_data["remote_url"],
                why=form.cleaned_data["why"],
                again=answer == "again",
            )
            return redirect("channels:delivery", pk)
        except Problem as problem:
            form.take(problem)
    context = {**_context(request, pk), "form": form, "window": sheet_of.window(delivery)}
    context["neighbour"] = sheet_of.neighbour(delivery)
    return render(request, "channels/decide.html", context, status=422 if form.errors else 200)


@allow("releaser")
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send again what was refused."""
    officer = officer_of(request)
    deed = partial(actions.retry_delivery, by=officer, delivery=queries.delivery(pk, officer))
    return do(request, deed, "It is sent again.", "channels:delivery", pk)


@allow("releaser")
@require_POST
def taken_down(request: HttpRequest, pk: int) -> HttpResponse:
    """A person has taken the copy down on the network itself."""
    officer = officer_of(request)
    delivery = queries.delivery(pk, officer)
    deed = partial(actions.mark_taken_down, by=officer, delivery=delivery, why=request.POST.get("why", ""))
    return do(request, deed, "Noted: the copy is gone.", "channels:delivery", pk)


def _context(request: HttpRequest, pk: int) -> dict[str, object]:
    officer = officer_of(request)
    delivery: Delivery = queries.delivery(pk, officer)
    return {
        "delivery": delivery,
        "post": queries.post_of(delivery),
        "attempts": delivery.attempts.all(),
        "timeline": queries.able(delivery.channel, TIMELINE),
        "takedown": getattr(delivery, "takedown", None),
        "may_decide": officer.may("releaser", delivery.channel.mission),
        "zone": delivery.channel.mission.zone,
        "decisions": sheet_of.decisions(delivery),
    }
