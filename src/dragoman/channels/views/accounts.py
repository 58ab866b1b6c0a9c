"""Channels: the list, one channel, setting one up."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dragoman.base import clock
from dragoman.base.access import allow
from dragoman.channels import actions, queries
from dragoman.channels.connector import FETCH, TIMELINE, WEBHOOK, Kind
from dragoman.channels.forms import ChannelForm, CredentialsForm, NewChannelForm, WhyForm
from dragoman.channels.models import Channel
from dragoman.channels.views.common import do, officer_of
from dragoman.channels.views.kinds import help_of
from dragoman.channels.views.sign_in import redirect_uri
from dragoman.lib.problems import Problem

RECENT = 10


@allow.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Every channel that the officer sees: who we are there, health, last sent, signed in until when."""
    officer = officer_of(request)
    rows = list(queries.channel_rows(officer))
    context = {
        "rows": [(row, _kind(row)) for row in rows],
        "may_add": officer.has_role("administrator"),
        "wanting": queries.waiting_for_a_person(officer),
    }
    return render(request, "channels/list.html", context)


@allow.officer
@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One channel: its account, its latest deliveries, what the network takes."""
    officer = officer_of(request)
    channel = queries.channel(slug, officer)
    kind = _kind(channel)
    standing = queries.standing_of(channel)
    context = {
        "channel": channel,
        "kind": kind,
        "standing": standing,
        "headroom": queries.headroom_of(standing),
        "renews": bool(kind and kind.oauth and kind.oauth.renews),
        "held_until": _later_than_now(getattr(channel, "not_before", None)),
        "listening": queries.listening_of(channel) if kind and kind.able(FETCH) else None,
        "hook": _hook(channel) if kind and kind.able(WEBHOOK) else "",
        "settings": _settings(channel, kind),
        "may_set_up": officer.may("administrator", channel.mission),
        "deliveries": queries.delivery_rows(officer, channel_slug=slug)[:RECENT],
        "timeline": kind is not None and kind.able(TIMELINE),
    }
    return render(request, "channels/channel.html", context)


@allow("administrator")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, kind_name: str) -> HttpResponse:
    """Set one up. The network is asked at once whether it knows us."""
    officer = officer_of(request)
    kind = queries.kind_named(kind_name)
    form = NewChannelForm(kind, officer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            channel = actions.create_channel(
                by=officer,
                mission=form.cleaned_data["mission"],
                kind=kind.name,
                slug=form.cleaned_data["slug"],
                label=form.cleaned_data["label"],
                values=form.values(),
                languages=form.codes(),
                useful_hours=form.cleaned_data["useful_hours"],
            )
        except Problem as problem:
            form.take(problem)
        else:
            if kind.oauth and not form.values().get("access_token"):
                return redirect("channels:connect", channel.slug)
            actions.check_channel(by=officer, channel=channel)
            return redirect("channels:show", channel.slug)
    context = {"kind": kind, "form": form, "help": help_of(kind), "redirect_uri": redirect_uri()}
    return render(request, "channels/form.html", context, status=422 if form.errors else 200)


@allow("administrator")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what is no secret."""
    officer = officer_of(request)
    channel = queries.channel(slug, officer)
    kind = queries.kind_of(channel)
    form = ChannelForm(kind, request.POST or None, channel=channel)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_channel(
                by=officer,
                channel=channel,
                label=form.cleaned_data["label"],
                values=form.values(),
                languages=form.codes(),
                useful_hours=form.cleaned_data["useful_hours"],
            )
            return redirect("channels:show", slug)
        except Problem as problem:
            form.take(problem)
    context = {"channel": channel, "kind": kind, "form": form, "help": help_of(kind)}
    return render(request, "channels/form.html", context, status=422 if form.errors else 200)


@allow("administrator")
@require_http_methods(["GET", "POST"])
def credentials(request: HttpRequest, slug: str) -> HttpResponse:
    """Enter new secrets. The stored ones are never shown."""
    officer = officer_of(request)
    channel = queries.channel(slug, officer)
    kind = queries.kind_of(channel)
    form = CredentialsForm(kind, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_credentials(by=officer, channel=channel, secrets=dict(form.cleaned_data))
            if kind.oauth and not form.cleaned_data.get("access_token"):
                return redirect("channels:connect", slug)
            actions.check_channel(by=officer, channel=channel)
            return redirect("channels:show", slug)
        except Problem as problem:
            form.take(problem)
    context = {"channel": channel, "kind": kind, "form": form, "help": help_of(kind), "secrets": True}
    return render(request, "channels/form.html", context, status=422 if form.errors else 200)


@allow("administrator", "releaser")
@require_POST
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the network now."""
    officer = officer_of(request)
    channel = queries.channel(slug, officer)
    deed = partial(actions.check_channel, by=officer, channel=channel)
    return do(request, deed, "The network was asked. Its answer is below.", "channels:show", slug)


@allow("administrator")
@require_POST
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Switch off (with a reason) or on."""
    officer = officer_of(request)
    channel = queries.channel(slug, officer)
    if channel.on:
        form = WhyForm(request.POST)
        why = form.cleaned_data["why"] if form.is_valid() else "No reason was given."
        deed = partial(actions.pause_channel, by=officer, channel=channel, why=why)
        words = "The channel is off. Nothing goes out on it until it is switched on."
    else:
        deed = partial(actions.resume_channel, by=officer, channel=channel)
        words = "The channel is on. What waited for it goes out now."
    return do(request, deed, words, "channels:show", slug)


@allow.officer
@require_safe
def timeline(request: HttpRequest, slug: str) -> HttpResponse:
    """What a training channel holds."""
    channel = queries.channel(slug, officer_of(request))
    context = {"channel": channel, "kind": _kind(channel), "posts": queries.timeline(channel)}
    return render(request, "channels/timeline.html", context)


def _kind(channel: Channel) -> Kind | None:
    try:
        return queries.kind_of(channel)
    except Problem:
        return None


def _later_than_now(moment: datetime | None) -> datetime | None:
    return moment if moment and moment > clock.now() else None


def _hook(channel: Channel) -> str:
    """The address that the network calls when something comes in."""
    return f"{settings.DRAGOMAN.public_url}/hooks/{channel.slug}/"


def _settings(channel: Channel, kind: Kind | None) -> list[tuple[str, str]]:
    """The settings in the words of the form; of a secret only that there is one."""
    if kind is None:
        return []
    plain = [
        (
            field.label,
            dict(field.choices).get(
                channel.settings.get(field.name, ""), channel.settings.get(field.name, "")
            ),
        )
        for field in kind.fields
        if not field.secret
    ]
    return plain + [(field.label, "stored, never shown") for field in kind.fields if field.secret]
