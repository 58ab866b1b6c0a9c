"""A small witness after c2sp.org/tlog-witness, on loopback: remembers a head, signs what continues it."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dragoman.lib.tlog import checkpoint, cosign, merkle, note, witness
from dragoman.lib.tlog.errors import Mismatch, TlogError


class DeskWitness:
    """`mood` is a status to answer with instead of the truth; `delay` seconds to wait first."""

    def __init__(self, name: str) -> None:
        self.key = note.SignerKey.make(name, note.COSIGNATURE)
        self.trusted: list[note.VerifierKey] = []
        self.size, self.root = 0, merkle.EMPTY_ROOT
        self.shown = b""
        self.mood = 0
        self.delay = 0.0
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def stop(self) -> None:
        """Close the door."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, data: bytes) -> tuple[int, bytes]:
        """What the protocol says."""
        self.asked += 1
        time.sleep(self.delay)
        if self.mood:
            return self.mood, b"not today"
        try:
            question = witness.parse_question(data)
            signed = note.parse(question.checkpoint)
            head = checkpoint.parse(signed.text)
        except TlogError:
            return 400, b""
        return self._judge(question, signed, head)

    def _judge(
        self, question: witness.Question, signed: note.Note, head: checkpoint.Checkpoint
    ) -> tuple[int, bytes]:
        if not note.check(signed, self.trusted):
            return 403, b""
        if question.old > head.size or question.old != self.size:
            return (400, b"") if question.old > head.size else (409, f"{self.size}\n".encode())
        try:
            merkle.check_consistency(self.size, head.size, question.proof, self.root, head.root)
        except Mismatch:
            return 422, b""
        self.size, self.root, self.shown = head.size, head.root, question.checkpoint
        return 200, str(cosign.sign(self.key, signed.text, int(time.time()))).encode()


def _handler(one: DeskWitness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["content-length"]))
            self._say(*one.answer(data))

        def do_GET(self) -> None:
            self._say(200 if one.shown else 404, one.shown)

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            return

    return Handler
