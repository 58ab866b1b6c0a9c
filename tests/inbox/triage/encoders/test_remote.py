"""An encoder behind an OpenAI-compatible service: a real server on this machine answers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from dragoman.inbox.triage.encoders import load_encoder
from dragoman.inbox.triage.encoders.remote import BATCH, RemoteEncoder, Service
from dragoman.inbox.triage.values import ModelMissing
from dragoman.lib.http import Limits

Answering = Callable[[dict[str, Any]], tuple[int, Any]]
SHORT = Limits(connect=1, read=1, total=1.5, answer=1_000_000)


@dataclass
class Fake:
    """A service that says what it was asked."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answering: Answering = lambda body: (200, {"data": vectors(body["input"])})

    def service(self, *, model: str = "multilingual-e5-large", key: str = "hush") -> Service:
        return Service(self.url, model, key, SHORT)


def vectors(texts: list[str], dim: int = 3) -> list[dict[str, Any]]:
    """In another order than asked, as services may."""
    found = [
        {"index": number, "embedding": [float(len(text)), *([1.0] * (dim - 1))]}
        for number, text in enumerate(texts)
    ]
    return found[::-1]


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fake.asked.append(body | {"path": self.path})
            fake.keys.append(self.headers.get("authorization", ""))
            status, told = fake.answering(body)
            raw = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake()) as ready:
        yield ready


def test_texts_become_rows_of_length_one_in_their_order(fake: Fake) -> None:
    encoder = RemoteEncoder(fake.service())
    rows = encoder.encode(["a", "four words of text"])

    assert encoder.dim == 3
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0, 0] < rows[1, 0]


def test_it_is_asked_as_the_interface_has_it(fake: Fake) -> None:
    RemoteEncoder(fake.service()).encode(["visa"])

    assert fake.asked[-1] == {
        "model": "multilingual-e5-large",
        "input": ["query: visa"],
        "encoding_format": "float",
        "path": "/v1/embeddings",
    }
    assert fake.keys[-1] == "Bearer hush"


def test_prefix_is_for_the_e5_family_only(fake: Fake) -> None:
    RemoteEncoder(fake.service(model="bge-m3", key="")).encode(["visa", ""])

    assert fake.asked[-1]["input"] == ["visa", "-"]
    assert fake.keys[-1] == ""


def test_many_texts_go_in_batches(fake: Fake) -> None:
    rows = RemoteEncoder(fake.service()).encode(["x" * number for number in range(1, 2 * BATCH + 2)])

    assert rows.shape == (2 * BATCH + 1, 3)
    assert [len(body["input"]) for body in fake.asked] == [1, BATCH, BATCH, 1]
    assert (np.diff(rows[:, 0]) > 0).all()


def test_no_texts_ask_nothing(fake: Fake) -> None:
    encoder = RemoteEncoder(fake.service())

    assert encoder.encode([]).shape == (0, 3)
    assert len(fake.asked) == 1


def test_it_may_be_asked_from_within_an_event_loop(fake: Fake) -> None:
    encoder = RemoteEncoder(fake.service())

    async def go() -> int:
        return len(encoder.encode(["visa"]))

    assert asyncio.run(go()) == 1


def test_model_and_host_are_its_id_and_the_key_is_nowhere(fake: Fake) -> None:
    service = fake.service()

    assert RemoteEncoder(service).model_id == "multilingual-e5-large@127.0.0.1"
    assert "hush" not in repr(service)


def _short(texts: list[str]) -> list[dict[str, Any]]:
    return vectors(texts)[1:]


WRONG: dict[str, tuple[Answering, str]] = {
    "a key that is not taken": (lambda body: (401, {"error": "no"}), "answered 401.*DRAGOMAN_ENCODER_KEY"),
    "a model it has not": (lambda body: (404, {}), "answered 404.*DRAGOMAN_ENCODER_MODEL"),
    "a fault": (lambda body: (500, b"<html>"), "answered 500"),
    "no JSON": (lambda body: (200, b"<html>"), "not JSON"),
    "a list": (lambda body: (200, [1]), "not an object"),
    "no data": (lambda body: (200, {}), "did not answer with"),
    "too few": (lambda body: (200, {"data": _short(body["input"])}), "did not answer with"),
    "words": (lambda body: (200, {"data": [{"index": 0, "embedding": ["a"]}]}), "did not answer with"),
    "endless numbers": (
        lambda body: (200, b'{"data": [{"index": 0, "embedding": [1e999, 1]}]}'),
        "did not answer with",
    ),
    "nothing in it": (lambda body: (200, {"data": [{"index": 0, "embedding": []}]}), "did not answer with"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_wrong_answer_is_said_in_words(name: str, fake: Fake) -> None:
    fake.answering, words = WRONG[name]

    with pytest.raises(ModelMissing, match=words) as said:
        RemoteEncoder(fake.service())
    assert "hush" not in str(said.value)


def test_vectors_of_another_length_are_refused(fake: Fake) -> None:
    encoder = RemoteEncoder(fake.service())
    fake.answering = lambda body: (200, {"data": vectors(body["input"], dim=4)})

    with pytest.raises(ModelMissing, match="1 vectors of 3 numbers"):
        encoder.encode(["visa"])


def test_service_that_is_silent_does_not_hold_up_triage(fake: Fake) -> None:
    fake.answering = lambda body: (time.sleep(3), (200, {}))[1]
    began = time.monotonic()

    with pytest.raises(ModelMissing, match="did not answer"):
        RemoteEncoder(fake.service())
    assert time.monotonic() - began < 2.9


def test_service_that_is_not_there_is_said_in_words() -> None:
    with pytest.raises(ModelMissing, match="could not be reached"):
        RemoteEncoder(Service("http://127.0.0.1:1/v1", "e5", limits=SHORT))


def test_inner_address_is_not_spoken_to() -> None:
    with pytest.raises(ModelMissing, match="not a public address"):
        RemoteEncoder(Service("http://10.0.0.7/v1", "e5", limits=SHORT))


def test_service_that_is_not_named_is_said_in_words() -> None:
    with pytest.raises(ModelMissing, match="DRAGOMAN_ENCODER_URL"):
        load_encoder("openai")


def test_service_is_chosen_by_name(fake: Fake) -> None:
    assert isinstance(load_encoder("openai", service=fake.service()), RemoteEncoder)
