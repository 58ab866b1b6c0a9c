"""The door of the API: who asks, how often, how much, and whether it was asked before. Then the operation.

Every operation passes here, in this order: token, rate, size and kind of body, Idempotency-Key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ClassVar

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from dragoman.api import actions, problems, rules
from dragoman.api.models import StoredAnswer
from dragoman.audit import context
from dragoman.base import clock
from dragoman.lib.problems import Invalid, NotAllowed, TooLarge
from dragoman.staff import actions as staff
from dragoman.staff import queries as staff_queries
from dragoman.staff.models import Officer, Token

View = Callable[..., HttpResponseBase]
WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Caller:
    """Whom a token acts for."""

    officer: Officer
    token: Token


@dataclass(frozen=True)
class Scope:
    """The access rule of an operation: a token with this scope, acting for its officer."""

    scope: str

    def __call__(self, request: HttpRequest) -> Caller:
        """As the API's authentication: the caller, if the token has the scope. Raises NotAllowed."""
        caller = caller_of(request)
        if not caller.token.allows(self.scope):
            raise NotAllowed(
                f"The token “{caller.token.name}” lacks the scope {self.scope}; it has "
                f"{', '.join(caller.token.scopes) or 'none'}.",
                mend=f"Make one with it: dragoman token NAME --officer USERNAME --scope {self.scope}",
                code="scope-missing",
            )
        if self.scope in ("approve", "release") and not caller.token.on_server:
            raise NotAllowed(
                "Approvals and releases need a token that was made on the server's own shell.",
                mend="Approve in the browser, where your second factor is asked.",
                code="scope-missing",
            )
        return caller

    openapi_security_schema: ClassVar[dict[str, str]] = {"type": "http", "scheme": "bearer"}


def caller_of(request: HttpRequest) -> Caller:
    """The caller that the door let in."""
    caller = getattr(request, "caller", None)
    if not isinstance(caller, Caller):
        raise problems.NotSignedIn("No access token was sent.", mend="Send Authorization: Bearer <token>.")
    return caller


def guarded(view: View) -> View:
    """The view behind the door. Whatever happens, the answer is JSON."""

    @wraps(view)
    def enter(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        rate: dict[str, str] = {}
        try:
            caller = _caller(request)
            rate = _count(caller)
            _check_body(request)
            response = _answer(request, caller, lambda: view(request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the last place where a fault becomes an answer
            response = problems.answer(request, problems.problem_of(error))
        if response.status_code == 405 and "problem" not in response.headers.get("Content-Type", ""):
            response = _wrong_method(request, response)
        if response.status_code == 429:
            response["Retry-After"] = rate.get("RateLimit-Reset", str(rules.seconds_left(clock.now())))
        for name, value in rate.items():
            response[name] = value
        response["Cache-Control"] = "no-store"
        response["Vary"] = "Authorization"
        return response

    return enter


def _caller(request: HttpRequest) -> Caller:
    kind, _, raw = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not raw.strip():
        raise problems.NotSignedIn("No access token was sent.", mend="Send Authorization: Bearer <token>.")
    found = staff_queries.officer_for_token(raw.strip())
    if found is None:
        raise problems.NotSignedIn(
            "This access token is unknown, expired or revoked.",
            mend="Make a new one: dragoman token NAME --officer USERNAME",
        )
    caller = Caller(*found)
    context.amend(face="api", token=caller.token.name)
    staff.mark_token_used(token=caller.token)
    request.caller = caller  # type: ignore[attr-defined]  # requests take attributes, their type does not say so
    request.user = caller.officer
    return caller


def _count(caller: Caller) -> dict[str, str]:
    now = clock.now()
    limit = int(getattr(settings, "API_REQUESTS_A_MINUTE", rules.REQUESTS_A_MINUTE))
    count = actions.count_request(token=caller.token, now=now)
    if count > limit:
        raise problems.TooMany(
            f"The token “{caller.token.name}” made more than {limit} requests in this minute.",
            mend=f"Wait {rules.seconds_left(now)} s.",
        )
    left, reset = str(max(0, limit - count)), str(rules.seconds_left(now))
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": left,
        "RateLimit-Reset": reset,
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": left,
        "X-RateLimit-Reset": reset,
    }


def _check_body(request: HttpRequest) -> None:
    if request.method not in WITH_BODY:
        return
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not str(length).isdigit():
        raise problems.BrokenRequest("Content-Length is no number.", mend="Send the body's length in bytes.")
    if int(length) > rules.BODY_LIMIT:
        raise TooLarge(
            f"The body has {int(length) / 1e6:,.1f} MB; at most {rules.BODY_LIMIT / 1e6:.0f} MB are taken. "
            "Nothing was kept.",
            mend="Send less, or in parts.",
        )
    # Django's own limit is for forms; ours was checked above, and the server in front holds to Content-Length
    request._body = request.read(rules.BODY_LIMIT + 1)  # Django's cache of the body
    if request.body and request.content_type != "application/json":
        raise problems.WrongMediaType(
            f"The body is {request.content_type or 'of no kind'}; JSON is taken.",
            mend="Send Content-Type: application/json.",
        )


def _answer(request: HttpRequest, caller: Caller, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return work()
    if not rules.KEY.fullmatch(key):
        raise Invalid(
            "The Idempotency-Key must have 1 to 255 visible ASCII characters.",
            mend="A random UUID will do.",
            where=[{"field": "header.Idempotency-Key", "message": "1 to 255 visible ASCII characters"}],
        )
    digest = rules.request_digest(request.method, request.get_full_path(), request.body)
    row, again = actions.begin_answer(token=caller.token, key=key, digest=digest, now=clock.now())
    return _replayed(row) if again else _kept(row, work)


def _kept(row: StoredAnswer, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Do the work and keep its answer in one transaction: a crash between them leaves neither."""
    try:
        with transaction.atomic():
            response = work()
            if isinstance(response, HttpResponse) and response.status_code < 500:
                actions.keep_answer(row=row, response=response)
            else:
                transaction.set_rollback(True)
    except BaseException:
        _let_go(row)
        raise
    if response.status_code >= 500:
        _let_go(row)
    return response


def _let_go(row: StoredAnswer) -> None:
    if connection.is_usable():
        actions.drop_answer(row=row)


def _replayed(row: StoredAnswer) -> HttpResponse:
    response = HttpResponse(bytes(row.body), status=row.status, content_type=row.media_type)
    if row.location:
        response["Location"] = row.location
    response["Idempotent-Replayed"] = "true"
    return response


def _wrong_method(request: HttpRequest, old: HttpResponseBase) -> HttpResponse:
    allowed = old.headers.get("Allow", "")
    problem = problems.WrongMethod(
        f"{request.method} is not taken here.", mend=f"It takes {allowed}." if allowed else ""
    )
    response = problems.answer(request, problem)
    if allowed:
        response["Allow"] = allowed
    return response
