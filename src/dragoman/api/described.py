"""Completes the OpenAPI description: refusals, rate limits, Idempotency-Key, all in one place each."""

from __future__ import annotations

from typing import Any

from dragoman.api import problems

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable; `mend` says what to do; `where` lists the places.",
    "required": ["type", "title", "status", "detail", "instance", "code", "mend", "where", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string"},
        "mend": {"type": "string"},
        "where": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "request_id": {"type": "string"},
    },
}
HEADERS: dict[str, str] = {
    "RateLimit-Limit": "requests that the token may make in a minute",
    "RateLimit-Remaining": "how many are left in this minute",
    "RateLimit-Reset": "seconds until the next minute",
}
IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key and request give the same answer for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
ALWAYS = (401, 403, 422, 429, 500, 503)
WITH_BODY = (400, 413, 415)


def describe(schema: dict[str, Any]) -> None:
    """Add to a description made by the framework what it cannot know."""
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["headers"] = {
        name: {"description": meaning, "schema": {"type": "string", "pattern": "^[0-9]+$"}}
        for name, meaning in HEADERS.items()
    }
    components["responses"] = {f"Problem{told.status}": _response(told) for told in problems.TOLD}
    components["parameters"] = {"IdempotencyKey": IDEMPOTENCY_KEY}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation)


def _response(told: problems.Told) -> dict[str, Any]:
    codes = "\n".join(f"- `{code}`: {meaning}" for code, meaning in told.codes)
    return {
        "description": f"{told.meaning}\n\n{codes}",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for response in responses.values():
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    statuses = [*ALWAYS]
    if "{id}" in path:
        statuses.append(404)
    if method in ("post", "patch"):
        statuses += [409, *WITH_BODY]
    if method == "post":
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    for status in sorted(statuses):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
