"""Sign-in through the ministry's directory, against a small OpenID Connect server of the test's own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from tests.cast import Cast

from dragoman.audit.models import Event
from dragoman.config import sign_in
from dragoman.staff.models import Officer

CLIENT = "desk"


class Directory(ThreadingHTTPServer):
    """Says of whoever asks what the test told it to say."""

    claims: dict[str, Any]
    origin: str
    asked: dict[str, list[str]]


class Answers(BaseHTTPRequestHandler):
    server: Directory

    def do_GET(self) -> None:
        if self.path.endswith("/.well-known/openid-configuration"):
            origin = self.server.origin
            self.say(
                {
                    "issuer": origin,
                    "authorization_endpoint": f"{origin}/authorize",
                    "token_endpoint": f"{origin}/token",
                    "userinfo_endpoint": f"{origin}/userinfo",
                    "jwks_uri": f"{origin}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        else:
            self.say(self.server.claims)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked = parse_qs(self.rfile.read(length).decode())
        told = {
            **self.server.claims,
            "iss": self.server.origin,
            "aud": CLIENT,
            "exp": time.time() + 60,
            "iat": time.time(),
        }
        token = jwt.encode(told, "k" * 32, algorithm="HS256")
        self.say({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def say(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """A test's output is for failures."""


@pytest.fixture
def directory(settings: Any) -> Iterator[Directory]:
    server = Directory(("127.0.0.1", 0), Answers)
    server.origin = f"http://127.0.0.1:{server.server_port}"
    server.claims = {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    desk = settings.DRAGOMAN.model_copy(
        update={"oidc_issuer": server.origin, "oidc_client_id": CLIENT, "oidc_name": "Staff directory"}
    )
    settings.DRAGOMAN = desk
    settings.SOCIALACCOUNT_PROVIDERS = sign_in.settings_for(desk)["SOCIALACCOUNT_PROVIDERS"]
    yield server
    server.shutdown()
    server.server_close()


def come_in(client: Client, directory: Directory, **claims: Any) -> Any:
    """From the button on the sign-in page to the end of the round trip."""
    directory.claims = {"sub": "person-1", **claims}
    there = client.post("/account/oidc/ministry/login/?process=login")
    assert there.status_code == 302
    asked = parse_qs(urlsplit(there.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get(
        "/account/oidc/ministry/login/callback/", {"code": "c", "state": asked["state"][0]}, follow=True
    )


def test_the_sign_in_page_offers_the_directory(client: Client, cast: Cast, directory: Directory) -> None:
    page = client.get("/account/login/").content.decode()
    assert "Sign in with Staff directory" in page
    assert sign_in.directory_origins(settings_of(directory)) == [directory.origin]


def settings_of(directory: Directory) -> Any:
    from django.conf import settings

    return settings.DRAGOMAN


def test_an_officer_is_known_by_user_name(client: Client, cast: Cast, directory: Directory) -> None:
    answer = come_in(client, directory, preferred_username="editor")
    assert answer.wsgi_request.user == cast.editor
    assert Event.objects.get(verb="staff.sign_in").data == {"ways": ["socialaccount"]}
    assert "code_verifier" in directory.asked


def test_the_match_holds_when_the_name_changes(client: Client, cast: Cast, directory: Directory) -> None:
    come_in(client, directory, preferred_username="editor")
    client.post("/account/logout/")
    answer = come_in(client, directory, preferred_username="approver")
    assert answer.wsgi_request.user == cast.editor
    assert SocialAccount.objects.count() == 1


def test_a_stranger_is_told_and_gets_no_account(client: Client, cast: Cast, directory: Directory) -> None:
    before = Officer.objects.count()
    answer = come_in(
        client, directory, preferred_username="ghost", email="ghost@example.int", email_verified=True
    )
    assert not answer.wsgi_request.user.is_authenticated
    assert "The directory knows you, this desk does not." in answer.content.decode()
    assert Officer.objects.count() == before
    assert Event.objects.get(verb="staff.sign_in_failed").actor == "nobody"


def test_an_unverified_address_opens_nothing(client: Client, cast: Cast, directory: Directory) -> None:
    Officer.objects.filter(pk=cast.editor.pk).update(email="e@example.int")
    answer = come_in(client, directory, email="e@example.int", email_verified=False)
    assert not answer.wsgi_request.user.is_authenticated


def test_an_officer_who_has_left_stays_outside(client: Client, cast: Cast, directory: Directory) -> None:
    come_in(client, directory, preferred_username="editor")
    client.post("/account/logout/")
    Officer.objects.filter(pk=cast.editor.pk).update(is_active=False)
    answer = come_in(client, directory, preferred_username="editor")
    assert not answer.wsgi_request.user.is_authenticated


def test_an_answer_that_was_not_asked_for_is_refused(
    client: Client, cast: Cast, directory: Directory
) -> None:
    answer = client.get(
        "/account/oidc/ministry/login/callback/", {"code": "c", "state": "forged"}, follow=True
    )
    assert not answer.wsgi_request.user.is_authenticated
    assert "did not vouch for you" in answer.content.decode()
