"""The API, version 1: its routers, its faults, and the description of itself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

import dragoman
from dragoman.api import accounts, eligibility, facts, problems, statements, talks
from dragoman.api.described import describe

DESCRIPTION = """The desk of a foreign ministry as HTTP and JSON: the same deeds as in the browser, by the
same rules, written into the same audit.

Every request carries `Authorization: Bearer <token>`. A token is made on the server's own shell with
`dragoman token NAME --officer USERNAME [--scope read --scope write --scope approve --scope release]`; it acts
for that officer, expires, and can be revoked. Refusals are problem JSON (RFC 9457) with a stable `code`, what
is wrong, how to mend it, and where. A POST with an `Idempotency-Key` may be sent again for 24 hours and
gives the same answer.
"""


class Api(NinjaAPI):
    """Tells every fault, and describes every refusal, as problem JSON."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Whatever is raised in an operation, the framework's own refusals included."""
        return problems.answer(request, problems.problem_of(exc if isinstance(exc, Exception) else exc()))

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        describe(schema)
        return schema


api = Api(
    title="Dragoman",
    version=getattr(dragoman, "__version__", "1"),
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
api.add_router("/statements", statements.router)
api.add_router("/facts", facts.router)
api.add_router("/accounts", accounts.router)
api.add_router("/eligibility", eligibility.router)
api.add_router("/talks", talks.router)
