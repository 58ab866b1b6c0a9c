"""The samples in deploy/ are tried, not only written: nginx where there is one, each process by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from tests.ground.running import Desk, free_ports, until
from tests.house.code import ROOT

from dragoman.cli.processes import Name

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def test_units_and_compose_start_processes_that_exist() -> None:
    named = set()
    for path in [*ROOT.glob("deploy/systemd/*.service"), ROOT / "deploy/compose.yaml"]:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"dragoman run ([a-z-]+)|\"run\", \"([a-z-]+)\"", text))
    assert {a or b for a, b in named} == {name.value for name in Name} - {"database"}


def test_target_wants_units_that_exist() -> None:
    wants = re.search(r"^Wants=(.*)$", (ROOT / "deploy/systemd/dragoman.target").read_text("utf-8"), re.M)
    assert wants is not None
    for unit in wants[1].split():
        file = re.sub(r"@\d+", "@", unit)
        assert (ROOT / "deploy/systemd" / file).is_file(), unit


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A desk with the sample, and nginx before it with the sample configuration."""
    if NGINX is None or not sys.platform.startswith("linux"):
        assert os.environ.get("CI") != "true", "CI brings an nginx"
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    port = free_ports(1)[0]
    with Desk(DRAGOMAN_SAMPLE="1") as desk:
        desk.until_well()
        front = desk.home / "public/en/index.html"
        until(lambda: b"/en/statements/" in front.read_bytes(), what="the front page's first statement")
        server = subprocess.Popen([NGINX, "-c", str(configured(folder, desk, port)), "-e", "stderr"])
        address = f"http://127.0.0.1:{port}"
        try:
            until(lambda: ask(address, "/robots.txt")[0] == 200, 20, what="nginx")
            yield address
        finally:
            server.terminate()
            server.wait(10)


def configured(folder: Path, desk: Desk, port: int) -> Path:
    """The sample, without TLS and on other ports."""
    text = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    public = text.index("    server_name www.example.int;\n    ssl")
    text = text[:public].replace("listen 443 ssl http2", f"listen 127.0.0.1:{port}") + text[public:]
    others = free_ports(2)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{others[0]};")
    text = text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{others[1]};")
    text = re.sub(r"\n\s*ssl_certificate\w*\s[^;]*;", "", text)
    text = text.replace("/var/lib/dragoman/public", str(desk.home / "public"))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{desk.public}")
    params = folder / "proxy_params"
    params.write_text("proxy_set_header Host $host;\n")
    text = text.replace("/etc/nginx/proxy_params", str(params))
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"user root;\ndaemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n{temporary}{text}\n}}\n"
    )
    return config


def ask(address: str, path: str, **headers: str) -> tuple[int, Message, bytes]:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address + path, headers=named)  # noqa: S310 - ours
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
    except OSError:
        return 0, Message(), b""


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_nginx_serves_pages_as_the_built_in_process_does(site: str) -> None:
    status, told, page = ask(site, "/en/")
    assert status == 200
    assert told["Content-Type"] == "text/html; charset=utf-8"
    assert told["Cache-Control"].startswith("public, max-age=10")
    assert "default-src 'none'" in told["Content-Security-Policy"]
    assert told["Set-Cookie"] is None
    assert ask(site, "/en/", If_None_Match=told["ETag"])[0] == 304
    link = re.search(rb"(/en/statements/[^\"/]+/)[\" >]", page)
    assert link is not None
    statement = link[1].decode()

    status, told, _ = ask(site, statement)
    assert status == 200
    assert 'rel="timemap"' in told["Link"]
    status, told, _ = ask(site, statement, Accept_Datetime="Thu, 01 Jan 2099 00:00:00 GMT")
    assert status == 302
    assert told["Location"].endswith(f"{statement}1/")
    status, told, _ = ask(site, f"{statement}1/")
    assert status == 200
    assert told["Memento-Datetime"]
    assert ask(site, f"{statement}timemap")[1]["Content-Type"].startswith("application/link-format")
    assert ask(site, f"{statement}.memento")[0] == 404


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_nginx_serves_the_record_as_files_that_anyone_may_read(site: str) -> None:
    status, told, head = ask(site, "/record/checkpoint")
    assert status == 200
    assert head.count(b"\n") >= 3
    assert told["Content-Type"] == "text/plain; charset=utf-8"
    assert told["Access-Control-Allow-Origin"] == "*"
    assert told["Cache-Control"] == "public, max-age=5"
    status, told, _ = ask(site, "/record/tile/entries/000.p/1")
    assert status in {200, 404}
    if status == 200:
        assert "immutable" in told["Cache-Control"]
        assert told["Content-Type"] == "application/octet-stream"
    missing = ask(site, "/en/nothing-here/")
    assert missing[0] == 404
    assert b"<html" in missing[2]
