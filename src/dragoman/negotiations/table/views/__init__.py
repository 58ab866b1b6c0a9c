"""The views of the table, by what a person comes for. Thin: read the form, call one deed, show the page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from dragoman.negotiations.table import access


@access.anyone
def to_the_table(request: HttpRequest) -> HttpResponse:
    """The bare address leads to the table."""
    return HttpResponseRedirect("/table/")
