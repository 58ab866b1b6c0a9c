"""The door, tried against real sockets on this machine."""

import asyncio
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dragoman.lib.http import Answer, BadAnswer, Door, DoorError, Limits, NoAnswer, NotReached, is_public

SHORT = Limits(connect=1, read=0.5, total=1, answer=1000)
Script = Callable[[socket.socket], None]


@contextmanager
def server(script: Script) -> Iterator[int]:
    """A server that runs `script` for each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    alive = True

    def serve() -> None:
        while alive:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            with conn, suppress(OSError):
                script(conn)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    alive = False
    listener.close()


def heard(conn: socket.socket) -> bytes:
    """One whole request. Closing while some of it is unread would break the answer off (RFC 9112, 9.6)."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = conn.recv(65536)
        if not more:
            return got
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    missing = (int(length.group(1)) if length else 0) - len(body)
    while missing > 0 and (more := conn.recv(65536)):
        got += more
        missing -= len(more)
    return got


def says(text: bytes, *, wait: float = 0) -> Script:
    def script(conn: socket.socket) -> None:
        conn.settimeout(2)
        heard(conn)
        conn.sendall(text)
        threading.Event().wait(wait)

    return script


def ask(port: int, method: str = "GET", *, loopback: bool = True, limits: Limits = SHORT) -> Answer:
    async def go() -> Answer:
        async with Door(allow_loopback=loopback, limits=limits) as door:
            return await door.call(method, f"http://127.0.0.1:{port}/way?token=hidden")

    return asyncio.run(go())


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def test_an_answer_comes_back_whole() -> None:
    with server(says(OK)) as port:
        answer = ask(port)
    assert (answer.status, answer.json()) == (200, {})


def test_loopback_is_closed_unless_admitted() -> None:
    with server(says(OK)) as port, pytest.raises(NotReached, match="public"):
        ask(port, loopback=False)


def test_a_name_that_leads_inside_is_refused() -> None:
    async def go() -> None:
        async with Door() as door:
            await door.call("GET", "http://localhost/")

    with pytest.raises(NotReached, match="public"):
        asyncio.run(go())


def test_nobody_listening_is_surely_not_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotReached):
        ask(port, "POST")


def test_silence_after_the_request_may_be_out() -> None:
    with server(says(b"", wait=2)) as port, pytest.raises(NoAnswer):
        ask(port, "POST")


def test_a_broken_connection_may_be_out() -> None:
    with server(says(b"HTTP/1.1 200 OK\r\ncontent-le")) as port, pytest.raises(NoAnswer):
        ask(port, "POST")


def test_an_answer_that_stops_half_way_may_be_out() -> None:
    half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"
    with server(says(half)) as port, pytest.raises(NoAnswer):
        ask(port, "POST")


def test_an_answer_that_drips_meets_the_total_limit() -> None:
    def drip(conn: socket.socket) -> None:
        heard(conn)
        conn.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        for _ in range(30):
            conn.sendall(b"x")
            threading.Event().wait(0.2)

    with server(drip) as port, pytest.raises(NoAnswer, match="within 1 seconds"):
        ask(port, "POST")


def test_an_endless_answer_is_cut_at_the_cap() -> None:
    big = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"x" * 5000
    with server(says(big)) as port, pytest.raises(BadAnswer, match="longer"):
        ask(port)


def test_a_packed_answer_is_not_unpacked() -> None:
    packed = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx"
    with server(says(packed)) as port, pytest.raises(BadAnswer, match="packed"):
        ask(port)


def test_a_redirect_to_another_host_is_refused() -> None:
    away = b"HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n"
    with server(says(away)) as port, pytest.raises(BadAnswer, match="another host"):
        ask(port)


def test_a_redirect_in_a_circle_ends() -> None:
    again = b"HTTP/1.1 302 Found\r\nlocation: /way\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    with server(says(again)) as port, pytest.raises(BadAnswer, match="circles"):
        ask(port)


def test_a_post_is_never_redirected() -> None:
    again = b"HTTP/1.1 307 Again\r\nlocation: /way\r\ncontent-length: 0\r\n\r\n"
    with server(says(again)) as port, pytest.raises(BadAnswer, match="redirect"):
        ask(port, "POST")


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"[" * 900, b"\xff"])
def test_what_is_not_a_json_object_is_a_bad_answer(body: bytes) -> None:
    page = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    with server(says(page)) as port, pytest.raises(BadAnswer):
        ask(port).json()


