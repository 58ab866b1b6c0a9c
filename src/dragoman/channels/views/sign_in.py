"""Signing a channel in on its network's own page, and reading what comes in."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dragoman.base.access import allow
from dragoman.channels import actions, queries
from dragoman.channels.actions import Returned
from dragoman.channels.views.common import do, officer_of
from dragoman.lib.problems import Problem

LONGEST = 4000


@allow("administrator")
@require_http_methods(["GET", "POST"])
@never_cache
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """What will happen and what to register there; the button leads on to the network.

    The way on is a link and no redirect: the page's policy lets no form lead to another origin, and a network
    may send the browser through several.
    """
    officer = officer_of(request)
    channel = queries.channel(slug, officer)
    kind = queries.kind_of(channel)
    context = {
        "channel": channel,
        "kind": kind,
        "redirect_uri": redirect_uri(),
        "standing": queries.standing_of(channel),
        "host": queries.network_host(channel),
    }
    if request.method != "POST":
        return render(request, "channels/connect.html", context)
    try:
        url = actions.begin_sign_in(by=officer, channel=channel, redirect_uri=redirect_uri())
    except Problem as problem:
        context["problem"] = problem
        return render(request, "channels/connect.html", context, status=problem.status)
    context |= {"url": url, "host": urlsplit(url).hostname}
    return render(request, "channels/leaving.html", context)


@allow("administrator")
@require_safe
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """The network sends the officer back. Whatever is not as it should be is told, and changes nothing."""
    given = {name: request.GET.get(name, "")[:LONGEST] for name in ("state", "code", "error", "iss")}
    returned = Returned(**given, description=request.GET.get("error_description", "")[:LONGEST])
    try:
        channel = actions.finish_sign_in(by=officer_of(request), returned=returned)
    except Problem as problem:
        return render(request, "channels/not_connected.html", {"problem": problem}, status=problem.status)
    messages.success(request, f"{channel.label} is connected. What the network said of it is below.")
    missing = queries.missing_scopes(channel)
    if missing:
        words = f"The network gave less than was asked; not: {', '.join(missing)}. Some things will not work."
        messages.warning(request, words)
    return redirect("channels:show", channel.slug)


@allow("administrator")
@require_POST
def listen(request: HttpRequest, slug: str) -> HttpResponse:
    """Fetch what people answer on a channel, or no longer."""
    officer = officer_of(request)
    channel = queries.channel(slug, officer)
    on = request.POST.get("on") == "1"
    words = "Answers are fetched every five minutes." if on else "Answers are no longer fetched."
    deed = partial(actions.listen, by=officer, channel=channel, on=on)
    return do(request, deed, words, "channels:show", slug)


def redirect_uri() -> str:
    """The one address of this desk that networks send officers back to; registered with each app there."""
    return f"{settings.DRAGOMAN.desk_url}{reverse('channels:callback')}"
