"""What the API says about itself, for anyone: the OpenAPI description, and a page to read."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dragoman.api import problems
from dragoman.api.v1 import api
from dragoman.base.access import allow


@cache
def description() -> dict[str, Any]:
    """The description, made once."""
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


@allow.anyone
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """/api/v1/openapi.json"""
    response = JsonResponse(description())
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@allow.anyone
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """/api/v1/docs: the same, to be read by a person; no script, nothing from elsewhere."""
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("description", ""),
            "id": operation["operationId"],
            "statuses": sorted(str(status) for status in operation["responses"]),
        }
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "api/docs.html", {"operations": operations, "told": problems.TOLD})


@allow.anyone
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Every other address under /api/."""
    return problems.answer(request, problems.no_such_address())
