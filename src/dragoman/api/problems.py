"""Every refusal of the API as problem JSON (RFC 9457), and the one list of what there is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.utils.encoding import escape_uri_path
from ninja.errors import AuthenticationError, HttpError, ValidationError

from dragoman.audit import context
from dragoman.lib.problems import Invalid, NotFound, Problem, TooLarge, Unavailable

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES_AT = "/api/v1/docs"


class NotSignedIn(Problem):
    """No token, or one that no longer holds."""

    status = 401
    code = "not-signed-in"
    title = "This needs an access token that holds"


class BrokenRequest(Problem):
    """The request cannot be read at all."""

    status = 400
    code = "broken-request"
    title = "The request cannot be read"


class WrongMethod(Problem):
    """The address is there, the method is not."""

    status = 405
    code = "wrong-method"
    title = "This address does not take this method"


class WrongMediaType(Problem):
    """Not JSON."""

    status = 415
    code = "wrong-media-type"
    title = "The body is not of a kind that is taken"


class TooMany(Problem):
    """More requests in a minute than a token may make."""

    status = 429
    code = "too-many-requests"
    title = "Too many requests"


class Failed(Problem):
    """A fault of ours."""

    status = 500
    code = "failed"
    title = "Something failed on our side"


@dataclass(frozen=True)
class Told:
    """One line of the list of problems."""

    status: int
    meaning: str
    codes: tuple[tuple[str, str], ...]


TOLD: tuple[Told, ...] = (
    Told(400, "The request cannot be read.", (("broken-request", "the body is no JSON, or breaks off"),)),
    Told(
        401,
        "No access token, or one that no longer holds.",
        (("not-signed-in", "send Authorization: Bearer …"),),
    ),
    Told(
        403,
        "The token or its officer may not do this.",
        (
            ("scope-missing", "the token lacks the scope; make one with it"),
            ("author-cannot-approve", "who wrote in a text never approves it"),
            ("not-allowed", "the officer lacks the role at this mission"),
        ),
    ),
    Told(
        404,
        "There is no such thing, or none that the officer may see.",
        (("not-found", "look in the list"), ("no-such-address", "look in openapi.json")),
    ),
    Told(
        405,
        "The address does not take this method.",
        (("wrong-method", "the header Allow names those it takes"),),
    ),
    Told(
        409,
        "The thing has moved on, or is in a state that does not admit the deed.",
        (
            ("stale-digest", "the text changed after you read it: read it again"),
            ("wrong-state", "the statement is in another state"),
            ("edited-by-another", "another writer changed this text: “where” holds theirs"),
            ("not-approved", "the chain of approvals is not complete"),
            ("released-already", "this revision was released before"),
            ("approved-already", "this officer approved this text before"),
            ("correction-open", "a correction is being written already"),
            ("withdrawn-already", "it is withdrawn, or being withdrawn"),
            ("changed-meanwhile", "the sheet changed after it was looked at"),
            ("in-flight", "the first request with this Idempotency-Key is still being worked on"),
            ("conflict", "it changed in the meantime"),
        ),
    ),
    Told(413, "Larger than is taken.", (("too-large", "a body has at most 12 MB"),)),
    Told(415, "The body is not JSON.", (("wrong-media-type", "send Content-Type: application/json"),)),
    Told(
        422,
        "The input itself is wrong; “where” lists each place.",
        (
            ("invalid", "a value is missing or wrong"),
            ("faulty-sheet", "the sheet has faults; “where” names each line"),
            ("unreadable-toml", "the sheet is no TOML"),
            ("no-such-fact", "a fact that is named does not exist"),
            ("findings", "findings of the guidelines stand in the way"),
            ("key-reused", "the Idempotency-Key belongs to another request"),
        ),
    ),
    Told(
        429, "Too many requests in this minute.", (("too-many-requests", "wait as long as Retry-After says"),)
    ),
    Told(
        500,
        "A fault of ours; it is in our log under the request's id.",
        (("failed", "tell us the request's id"),),
    ),
    Told(503, "Something that is needed does not answer; nothing was lost.", (("unavailable", "try again"),)),
)


def answer(request: HttpRequest, problem: Problem) -> JsonResponse:
    """The problem as a response."""
    body: dict[str, Any] = {
        "type": f"{TYPES_AT}#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": escape_uri_path(request.path),
        "code": problem.code,
        "mend": problem.mend,
        "where": problem.where,
        "request_id": context.current().request_id,
    }
    response = JsonResponse(body, status=problem.status, content_type=MEDIA_TYPE)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="dragoman"'
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE,) or problem.code == "in-flight":
        response["Retry-After"] = "1"
    return response


def problem_of(error: Exception) -> Problem:
    """Whatever was raised, as a problem. What nobody foresaw is logged and told as a fault of ours."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, AuthenticationError):
        return NotSignedIn("No access token was sent.", mend="Send Authorization: Bearer <token>.")
    if isinstance(error, RequestDataTooBig):
        return _too_large()
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database does not answer", exc_info=error)
        return Unavailable("The database does not answer.", mend="Try again in a moment; nothing was lost.")
    return _plain(error)


def _plain(error: Exception) -> Problem:
    if isinstance(error, Http404):
        return no_such_address()
    if isinstance(error, HttpError) and error.status_code == HTTPStatus.BAD_REQUEST:
        return BrokenRequest("The body is no JSON.", mend="Send one JSON object in UTF-8.")
    if isinstance(error, UnreadablePostError | DisallowedHost | UnicodeDecodeError):
        return BrokenRequest("The request broke off or cannot be read.", mend="Send it again.")
    log.error("a request to the API failed", exc_info=error)
    return Failed(
        "The request was not carried out; nothing was kept of it.",
        mend="Try again; if it fails again, tell the administrator the request's id.",
    )


def no_such_address() -> Problem:
    return NotFound(
        "There is nothing at this address.", mend="The addresses are in openapi.json.", code="no-such-address"
    )


def _too_large() -> Problem:
    return TooLarge("The body is larger than 12 MB.", mend="Send less, or in parts.")


def _invalid(error: ValidationError) -> Problem:
    where = [
        {"field": ".".join(str(part) for part in one["loc"]), "message": str(one["msg"])}
        for one in error.errors
    ][:50]
    first = where[0] if where else {"field": "", "message": ""}
    return Invalid(
        f"{first['field']}: {first['message']}" + (f", and {len(where) - 1} more" if len(where) > 1 else ""),
        mend="Correct the fields named in “where”.",
        where=where,
    )
