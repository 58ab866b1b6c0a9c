"""A refusal is a page in the desk's look, or a note on the page that asked; never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from tests.cast import assemble

from dragoman.base import pages
from dragoman.base.access import allow
from dragoman.config.urls import urlpatterns as desk_urls
from dragoman.lib.problems import Conflict, TooLarge

pytestmark = pytest.mark.django_db


@allow.officer
def clash(request: HttpRequest) -> HttpResponse:
    raise Conflict(
        "Vera saved it at <09:40>.",
        mend="Reload the page.",
        where=[{"field": "title", "message": "is hers", "line": 3}],
    )


@allow.officer
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST.get("body", ""))))


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open to nobody")


urlpatterns = [path("clash/", clash), path("echo/", echo), path("unmarked/", unmarked), *desk_urls]
handler400 = "dragoman.base.pages.not_understood"
handler403 = "dragoman.base.pages.not_allowed"
handler404 = "dragoman.base.pages.not_found"
handler500 = "dragoman.base.pages.failed"


@pytest.fixture
def client() -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        client = Client()
        client.force_login(assemble().editor, backend="allauth.account.auth_backends.AuthenticationBackend")
        yield client


def test_a_problem_is_a_page_that_says_what_where_and_how_to_mend(client: Client) -> None:
    response = client.get("/clash/")
    page = response.content.decode()
    assert response.status_code == 409
    assert "It has changed in the meantime" in page
    assert "Vera saved it at &lt;09:40&gt;." in page
    assert "Reload the page." in page
    assert "line 3" in page


def test_a_problem_is_a_note_for_htmx(client: Client) -> None:
    response = client.get("/clash/", headers={"hx-request": "true"})
    assert (response.status_code, response["HX-Retarget"]) == (409, "#notes")
    assert "<html" not in response.content.decode()


def test_a_page_without_a_rule_is_open_to_nobody(client: Client) -> None:
    response = client.get("/unmarked/")
    assert response.status_code == 403
    assert "no access rule" in response.content.decode()


def test_an_unknown_address_is_told_in_the_look_of_the_desk(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_more_bytes_than_the_desk_takes_are_refused_in_words(client: Client) -> None:
    response = client.post(
        "/echo/", {"body": "x" * 9_000_000}, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code in (413, 422)
    assert "<html" in response.content.decode()


def test_a_page_that_was_open_before_the_last_sign_in_is_told_to_reload(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    response = strict.post("/echo/", {"body": "x"})
    assert response.status_code == 403
    assert "This page is out of date" in response.content.decode()


def test_the_page_of_our_own_mistake_asks_the_database_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = pages.failed(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "The desk made a mistake" in response.content.decode()


def test_a_status_without_a_page_of_its_own_is_shown_all_the_same(client: Client) -> None:
    request = client.get("/echo/").wsgi_request
    assert pages.problem_page(request, TooLarge("Too many.")).status_code == 413
