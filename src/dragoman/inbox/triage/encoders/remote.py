"""An encoder behind an OpenAI-compatible service: `POST {url}/embeddings`, as OpenAI's API reference has it
and vLLM, Text Embeddings Inference, llama.cpp and Ollama speak it.

What people wrote leaves the desk for that service. So it is used only when it is named in the settings, and
it should be the ministry's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from dragoman.inbox.triage.encoders.texts import prepared
from dragoman.inbox.triage.values import PLAIN, ModelMissing, Vectors
from dragoman.lib.http import Answer, Door, DoorError, Limits

LIMITS = Limits(connect=5.0, read=60.0, total=90.0, answer=32_000_000)
BATCH = 64
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
# The E5 family was trained with a word before each text that says what it is for (Wang et al. 2022).
PREFIX = "query: "


@dataclass(frozen=True, slots=True)
class Service:
    """Where the service is, for instance `https://models.example.int/v1`; `key` may be empty."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    limits: Limits = LIMITS

    @property
    def host(self) -> str:
        """The name of its host."""
        return urlsplit(self.url).hostname or ""


class RemoteEncoder:
    """Asks the service once for its number of dimensions when it is made, and holds it to that number."""

    def __init__(self, service: Service) -> None:
        if not service.host or not service.model:
            raise ModelMissing(
                "The encoder service is not named: set DRAGOMAN_ENCODER_URL and DRAGOMAN_ENCODER_MODEL."
            )
        self._service = service
        self._prefix = PREFIX if "e5" in service.model.lower() else ""
        self.model_id = f"{service.model}@{service.host}"
        self.fitted = PLAIN
        self.dim = 0
        self.dim = self._ask(["visa"]).shape[1]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, of length one. Raises ModelMissing, in words, when the service does not
        answer as it should; triage waits and asks again later."""
        rows = [self._ask(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate([np.zeros((0, self.dim), np.float32), *rows])

    def _ask(self, texts: Sequence[str]) -> Vectors:
        # its own thread: the caller's may have an event loop running
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(asyncio.run, self._asked(texts)).result()

    async def _asked(self, texts: Sequence[str]) -> Vectors:
        service = self._service
        # a service refuses an empty text, and its vector means nothing
        wanted = [(self._prefix + prepared(text)) if text.strip() else self._prefix + "-" for text in texts]
        body = {"model": service.model, "input": wanted, "encoding_format": "float"}
        headers = {"authorization": f"Bearer {service.key}"} if service.key else {}
        url = f"{service.url.rstrip('/')}/embeddings"
        try:
            async with Door(allow_loopback=service.host in HERE, limits=service.limits) as door:
                answer = await door.call("POST", url, headers=headers, json=body)
                return self._rows(answer, len(texts))
        except DoorError as problem:
            raise ModelMissing(f"The encoder service does not serve: {problem}.") from None

    def _rows(self, answer: Answer, count: int) -> Vectors:
        if not answer.ok:
            raise ModelMissing(
                f"The encoder service {self._service.host} answered {answer.status} for the model "
                f"{self._service.model}{_hint(answer.status)}."
            )
        rows = _vectors(answer.json().get("data"), count)
        if rows is None or (self.dim and rows.shape[1] != self.dim):
            wanted = f"{count} vectors" + (f" of {self.dim} numbers" if self.dim else "")
            raise ModelMissing(f"The encoder service {self._service.host} did not answer with {wanted}.")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def _hint(status: int) -> str:
    hints = {
        401: ": the key (DRAGOMAN_ENCODER_KEY) is not taken",
        403: ": the key (DRAGOMAN_ENCODER_KEY) may not use it",
        404: ": check DRAGOMAN_ENCODER_URL and DRAGOMAN_ENCODER_MODEL",
        429: ": it is asked too much; triage goes on later",
    }
    return hints.get(status, "")


def _vectors(data: Any, count: int) -> Vectors | None:
    """The vectors in the order of the texts; None when they are not what was asked for."""
    try:
        found = {int(item["index"]): item["embedding"] for item in data}
        rows = np.array([found[number] for number in range(count)], np.float32)
    except (TypeError, KeyError, ValueError, OverflowError):
        return None
    if len(found) != count or rows.ndim != 2 or not rows.shape[1] or not np.isfinite(rows).all():
        return None
    return rows
