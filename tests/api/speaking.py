"""A client that speaks as an officer with a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass
class Speaker:
    """Sends requests with one token and checks that every refusal is problem JSON."""

    token: str

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        options: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.token}", **headers}}
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        response = Client().generic(method.upper(), f"/api/v1{path}", **options)
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"
            told = response.json()
            assert {"type", "title", "status", "detail", "code", "mend", "where"} <= set(told)
            assert told["status"] == response.status_code
        return response


Speak = Callable[..., Speaker]
