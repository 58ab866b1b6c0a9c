"""The receivers of docs/webhook.md do what they say."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dragoman.channels.connector import Account, Piece, Post, Prepared, Refused
from dragoman.channels.connectors.webhook.connector import Webhook
from dragoman.lib.http import Door
from dragoman.lib.signatures import webhooks

DOC = Path(__file__).resolve().parents[3] / "docs" / "webhook.md"
PIECE = Piece("fr", "Titre", "", "Corps", "https://mfa.example/fr/statements/a/")


@pytest.mark.parametrize(("lang", "program"), [("python", sys.executable), ("js", "node")])
def test_an_example_takes_what_is_ours_once_and_nothing_else(tmp_path: Path, lang: str, program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    [code] = re.findall(rf"```{lang}\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    secret = webhooks.new_secret()
    code = code.replace("the part after whsec_", secret.removeprefix("whsec_")).replace("8080", str(port))
    script = tmp_path / ("receiver.py" if lang == "python" else "receiver.mjs")
    script.write_text(code, encoding="utf-8")
    heard = tmp_path / "heard"
    with heard.open("wb") as out:
        process = subprocess.Popen(
            [program, *(["-u"] if lang == "python" else []), str(script)],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(port)
        asyncio.run(_tell(port, secret))
        asyncio.run(_tell(port, secret))
        with pytest.raises(Refused):
            asyncio.run(_tell(port, webhooks.new_secret()))
    finally:
        process.terminate()
        process.wait(10)
    assert heard.read_text(encoding="utf-8").count('"statement.released"') == 1


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


async def _tell(port: int, secret: str) -> None:
    async with Door(allow_loopback=True) as door:
        settings = {"address": f"http://127.0.0.1:{port}/"}
        connector = Webhook(Account("t", settings, {"secret": secret}, Path()), door)
        form = connector.render(PIECE)
        at = datetime(2026, 11, 22, 9, tzinfo=UTC)
        await connector.send(Prepared(Post("s:1:7:fr:1", form, "fr", PIECE.url, at, PIECE.title)))
