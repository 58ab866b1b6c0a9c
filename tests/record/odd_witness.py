"""A witness that answers as a test wants: wrong, late, endless or not at all."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from dragoman.lib.tlog import note, witness

Behaviour = Callable[["OddWitness", witness.Question, socket.socket], None]


class OddWitness:
    """`behave` is given the question and the open socket; `key` is the one that the policy names."""

    def __init__(self, behave: Behaviour) -> None:
        self.key = note.SignerKey.make("odd.example.int", note.COSIGNATURE)
        self.trusted: list[note.VerifierKey] = []
        self.behave = behave
        self.over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Let those go who wait, and close the door."""
        self.over.set()
        self._listening.close()

    def say(self, raw: socket.socket, status: int, body: bytes, kind: str = "text/plain") -> None:
        """One whole answer."""
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        raw.sendall(f"{head}connection: close\r\n\r\n".encode() + body)

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(raw,), daemon=True).start()

    def _one(self, raw: socket.socket) -> None:
        with raw, suppress(OSError):
            head, body = b"", b""
            while b"\r\n\r\n" not in head:
                head += raw.recv(65_536)
            head, _, body = head.partition(b"\r\n\r\n")
            lines = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
            while len(body) < int(lines.get("content-length", 0)):
                body += raw.recv(65_536)
            if head.startswith(b"POST"):
                self.behave(self, witness.parse_question(body), raw)
            else:
                self.say(raw, 404, b"nothing here\n")
