"""Who comes in, how often, with what, and what happens when the same is sent again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.api.speaking import Speak
from tests.cast import Cast

from dragoman.api import actions
from dragoman.api.models import StoredAnswer
from dragoman.base import clock
from dragoman.staff import actions as staff
from dragoman.staff.models import Token
from dragoman.statements.models import Statement

Body = dict[str, Any]


def test_without_a_token_nothing_is_told(cast: Cast) -> None:
    for headers in (
        {},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer drg_no"},
    ):
        response = Client().get("/api/v1/statements", headers=headers)
        assert response.status_code == 401
        assert response.json()["code"] == "not-signed-in"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_sign_in_of_the_browser_opens_no_operation(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.editor, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/api/v1/statements").status_code == 401


def test_revoked_and_expired_tokens_are_refused(speak: Speak, cast: Cast) -> None:
    editor = speak(cast.editor)
    token = Token.objects.get()
    Token.objects.update(expires=clock.now() - timedelta(seconds=1))
    assert editor("GET", "/statements").status_code == 401
    Token.objects.update(expires=clock.now() + timedelta(days=1))
    assert editor("GET", "/statements").status_code == 200
    staff.revoke_token(by=cast.editor, token=token)
    assert editor("GET", "/statements").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body", "status"),
    [
        (("read",), "GET", "/statements", None, 200),
        (("write",), "GET", "/statements", None, 403),
        (("read",), "POST", "/statements", {}, 403),
        (("read", "write"), "POST", "/statements/2026-aaaaaa/approvals", {"digest": "0" * 64}, 403),
        (("approve",), "POST", "/statements/2026-aaaaaa/approvals", {"digest": "0" * 64}, 404),
        (("approve",), "POST", "/statements/2026-aaaaaa/release", {}, 403),
        (("release",), "POST", "/statements/2026-aaaaaa/withdrawal", {"reason": "Because it is so."}, 404),
    ],
)
def test_token_does_only_what_its_scopes_admit(
    speak: Speak, cast: Cast, *, scopes: tuple[str, ...], method: str, path: str, body: object, status: int
) -> None:
    response = speak(cast.director, *scopes)(method, path, body)
    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "scope-missing"


def test_token_of_the_browser_never_approves(cast: Cast) -> None:
    raw = staff.make_token(by=cast.approver, officer=cast.approver, name="mine").raw
    Token.objects.update(scopes=["read", "write", "approve"])
    response = Client().post(
        "/api/v1/statements/2026-aaaaaa/approvals",
        {"digest": "0" * 64},
        content_type="application/json",
        headers={"Authorization": f"Bearer {raw}"},
    )
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "broken-request"),
        (b"\xff\xfe", "application/json", 400, "broken-request"),
        (b"[]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
        (b"", "application/json", 422, "invalid"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "wrong-media-type"),
        (b"<x/>", "text/xml", 415, "wrong-media-type"),
        (b"x" * 12_000_001, "application/json", 413, "too-large"),
        (b"[" * 100_000, "application/json", 400, "broken-request"),
    ],
)
def test_wrong_body_gets_a_clear_answer(
    speak: Speak, cast: Cast, *, data: bytes, content_type: str, status: int, code: str
) -> None:
    token = speak(cast.editor).token
    response = Client().generic(
        "POST", "/api/v1/statements", data, content_type, headers={"Authorization": f"Bearer {token}"}
    )
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"


def test_wrong_method_and_address_are_told_as_json(speak: Speak, cast: Cast) -> None:
    editor = speak(cast.editor)
    response = editor("DELETE", "/statements")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "POST"}
    assert editor("GET", "/nothing").json()["code"] == "no-such-address"
    assert Client().get("/api/").status_code == 404


def test_rate_is_told_and_limited_per_token(speak: Speak, cast: Cast, settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = 3
    editor, approver = speak(cast.editor), speak(cast.approver)
    answers = [editor("GET", "/facts") for _ in range(5)]
    if len({answer.headers.get("RateLimit-Reset", "") for answer in answers}) > 3:
        pytest.skip("the minute turned while we counted")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["RateLimit-Remaining"] == "2"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert approver("GET", "/facts").status_code == 200


def test_same_key_gives_the_same_answer_and_is_done_once(
    speak: Speak, cast: Cast, statement_body: Body
) -> None:
    editor = speak(cast.editor)
    first = editor("POST", "/statements", statement_body, **{"Idempotency-Key": "k1"})
    second = editor("POST", "/statements", statement_body, **{"Idempotency-Key": "k1"})
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (
        second.headers["Location"] == first.headers["Location"] == f"/api/v1/statements/{first.json()['id']}"
    )
    assert Statement.objects.count() == 1


def test_key_belongs_to_one_request_and_one_token(speak: Speak, cast: Cast, statement_body: Body) -> None:
    editor, director = speak(cast.editor), speak(cast.director)
    editor("POST", "/statements", statement_body, **{"Idempotency-Key": "k1"})
    other = editor("POST", "/statements", statement_body | {"risk": "high"}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")
    elsewhere = director("POST", "/statements", statement_body, **{"Idempotency-Key": "k1"})
    assert elsewhere.status_code == 201
    assert Statement.objects.count() == 2


def test_refusal_is_given_again_too(speak: Speak, cast: Cast) -> None:
    editor = speak(cast.editor)
    first = editor("POST", "/statements", {"mission": "x"}, **{"Idempotency-Key": "k2"})
    second = editor("POST", "/statements", {"mission": "x"}, **{"Idempotency-Key": "k2"})
    assert first.status_code == second.status_code == 422
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()


def test_request_in_flight_is_not_done_twice(speak: Speak, cast: Cast, statement_body: Body) -> None:
    editor = speak(cast.editor)
    first = editor("POST", "/statements", statement_body, **{"Idempotency-Key": "k3"})
    StoredAnswer.objects.update(status=None, begun=clock.now())
    waiting = editor("POST", "/statements", statement_body, **{"Idempotency-Key": "k3"})
    assert (waiting.status_code, waiting.json()["code"]) == (409, "in-flight")
    assert waiting.headers["Retry-After"]
    # the process that held it died: after a while the key may be taken over
    StoredAnswer.objects.update(begun=clock.now() - timedelta(minutes=2))
    taken = editor("POST", "/statements", statement_body, **{"Idempotency-Key": "k3"})
    assert taken.status_code == 201
    assert taken.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "й"])
def test_wrong_key_is_refused(speak: Speak, cast: Cast, key: str) -> None:
    response = speak(cast.editor)("POST", "/statements", {}, **{"Idempotency-Key": key})
    assert response.status_code == 422
    assert response.json()["where"][0]["field"] == "header.Idempotency-Key"


def test_answers_are_forgotten_after_a_day(speak: Speak, cast: Cast) -> None:
    speak(cast.editor)("POST", "/statements", {}, **{"Idempotency-Key": "k4"})
    assert actions.forget_old(now=clock.now()) == 0
    assert actions.forget_old(now=clock.now() + timedelta(hours=25)) == 1


def test_description_and_page_are_for_anyone(cast: Cast) -> None:
    described = Client().get("/api/v1/openapi.json")
    assert described.status_code == 200
    schema = json.loads(described.content)
    assert schema["openapi"].startswith("3.")
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["security"], f"{method} {path}"
            assert {"401", "403", "429", "503"} <= set(operation["responses"])
            assert operation["description"], f"{method} {path}"
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert b"stale-digest" in page.content
    assert b"<script" not in page.content
