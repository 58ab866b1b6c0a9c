"""What the public sends goes through the public origin to the reception, and nothing of the desk goes out."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client, RequestFactory

from dragoman.base import limits
from dragoman.lib.problems import TooMany
from dragoman.public.reception import MOST_BYTES, Reception, takes
from dragoman.public.serve import Site


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Silence."""


@contextmanager
def inner(seen: list[dict[str, Any]]) -> Iterator[int]:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        seen.append({**environ, "body": body})
        start("201 Created", [("Content-Type", "text/plain"), ("Set-Cookie", "a=b"), ("X-Kept", "yes")])
        return [b"taken"]

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def ask(
    site: Site, method: str, path: str, body: bytes = b"", **more: str
) -> tuple[str, dict[str, str], bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "REMOTE_ADDR": "203.0.113.7",
        **more,
    }
    setup_testing_defaults(environ)
    environ["wsgi.input"].write(body)
    environ["wsgi.input"].seek(0)
    environ["CONTENT_LENGTH"] = str(len(body))
    told: list[Any] = []
    data = b"".join(site(environ, lambda status, headers: told.extend([status, dict(headers)])))
    return told[0], told[1], data


def site_of(folder: Path, port: int) -> Site:
    return Site(folder, live_url="http://localhost:8002", reception=Reception("127.0.0.1", port))


def test_a_post_is_passed_on_with_the_address_and_without_cookies(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    with inner(seen) as port:
        status, headers, data = ask(
            site_of(tmp_path, port),
            *("POST", "/ap/inbox", b"{}"),
            HTTP_COOKIE="session=1",
            HTTP_SIGNATURE="keyId=x",
            HTTP_X_FORWARDED_FOR="10.0.0.1",
            QUERY_STRING="a=1",
        )
    assert (status, data) == ("201 Created", b"taken")
    assert "Set-Cookie" not in headers
    assert headers["X-Kept"] == "yes"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    (got,) = seen
    assert got["body"] == b"{}"
    assert got["HTTP_SIGNATURE"] == "keyId=x"
    assert got["HTTP_X_FORWARDED_FOR"] == "203.0.113.7"
    assert got["QUERY_STRING"] == "a=1"
    assert "HTTP_COOKIE" not in got


def test_a_file_of_that_name_comes_first_and_other_paths_never_pass(tmp_path: Path) -> None:
    (tmp_path / "ap").mkdir()
    (tmp_path / "ap" / "note.json").write_text("{}")
    (tmp_path / ".well-known").mkdir()
    (tmp_path / ".well-known" / "trust.txt").write_text("social=https://x.example/ministry")
    seen: list[dict[str, Any]] = []
    with inner(seen) as port:
        site = site_of(tmp_path, port)
        assert ask(site, "GET", "/ap/note.json")[0] == "200 OK"
        assert ask(site, "GET", "/.well-known/trust.txt")[0] == "200 OK"
        assert ask(site, "POST", "/statements/")[0].startswith("405")
        assert ask(site, "GET", "/account/login/")[0].startswith("404")
    assert seen == []


@pytest.mark.parametrize(
    ("path", "taken"),
    [("/ap/x", True), ("/apx", False), ("/.well-known/webfinger", True), ("/.well-known/webfingers", False)],
)
def test_prefixes_are_whole_names(path: str, taken: bool) -> None:
    assert takes(path) is taken


def test_too_much_and_nobody_there_are_said_plainly(tmp_path: Path) -> None:
    site = site_of(tmp_path, 9)
    assert ask(site, "POST", "/ap/inbox", b"x" * (MOST_BYTES + 1))[0].startswith("413")
    status, headers, data = ask(site, "POST", "/ap/inbox", b"x")
    assert status.startswith("503")
    assert headers["Retry-After"] == "30"
    assert b"not running" in data


@pytest.fixture
def reception(settings: Any) -> Client:
    from dragoman.config import reception_settings

    for name in ("ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "ALLOWED_HOSTS"):
        setattr(settings, name, getattr(reception_settings, name))
    return Client()


@pytest.mark.django_db
def test_the_reception_knows_no_desk_page_and_sets_no_cookie(reception: Client) -> None:
    answer = reception.get("/in/alive")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert not answer.cookies
    for path in ("/account/login/", "/api/v1/", "/statements/", "/health"):
        assert reception.get(path).status_code == 404


@pytest.mark.django_db
def test_a_person_reads_a_refusal_in_the_sites_look_and_a_program_as_json(reception: Client) -> None:
    page = reception.get("/subscribe/nowhere?lang=ar", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert b'dir="rtl"' in page.content
    said = reception.get("/ap/nowhere")
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json()["code"] == "not-found"


def test_a_stranger_is_slowed_down_and_a_neighbour_is_not() -> None:
    limits.forget()
    make = RequestFactory()
    for _ in range(3):
        limits.check(make.post("/x", REMOTE_ADDR="198.51.100.1"), "x", a_minute=3)
    with pytest.raises(TooMany):
        limits.check(make.post("/x", REMOTE_ADDR="198.51.100.1"), "x", a_minute=3)
    limits.check(make.post("/x", REMOTE_ADDR="198.51.100.2"), "x", a_minute=3)
    limits.check(make.post("/x", REMOTE_ADDR="198.51.100.1"), "y", a_minute=3)


@pytest.mark.parametrize(
    "sent", [{"QUERY_STRING": "a=\xe9"}, {"HTTP_HOST": "x\r\ny"}, {"HTTP_X": "a\nb"}, {"HTTP_X_\xe9": "1"}]
)
def test_bytes_that_no_request_may_have_are_refused_in_words(sent: dict[str, str]) -> None:
    said: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/said/near", "wsgi.input": io.BytesIO(), **sent}
    body = b"".join(Reception("127.0.0.1", 1)(environ, lambda status, _: said.append(status), []))
    assert said == ["400 Bad Request"]
    assert b"could not be read" in body


JSON = {"accept": "application/json"}


def test_json_that_is_nested_without_end_is_refused_in_words(reception: Client) -> None:
    answer = reception.post("/said/near", "[" * 100_000, content_type="application/json", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "not-json")
