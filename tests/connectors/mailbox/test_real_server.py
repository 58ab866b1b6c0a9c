"""The same reading against a server that others wrote: pymap (MIT), with its sample mail.

It is not among our own dependencies: give the path of its command in PYMAP.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import date

import pytest
from tests.fakes.email import certificate

from dragoman.lib import imap
from dragoman.lib.imap import Box, Found, Rejected, Want

WHERE = os.environ.get("PYMAP", "")
pytestmark = pytest.mark.skipif(not WHERE, reason="PYMAP names no command of pymap")


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    pem = str(certificate())
    command = [WHERE, "--host", "127.0.0.1", "--port", str(number), "--cert", pem, "--key", pem]
    with subprocess.Popen([*command, "dict", "--demo-data"]) as server:
        try:
            for _ in range(100):
                with socket.socket() as asked:
                    if not asked.connect_ex(("127.0.0.1", number)):
                        break
                time.sleep(0.1)
            yield number
        finally:
            server.terminate()


def read(port: int, want: Want, *, word: str = "demopass", folder: str = "INBOX") -> Found:
    box = Box("localhost", port, "demouser", word, folder, "starttls", inside=True)
    trust = ssl.create_default_context(cafile=str(certificate()))
    return asyncio.run(imap.read(box, want, allow_loopback=True, trust=trust))


def test_mail_is_read_after_starttls_and_once(port: int) -> None:
    whole = read(port, Want(date(1990, 1, 1)))
    assert len(whole.mails) > 1
    assert all(b"\r\n" in mail.data and mail.size >= len(mail.data) for mail in whole.mails)
    first = read(port, Want(date(1990, 1, 1), most=1))
    assert first.more
    rest = read(port, Want(date(1990, 1, 1), first.last, first.validity))
    assert [*first.mails, *rest.mails] == list(whole.mails)
    assert read(port, Want(date(1990, 1, 1), whole.last, whole.validity)).mails == ()


def test_a_wrong_password_and_a_missing_folder_are_told_in_words(port: int) -> None:
    with pytest.raises(Rejected, match="password"):
        read(port, Want(date(1990, 1, 1)), word="wrong")
    with pytest.raises(Rejected, match="no folder"):
        read(port, Want(date(1990, 1, 1)), folder="Nowhere")
