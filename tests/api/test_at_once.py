"""Two requests with one key at the same moment: one deed, two equal answers or one that says wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from tests.api.speaking import Speak
from tests.cast import Cast

from dragoman.statements.models import Statement


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_by_many_at_once_is_done_once(
    speak: Speak, cast: Cast, statement_body: dict[str, Any]
) -> None:
    editor = speak(cast.editor)

    def send(_: int) -> tuple[int, str]:
        try:
            response = editor("POST", "/statements", statement_body, **{"Idempotency-Key": "same"})
            return response.status_code, response.json().get("id", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(8)))
    assert Statement.objects.count() == 1
    (ref,) = Statement.objects.values_list("ref", flat=True)
    assert {status for status, _ in answers} <= {201, 409}
    assert {made for status, made in answers if status == 201} == {ref}


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_are_each_counted(speak: Speak, cast: Cast) -> None:
    editor = speak(cast.editor)

    def ask(_: int) -> int:
        try:
            return int(editor("GET", "/facts").headers["RateLimit-Remaining"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        left = list(pool.map(ask, range(12)))
    assert len(set(left)) == 12


@pytest.mark.django_db(transaction=True)
def test_of_many_changes_to_one_digest_at_once_one_is_taken(
    speak: Speak, cast: Cast, statement_body: dict[str, Any]
) -> None:
    editor = speak(cast.editor)
    made = editor("POST", "/statements", statement_body).json()

    def change(number: int) -> tuple[int, str]:
        body = {"digest": made["digest"], "texts": {"en": {"body": f"Version {number}."}}}
        try:
            response = editor("PATCH", f"/statements/{made['id']}", body)
            return response.status_code, response.json().get("code", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(change, range(4)))
    assert [status for status, _ in answers] == [200, 409, 409, 409]
    assert {code for _, code in answers[1:]} == {"stale-digest"}
