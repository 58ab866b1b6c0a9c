"""Puts every request to the desk into an audit context, and its row changes into a history context."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pghistory
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dragoman.audit import context, rules

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class AuditMiddleware:
    """Outermost of our own: everything below it can note deeds with the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _request_id(request)
        face = "api" if request.path_info.startswith("/api/") else "page"
        address = rules.shortened(_address(request))
        with context.entered(face=face, token="", request_id=request_id, address=address):
            if request.method in SAFE_METHODS:
                response = self.get_response(request)
            else:
                # Triggers write this beside each row's history; reading pages must not pay for it.
                with pghistory.context(request_id=request_id, face=face):
                    response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


def _address(request: HttpRequest) -> str:
    """Whose request it is: what our own proxies say, counted from the nearest, and nobody else's word."""
    proxies = getattr(settings, "AUDIT_TRUSTED_PROXIES", settings.DRAGOMAN.trusted_proxies)
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(told) >= proxies:
        return told[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def _request_id(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if REQUEST_ID.fullmatch(given) else uuid4().hex
