"""The web process on a folder of files: what it answers, and what it never gives out."""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.base.actor import System
from dragoman.public import actions, memento, site
from dragoman.public.serve import Site

SLUG = "/en/statements/visa"
TIMES = [(1, datetime(2017, 1, 11, 9, 0, tzinfo=UTC)), (2, datetime(2017, 1, 12, 7, 20, tzinfo=UTC))]
PAGE = b"<!doctype html><title>T</title>" + b"words " * 200


@dataclass
class Got:
    status: int
    headers: dict[str, str]
    body: bytes


Ask = Callable[..., Got]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small site, and a secret beside it."""
    public = tmp_path / "public"
    files = {
        "index.html": PAGE,
        "404.html": b"<title>none</title>",
        "ar/404.html": b"<title>la</title>",
        "en/statements/visa/index.html": PAGE,
        "en/statements/visa/1/index.html": PAGE,
        "en/statements/visa/2/index.html": PAGE,
        "en/statements/visa/.memento": memento.sidecar(f"{SLUG}/", TIMES),
        "en/statements/visa/timemap": b"x",
        "feeds/en.atom": b"<feed/>",
        "feeds/en.json": b"{}",
        "record/checkpoint": b"origin\n1\n",
        "record/tile/0/000.p/1": bytes(32),
        "record/text/" + "a" * 64: "# Tïtle\n".encode(),
        "record/media/" + "b" * 64: b"\xff\xd8\xff" + bytes(range(256)) * 4000,
        "record/media/" + "c" * 64: b"<script>alert(1)</script>",
        "record/proof/x-1.tlog-proof": b"c2sp.org/tlog-proof@v1\n",
        "static/public.0123456789.css": b"body{}" * 100,
        ".secret": b"s",
    }
    for name, data in files.items():
        place = public / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "key").write_bytes(b"secret")
    (public / "link").symlink_to(tmp_path / "keys" / "key")
    return public


@pytest.fixture
def ask(root: Path) -> Ask:
    return asker(root)


def asker(root: Path) -> Ask:
    site = Site(root, live_url="http://live.example:8002", public_url="https://public.example")

    def asked(path: str, method: str = "GET", **fields: str) -> Got:
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        raw = path.encode().decode("latin-1")
        environ = {"REQUEST_METHOD": method, "PATH_INFO": raw}
        environ |= {f"HTTP_{name.upper()}": value for name, value in fields.items()}
        body = b"".join(site(environ, lambda status, headers: seen.append((status, headers))))
        ((status, headers),) = seen
        return Got(int(status[:3]), {name.lower(): value for name, value in headers}, body)

    return asked


def test_page_is_sent_with_its_type_its_policy_and_no_cookie(ask: Ask) -> None:
    got = ask("/")
    assert (got.status, got.body) == (200, PAGE)
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert "connect-src 'self' http://live.example:8002;" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["strict-transport-security"]
    assert "set-cookie" not in got.headers


@pytest.mark.parametrize(
    ("path", "media_type", "cache"),
    [
        ("/record/checkpoint", "text/plain; charset=utf-8", "max-age=5"),
        ("/record/tile/0/000.p/1", "application/octet-stream", "immutable"),
        ("/record/text/" + "a" * 64, "text/plain; charset=utf-8", "immutable"),
        ("/record/media/" + "b" * 64, "image/jpeg", "immutable"),
        ("/record/media/" + "c" * 64, "application/octet-stream", "immutable"),
        ("/record/proof/x-1.tlog-proof", "text/plain; charset=utf-8", "max-age=30"),
        ("/feeds/en.atom", "application/atom+xml; charset=utf-8", "max-age=30"),
        ("/feeds/en.json", "application/feed+json; charset=utf-8", "max-age=30"),
        ("/static/public.0123456789.css", "text/css; charset=utf-8", "immutable"),
        (f"{SLUG}/timemap", "application/link-format; charset=utf-8", "max-age=10"),
        ("/", "text/html; charset=utf-8", "max-age=10"),
    ],
)
def test_each_kind_of_file_has_its_type_and_its_time(
    ask: Ask, path: str, media_type: str, cache: str
) -> None:
    got = ask(path)
    assert got.status == 200
    assert got.headers["content-type"] == media_type
    assert cache in got.headers["cache-control"]


def test_unchanged_file_is_not_sent_again(ask: Ask, root: Path) -> None:
    tag = ask("/").headers["etag"]
    again = ask("/", if_none_match=f'W/{tag}, "other"')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == tag
    (root / "index.html").write_bytes(PAGE + b"!")
    assert ask("/", if_none_match=tag).status == 200
    assert "last-modified" not in ask("/").headers  # it may change again within this second
    os.utime(root / "index.html", (1_500_000_000, 1_500_000_000))
    dated = ask("/").headers["last-modified"]
    assert ask("/", if_modified_since=dated).status == 304
    assert ask("/", if_modified_since=dated, if_none_match='"old"').status == 200


def test_text_is_squeezed_for_those_who_take_it(ask: Ask) -> None:
    got = ask("/", accept_encoding="br, gzip;q=0.8")
    assert got.headers["content-encoding"] == "gzip"
    assert gzip.decompress(got.body) == PAGE
    assert got.headers["content-length"] == str(len(got.body))
    assert "accept-encoding" in got.headers["vary"]
    assert got.headers["etag"] != ask("/").headers["etag"]
    assert "content-encoding" not in ask("/", accept_encoding="gzip;q=0").headers
    assert "content-encoding" not in ask("/record/tile/0/000.p/1", accept_encoding="gzip").headers


def test_head_answers_as_get_does_without_a_body(ask: Ask) -> None:
    head, got = ask("/", "HEAD"), ask("/")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == got.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent_to_it(ask: Ask, method: str) -> None:
    got = ask("/", method)
    assert got.status == 405
    assert got.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-9", 0, 9), ("bytes=1000000-", 1000000, 1024002), ("bytes=-5", 1023998, 1024002)],
)
def test_parts_of_media_are_sent(ask: Ask, root: Path, asked: str, first: int, last: int) -> None:
    path = "/record/media/" + "b" * 64
    data = (root / path[1:]).read_bytes()
    got = ask(path, range=asked)
    assert got.status == 206
    assert got.headers["content-range"] == f"bytes {first}-{last}/{len(data)}"
    assert got.body == data[first : last + 1]
    assert ask(path, range="bytes=9999999-").status == 416
    assert ask(path, range="bytes=9-2").status == 416
    assert ask(path, range="lines=1-2").status == 200
    assert ask(path, range=asked, if_range='"old"').status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../keys/key",
        "/en/../../keys/key",
        "/%2e%2e/keys/key",
        "/..\\keys\\key",
        "/.secret",
        f"{SLUG}/.memento",
        "/link",
        "//keys/key",
        "/\x00",
        "/en\x00/index.html",
        "/" + "a/" * 3000,
        "/" + "a" * 5000,
        "",
        "keys",
    ],
)
def test_nothing_outside_the_folder_and_no_hidden_file_is_given_out(ask: Ask, path: str) -> None:
    got = ask(path)
    assert got.status in (400, 404)
    assert b"secret" not in got.body
    assert b"revisions" not in got.body


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["..", ".", "", "keys", "key", "en", "\\", "link"])).map("/".join)
)
def test_no_path_whatever_reaches_a_secret(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    place = tmp_path_factory.getbasetemp() / "fuzz"
    (place / "public" / "en").mkdir(parents=True, exist_ok=True)
    (place / "keys").mkdir(exist_ok=True)
    (place / "keys" / "key").write_bytes(b"secret")
    got = asker(place / "public")("/" + path.encode("utf-8", "ignore").decode())
    assert got.status in (200, 301, 400, 404)
    assert b"secret" not in got.body


def test_folder_without_slash_is_sent_on_within_the_site(ask: Ask) -> None:
    got = ask(SLUG)
    assert (got.status, got.headers["location"]) == (301, f"{SLUG}/")
    assert ask("//evil.example/en").status == 400


def test_unknown_address_has_a_friendly_page_in_its_language(ask: Ask) -> None:
    assert (ask("/nope").status, ask("/nope").body) == (404, b"<title>none</title>")
    assert ask("/ar/nope/").body == b"<title>la</title>"
    assert ask("/nope").headers["cache-control"] == "no-store"


def test_empty_folder_has_a_friendly_front_page(tmp_path: Path) -> None:
    ask = asker(tmp_path / "public")
    got = ask("/")
    assert got.status == 200
    assert b"Nothing is published yet" in got.body
    assert ask("/en/").status == 404
    assert b"There is no such page" in ask("/en/").body
    assert ask("/static/public.css").status == 200
    assert ask("/static/../serve.py").status == 400


def test_statement_tells_archives_of_its_revisions(ask: Ask) -> None:
    newest, second = ask(f"{SLUG}/"), ask(f"{SLUG}/2/")
    assert f'<{SLUG}/>; rel="original timegate"' in newest.headers["link"]
    assert f'<{SLUG}/timemap>; rel="timemap"' in second.headers["link"]
    assert "memento-datetime" not in newest.headers
    assert second.headers["memento-datetime"] == "Thu, 12 Jan 2017 07:20:00 GMT"
    assert "link" not in ask("/").headers


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("Wed, 11 Jan 2017 12:00:00 GMT", f"{SLUG}/1/"),
        ("Thu, 12 Jan 2017 12:00:00 GMT", f"{SLUG}/2/"),
        ("Sun, 01 Jan 2012 12:00:00 GMT", f"{SLUG}/1/"),
    ],
)
def test_page_as_it_was_is_found_by_its_time(ask: Ask, asked: str, to: str) -> None:
    got = ask(f"{SLUG}/", accept_datetime=asked)
    assert (got.status, got.headers["location"]) == (302, to)
    assert got.headers["vary"] == "accept-datetime"
    assert ask(f"{SLUG}/1/", accept_datetime=asked).status == 200
    assert ask(f"{SLUG}/", accept_datetime="yesterday").status == 200


def test_file_that_vanishes_or_cannot_be_read_is_no_crash(ask: Ask, root: Path) -> None:
    (root / "broken").symlink_to(root / "nowhere")
    os.mkfifo(root / "pipe")
    assert ask("/broken").status == 404
    assert ask("/pipe").status == 404


@pytest.mark.django_db
def test_a_new_release_brings_its_looks_before_any_page_is_written_anew(home: Path) -> None:
    assert actions.renew_assets(by=System("test")) > 0
    place = home / "public" / site.asset("public.css").lstrip("/")
    assert place.is_file()
    assert actions.renew_assets(by=System("test")) == 0
    place.unlink()
    assert actions.renew_assets(by=System("test")) == 1
