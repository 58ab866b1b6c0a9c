"""Passkeys at the table: what the browser is asked for, and what it handed over.

A ticket is the table's own word, signed and short-lived, on what it asked and of whom: a copied answer
works in no other browser, and none opens the door twice (actions/seats.py keeps what was used).
What a passkey signs is always a text: its SHA-256 is the challenge.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing as tickets
from django.http import HttpRequest
from django.middleware.csrf import get_token

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid
from dragoman.negotiations.models import PartyKey, Spokesperson
from dragoman.negotiations.rules import signing, timing, vkeys
from dragoman.record import keys as record_keys

GOOD_FOR = 300  # seconds between the page and the answer
LARGEST = 20_000
CREATE = ("credential", "client_data", "attestation")
USE = ("credential", "client_data", "authenticator_data", "signature")
_BASE64 = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page needs to ask the browser for a passkey."""

    challenge: str
    rp: str
    fields: tuple[str, ...]
    credentials: tuple[str, ...] = ()
    token: str = ""
    user: str = ""
    user_name: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """What a browser handed over for an existing passkey; nothing of it is checked yet."""

    credential: str
    client_data: bytes
    authenticator_data: bytes
    signature: bytes

    def line(self, vkey: str) -> str:
        """The signature line of a signed note that holds it."""
        return signing.line_of_webauthn(vkey, self.authenticator_data, self.client_data, self.signature)

    @property
    def raw(self) -> dict[str, str]:
        """Kept byte for byte beside the consent."""
        return {
            "credential": self.credential,
            "client_data": encoded(self.client_data),
            "authenticator_data": encoded(self.authenticator_data),
            "signature": encoded(self.signature),
        }


def rp_id() -> str:
    """The host that passkeys are bound to."""
    return urlsplit(origin()).hostname or "localhost"


def origin() -> str:
    """The one origin at which a passkey may be used."""
    found: str = settings.DRAGOMAN.table_url
    return found


def ask_new(request: HttpRequest, person: Spokesperson, *, known: tuple[str, ...] = ()) -> Asked:
    """Ask for a new passkey of this person."""
    nonce = secrets.token_urlsafe(32)
    user = hashlib.sha256(f"{settings.SECRET_KEY}/table/{person.pk}".encode()).digest()[:16]
    return Asked(
        challenge=nonce,
        rp=rp_id(),
        fields=CREATE,
        credentials=known,
        token=_ticket(request, "new", nonce),
        user=encoded(user),
        user_name=f"{person.name} ({vkeys.name_of(person.party.name, person.party.process.ref)})",
    )


def take_new(request: HttpRequest, person: Spokesperson) -> tuple[str, dict[str, str]]:
    """The vkey of the new passkey, and what the browser handed over. Raises Invalid or Conflict."""
    nonce = _redeem(request, "new")
    client_data, attestation = _given(request, "client_data"), _given(request, "attestation")
    vkey, credential = vkeys.from_registration(
        vkeys.name_of(person.party.name, person.party.process.ref),
        rp_id=rp_id(),
        origin=origin(),
        client_data=client_data,
        attestation_object=attestation,
        challenge=decoded(nonce),
    )
    raw = {
        "credential": encoded(credential),
        "client_data": encoded(client_data),
        "attestation": encoded(attestation),
    }
    return vkey, raw


def ask_sign_in(request: HttpRequest, credentials: list[str]) -> Asked:
    """Ask for any passkey of the table: whose it is, is known only once it has signed."""
    nonce, at = secrets.token_urlsafe(32), timing.stamp(clock.now())
    challenge = signing.challenge_of(sign_in_text(nonce, at))
    token = _ticket(request, "sign-in", f"{nonce} {at}")
    return Asked(encoded(challenge), rp_id(), USE, tuple(credentials), token)


def take_sign_in(request: HttpRequest, key: PartyKey, used: Used) -> str:
    """Check the signature of a sign-in; gives what may be used once. Raises Invalid or Conflict."""
    nonce, _, at = _redeem(request, "sign-in").partition(" ")
    signing.verify_with(used.line(key.vkey), sign_in_text(nonce, at), key.vkey)
    return nonce


def sign_in_text(nonce: str, at: str) -> bytes:
    """What a passkey signs to open the door; its first line keeps it apart from every other text."""
    return f"{record_keys.origin()}/passkey-sign-in/v1\nat {at}\nnonce {nonce}\n".encode()


def ask_text(text: bytes, keys: list[PartyKey]) -> Asked:
    """Ask these passkeys to sign a text that is known on both sides."""
    known = tuple(key.credential for key in keys if key.kind == "webauthn" and key.credential)
    return Asked(encoded(signing.challenge_of(text)), rp_id(), USE, known)


def ask_kept(request: HttpRequest, what: str, text: bytes, keys: list[PartyKey]) -> Asked:
    """As `ask_text`, for a text that was made for this page alone: the ticket carries it back."""
    asked = ask_text(text, keys)
    token = _ticket(request, what, text.decode())
    return Asked(asked.challenge, asked.rp, asked.fields, asked.credentials, token)


def take_kept(request: HttpRequest, what: str) -> bytes:
    """The text of `ask_kept`. Raises Invalid or Conflict."""
    return _redeem(request, what).encode()


def used(request: HttpRequest) -> Used:
    """What the browser handed over. Raises Invalid when it is not there."""
    return Used(
        encoded(_given(request, "credential")),
        _given(request, "client_data"),
        _given(request, "authenticator_data"),
        _given(request, "signature"),
    )


def encoded(data: bytes) -> str:
    """base64url without padding, as browsers write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The reverse. Raises Invalid."""
    try:
        if _BASE64.fullmatch(text) and len(text) <= LARGEST:
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        pass
    raise Invalid(
        "No passkey was handed over.",
        mend="Use the button with scripts allowed, or another way.",
        code="no-passkey",
    )


def _given(request: HttpRequest, name: str) -> bytes:
    return decoded(request.POST.get(name, ""))


def _ticket(request: HttpRequest, what: str, value: str) -> str:
    return tickets.dumps({"v": value, "b": _browser(request)}, salt=f"dragoman.table.{what}", compress=True)


def _redeem(request: HttpRequest, what: str) -> str:
    """The value of a ticket of this browser. Raises Conflict when it is too old, Invalid when it is none."""
    token = request.POST.get("token", "")
    try:
        held: Any = tickets.loads(token[:LARGEST], salt=f"dragoman.table.{what}", max_age=GOOD_FOR)
    except tickets.SignatureExpired:
        raise Conflict(
            "The page was open for too long.", mend="Open it again and repeat.", code="ticket-old"
        ) from None
    except tickets.BadSignature:
        raise Invalid("This was not asked for here.", mend="Open the page again.", code="ticket") from None
    if held.get("b") != _browser(request):
        raise Invalid("This was asked for in another browser.", mend="Open the page again.", code="ticket")
    return str(held["v"])


def _browser(request: HttpRequest) -> str:
    """A digest of the cookie against forged forms: it tells one browser from another and is in no log."""
    get_token(request)
    secret = str(request.META.get("CSRF_COOKIE", ""))
    return hashlib.sha256(f"table {secret}".encode()).hexdigest()[:32]