@pytest.mark.parametrize(
    "url", ["ftp://mfa.example/", "https:///x", "https://a:b@mfa.example/", "http://[::1", "http://h:99999/"]
)
def test_a_strange_address_is_refused_in_words(url: str) -> None:
    async def go() -> None:
        async with Door() as door:
            await door.call("GET", url)

    with pytest.raises(NotReached):
        asyncio.run(go())


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *(("93.184.215.14", True), ("2606:2800:21f::1", True)),
        *(("10.0.0.1", False), ("169.254.169.254", False), ("0.0.0.0", False), ("224.0.0.1", False)),  # noqa: S104 - an address to be refused
        *(("::1", False), ("fe80::1%eth0", False), ("fc00::1", False), ("::ffff:10.0.0.1", False)),
        *(("64:ff9b::a00:1", False), ("2002:a00:1::", False), ("100.64.0.1", False), ("nonsense", False)),
    ],
)
def test_only_public_addresses_are_spoken_to(address: str, *, public: bool) -> None:
    assert is_public(address) is public


def test_nothing_secret_is_kept_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def go() -> str:
        async with Door(allow_loopback=True, limits=SHORT) as door:
            answer = await door.call(
                "POST", f"http://127.0.0.1:{port}/way?token=hidden", headers={"authorization": "hidden"}
            )
            return repr(door.calls) + repr(answer)

    with server(says(b"HTTP/1.1 200 OK\r\nset-cookie: hidden\r\ncontent-length: 6\r\n\r\nhidden")) as port:
        kept = asyncio.run(go())
    assert "hidden" not in kept + caplog.text
    assert "/way" in kept


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 302 Found\r\nlocation: /hidden\r\n\r\n",
        b"",
    ],
)
def test_a_path_that_holds_a_secret_is_kept_as_it_may_be_shown(
    caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    caplog.set_level(logging.DEBUG)

    async def go() -> str:
        async with Door(allow_loopback=True, limits=SHORT) as door:
            said = ""
            try:
                await door.call("POST", f"http://127.0.0.1:{port}/bothidden/way", shown_path="/bot…/way")
            except DoorError as problem:
                said = repr(problem)
            return said + repr(door.calls) + str([call.as_json() for call in door.calls])

    with server(says(answer)) as port:
        kept = asyncio.run(go())
    assert "hidden" not in kept + caplog.text
    assert "/bot…/way" in kept


def certificate(name: str, folder: Path) -> Path:
    """A certificate for `name` that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    whose = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(whose, whose, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    bare = serialization.NoEncryption()
    path = folder / f"{name}.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, bare) + made.public_bytes(pem))
    return path


@pytest.mark.parametrize(("named", "taken"), [("localhost", True), ("other.example", False)])
def test_a_certificate_must_be_for_the_name_that_was_asked(
    tmp_path: Path, named: str, *, taken: bool
) -> None:
    path = certificate(named, tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(path)

    def greet(conn: socket.socket) -> None:
        with ours.wrap_socket(conn, server_side=True) as safe:
            heard(safe)
            safe.sendall(OK)

    async def go(port: int) -> int:
        trust = ssl.create_default_context(cafile=str(path))
        async with Door(allow_loopback=True, limits=SHORT, trust=trust) as door:
            return (await door.call("GET", f"https://localhost:{port}/")).status

    with server(greet) as port:
        if taken:
            assert asyncio.run(go(port)) == 200
        else:
            with pytest.raises(NotReached):
                asyncio.run(go(port))


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    when = {"retry-after": "Sun, 22 Nov 2026 09:02:00 GMT"}
    assert Answer(429, {"retry-after": "90"}, b"").retry_after(now) == now + timedelta(seconds=90)
    assert Answer(429, when, b"").retry_after(now) == now + timedelta(minutes=2)
    assert Answer(429, {"retry-after": "soon"}, b"").retry_after(now) is None
    assert Answer(429, {}, b"").retry_after(now) is None
