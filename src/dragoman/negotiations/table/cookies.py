"""The three cookies of the table: the seat, which keys this browser has used, and the language.

No script can read one, none goes to another origin, and behind https no other host can plant one. The
seat's cookie ends with the browser; the seat itself ends sooner (negotiations/queries/seats.py).
"""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

YEAR = 365 * 86_400
MOST_KEYS = 6
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-]{16,400}")


def secure() -> bool:
    """Whether the table is behind https."""
    return bool(settings.DRAGOMAN.table_url.startswith("https:"))


def name(what: str) -> str:
    """The whole name of a cookie: "seat", "keys" or "language". Ports of one host share their cookies."""
    return f"{'__Host-' if secure() else ''}dragoman_table_{what}"


def token(request: HttpRequest) -> str:
    """The seat's token that the browser holds; empty when it holds none."""
    return request.COOKIES.get(name("seat"), "")[:200]


def give_seat(response: HttpResponse, token: str) -> None:
    """Hand the browser a seat's token."""
    _set(response, name("seat"), token, None)


def take_seat(response: HttpResponse) -> None:
    """Take the token back."""
    response.delete_cookie(name("seat"), samesite="Strict")
    # A name that begins with __Host- is only deleted by a cookie that is marked as the first one was.
    response.cookies[name("seat")]["secure"] = secure() or ""


def credentials(request: HttpRequest) -> list[str]:
    """The passkeys that this browser has used here, newest first: some have to be called by name."""
    kept = request.COOKIES.get(name("keys"), "").split(".")
    return [one for one in kept[:MOST_KEYS] if _CREDENTIAL.fullmatch(one)]


def remember(request: HttpRequest, response: HttpResponse, credential: str) -> None:
    """Keep the name of a passkey in this browser. It is no secret and opens nothing."""
    kept = list(dict.fromkeys([credential, *credentials(request)]))[:MOST_KEYS]
    _set(response, name("keys"), ".".join(kept), YEAR)


def language(request: HttpRequest) -> str:
    """The language that was chosen here last."""
    return request.COOKIES.get(name("language"), "")[:35]


def keep_language(response: HttpResponse, lang: str) -> None:
    """Keep the language that was chosen."""
    _set(response, name("language"), lang, YEAR)


def _set(response: HttpResponse, cookie: str, value: str, seconds: int | None) -> None:
    response.set_cookie(
        cookie,
        value,
        max_age=seconds,
        path="/",
        secure=secure(),
        httponly=True,
        samesite="Strict",
    )
