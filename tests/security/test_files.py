"""The public files and the door outside under hostile requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dragoman.lib.http import is_public
from dragoman.public.serve import Site


def ask(root: Path, path: str, **more: str) -> tuple[int, bytes]:
    seen: list[int] = []

    def start(status: str, headers: Any) -> None:
        seen.append(int(status[:3]))

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, **more}
    body = b"".join(Site(root, live_url="http://live.test")(environ, start))
    return seen[0], body


@pytest.fixture
def root(tmp_path: Path) -> Path:
    public = tmp_path / "public"
    public.mkdir()
    (public / "a.txt").write_text("open")
    (tmp_path / "secret.txt").write_text("secret")
    (public / "way.txt").symlink_to(tmp_path / "secret.txt")
    (public / "out").symlink_to(tmp_path)
    return public


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/a/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/way.txt",
     "/out/secret.txt", "//etc/passwd", "/a.txt\x00.html", "/\\..\\secret.txt", "/static/../../secret.txt",
     "/.secret", "/" + "a/" * 5000, "\xff\xfe"],
)  # fmt: skip
def test_no_path_leads_out_of_the_folder(root: Path, path: str) -> None:
    status, body = ask(root, path)
    assert status in (301, 400, 404)
    assert body.strip() != b"secret"


@pytest.mark.parametrize(
    "headers",
    [{"HTTP_RANGE": f"bytes={'9' * 5000}-"}, {"HTTP_RANGE": "bytes=-0"}, {"HTTP_RANGE": "bytes=0-0,1-1"},
     {"HTTP_RANGE": "bytes=²-"}, {"HTTP_IF_MODIFIED_SINCE": "Mon, 01 Jan 2020 00:00:00 +99999999999999"},
     {"HTTP_IF_MODIFIED_SINCE": "Mon, 01 Jan 0001 00:00:00 +2359"}, {"HTTP_IF_NONE_MATCH": "," * 9000},
     {"HTTP_ACCEPT_DATETIME": "x" * 9000}, {"HTTP_ACCEPT_ENCODING": "gzip;q=" + "0" * 9000}],
)  # fmt: skip
def test_no_header_makes_the_server_fail(root: Path, headers: dict[str, str]) -> None:
    assert ask(root, "/a.txt", **headers)[0] in (200, 206, 304, 416)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "192.168.1.1", "172.16.0.1",
     "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1",
     "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1",
     "fe80::1%eth0"],
)  # fmt: skip
def test_no_inner_address_is_spoken_to(address: str) -> None:
    assert not is_public(address)
