"""A browser for tests: opens a page, reads what its script would read, and answers as a device would."""

from __future__ import annotations

import base64
import re
from typing import Any

from django.test import Client
from tests.negotiations.rules.cast import Authenticator, b64url
from tests.negotiations.table.world import SITE

ATTRIBUTE = re.compile(r'data-challenge="([^"]*)"')
TOKEN = re.compile(r'name="token" value="([^"]*)"')


def browser(*, csrf: bool = False) -> Client:
    """One that has never been here. The origin is the table's, as every browser says it with a form."""
    return Client(enforce_csrf_checks=csrf, headers={"origin": SITE})


def asked(page: str) -> tuple[bytes, str]:
    """The challenge that the page's script would hand to the device, and the page's ticket."""
    found, token = ATTRIBUTE.search(page), TOKEN.search(page)
    assert found
    text = found[1]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), token[1] if token else ""


def made(device: Authenticator, page: str) -> dict[str, str]:
    """The form after the device made a passkey."""
    challenge, token = asked(page)
    client_data, attestation = device.create(challenge)
    return {
        "way": "passkey",
        "token": token,
        "credential": b64url(b"credential-one"),
        "client_data": b64url(client_data),
        "attestation": b64url(attestation),
    }


def used(device: Authenticator, page: str, **more: Any) -> dict[str, Any]:
    """The form after the device signed with its passkey."""
    challenge, token = asked(page)
    data, client_data, signature = device.get(challenge)
    return {
        "way": "passkey",
        "token": token,
        "credential": b64url(b"credential-one"),
        "client_data": b64url(client_data),
        "authenticator_data": b64url(data),
        "signature": b64url(signature),
        **more,
    }


def enrolled(client: Client, code: str, device: Authenticator) -> Any:
    """A passkey enrolled with an invitation."""
    address = f"/table/enrol/{code}/"
    return client.post(address, made(device, client.get(address).content.decode()))
