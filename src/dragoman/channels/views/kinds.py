"""Kinds of channels: choosing one, and what each can do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from dragoman.base.access import allow
from dragoman.channels import queries
from dragoman.channels.connector import Kind
from dragoman.channels.queries import sheet
from dragoman.channels.views.common import officer_of
from dragoman.lib import markdown


@allow("administrator")
@require_safe
def kinds(request: HttpRequest) -> HttpResponse:
    """Choose what kind of channel to add: every kind, by how it is set up."""
    return render(request, "channels/kinds.html", {"groups": sheet.groups(queries.kinds())})


@allow.officer
@require_safe
def kind_sheet(request: HttpRequest, kind_name: str) -> HttpResponse:
    """One kind: what it can do, its limits with their sources, what it costs, how to set it up."""
    officer = officer_of(request)
    kind = queries.kind_named(kind_name)
    context = {
        "kind": kind,
        "sheet": sheet.sheet(kind),
        "help": help_of(kind),
        "may_add": officer.has_role("administrator"),
        "channels": [row for row in queries.channel_rows(officer) if row.kind == kind.name],
    }
    return render(request, "channels/kind.html", context)


def help_of(kind: Kind) -> SafeString:
    """The kind's help as safe HTML: written by us, cleaned like any other text."""
    text = kind.help_file.read_text(encoding="utf-8").partition("\n")[2]
    return mark_safe(markdown.to_html(text, fact_url=lambda cite: None))  # noqa: S308 - to_html cleans it
