"""Requests made up from the description of the API: every answer is one that the description names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from tests.api.speaking import Speak
from tests.cast import Cast
from tests.make import make_statement

from dragoman.config.wsgi import application

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)

# a text may be sound JSON and still be refused: for a language without a text, a fact that is not there
load_all_checks()
NOT_ASKED = CHECKS.get_by_names(["positive_data_acceptance", "ignored_auth"])

bounded = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture
def calm(settings: Any) -> Iterator[None]:
    """No limit of rate, and no connection closed after a request: it holds the test's transaction."""
    settings.API_REQUESTS_A_MINUTE = 1_000_000
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def token(cast: Cast, speak: Speak, calm: None) -> str:
    return speak(cast.director).token


@pytest.fixture
def ref(cast: Cast) -> str:
    return make_statement(cast).statement.ref


def judged(case: Any, token: str, excluded: list[Any]) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)


@schema.parametrize()
@bounded
def test_any_request_is_answered_as_described(case: Any, token: str) -> None:
    judged(case, token, NOT_ASKED)


@schema.include(path_regex=r"\{id\}").parametrize()
@bounded
def test_any_request_about_a_statement_is_answered_as_described(case: Any, token: str, ref: str) -> None:
    # the name in the address is sound now, though it may have been what was made wrong
    case.path_parameters["id"] = ref
    judged(case, token, [*NOT_ASKED, *CHECKS.get_by_names(["negative_data_rejection"])])
