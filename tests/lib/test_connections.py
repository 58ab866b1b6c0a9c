"""Connections opened ahead: used once and only while they are good, with and without encryption."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path

import pytest
from tests.lib.test_http import OK, SHORT, certificate, heard, server

from dragoman.lib.http import Door


@pytest.mark.parametrize("safe", [False, True])
def test_a_connection_that_was_opened_ahead_carries_the_request(tmp_path: Path, *, safe: bool) -> None:
    opened, asked = [], []
    path = certificate("localhost", tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(path)

    def answer(conn: socket.socket) -> None:
        conn = ours.wrap_socket(conn, server_side=True) if safe else conn
        opened.append(1)
        conn.settimeout(5)
        asked.append(heard(conn))
        conn.sendall(OK)

    async def go(port: int) -> None:
        trust = ssl.create_default_context(cafile=str(path))
        url = f"{'https' if safe else 'http'}://localhost:{port}/way"
        async with Door(allow_loopback=True, limits=SHORT, trust=trust) as door:
            assert await door.open(url)
            await asyncio.sleep(0.1)
            assert (len(opened), asked, door.calls) == (1, [], [])  # it is open, and nothing was asked
            assert (await door.call("POST", url, json={})).ok
            assert door.calls[0].at is not None

    with server(answer) as port:
        asyncio.run(go(port))
    assert len(opened) == len(asked) == 1


@pytest.mark.parametrize("safe", [False, True])
def test_one_that_the_other_side_has_closed_is_not_used(tmp_path: Path, *, safe: bool) -> None:
    first = threading.Event()
    path = certificate("localhost", tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(path)

    def answer(raw: socket.socket) -> None:
        with ours.wrap_socket(raw, server_side=True) if safe else raw as conn:
            talk(conn)

    def talk(conn: socket.socket) -> None:
        if not first.is_set():
            first.set()
            return  # hangs up without a word
        conn.settimeout(5)
        heard(conn)
        conn.sendall(OK)

    async def go(port: int) -> None:
        trust = ssl.create_default_context(cafile=str(path))
        url = f"{'https' if safe else 'http'}://localhost:{port}/"
        async with Door(allow_loopback=True, limits=SHORT, trust=trust) as door:
            assert await door.open(url)
            # on a busy machine the hanging up takes its time to come
            await asyncio.to_thread(first.wait, 5)
            await asyncio.sleep(1)
            assert (await door.call("POST", url, json={})).ok

    with server(answer) as port:
        asyncio.run(go(port))


def test_opening_ahead_never_raises_and_never_leads_inside() -> None:
    async def go() -> list[bool]:
        async with Door(limits=SHORT) as door, Door(allow_loopback=True, limits=SHORT) as free:
            with socket.create_server(("127.0.0.1", 0)) as silent:
                port = silent.getsockname()[1]
                inside = await door.open(f"http://127.0.0.1:{port}/")
            closed = await free.open(f"http://127.0.0.1:{port}/")
            return [inside, closed, await door.open("not an address"), await door.open("http://no.invalid/")]

    assert asyncio.run(go()) == [False] * 4
