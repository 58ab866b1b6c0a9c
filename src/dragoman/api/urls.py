"""Addresses of the API. Each operation stands behind the door; what is no operation is told so as JSON."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path, re_path

from dragoman.api import documents
from dragoman.api.door import guarded
from dragoman.api.v1 import api
from dragoman.base.access import allow

app_name = "api"


def _operations() -> list[URLPattern]:
    """The framework's own patterns, each view behind the door, which is the one to ask who comes in."""
    patterns: list[URLPattern] = []
    path_views = {
        id(view): view for router in api._get_bound_routers() for view in router.path_operations.values()
    }
    for pattern in api.urls[0]:
        if not isinstance(pattern, URLPattern) or pattern.name == "api-root":
            continue
        view: Any = allow.anyone(guarded(pattern.callback))
        view.csrf_exempt = True  # no cookie is looked at, so there is nothing to forge
        closed = {id(cell.cell_contents) for cell in (pattern.callback.__closure__ or ())}
        view.path_view = next((path_views[key] for key in closed if key in path_views), None)
        patterns.append(URLPattern(pattern.pattern, view, pattern.default_args, pattern.name))
    return patterns


urlpatterns = [
    path("v1/openapi.json", documents.openapi, name="openapi"),
    path("v1/docs", documents.page, name="docs"),
    path("v1/", (_operations(), None, None)),
    re_path(r"^(?P<rest>.*)$", documents.nothing_here, name="nothing"),
]
