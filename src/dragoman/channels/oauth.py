"""The shared sign-in: OAuth 2.0, authorization code with PKCE, for every kind that declares `Kind.oauth`.

Pure but for the door it is given: no model, no clock, no database. After RFC 6749 (the framework), RFC 7636
(PKCE, always with S256), RFC 9207 (who answers) and RFC 9700 (best practice). What comes of it is a session
in the words of `connector.OAuth`: `access`, `refresh`, `access_since`, `access_until`, `refresh_until`,
`scope`.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from dragoman.channels.connector import Account, OAuth, Refused, TryLater
from dragoman.lib.http import Answer, BadAnswer, Door, DoorError

# A token is renewed at the latest so long before it runs out, and never more than a week before.
LEAST_AHEAD = timedelta(minutes=10)
MOST_AHEAD = timedelta(days=7)
LONGEST_TOKEN = 20_000
LONGEST_LIFE = 20 * 366 * 86_400

# What a network may answer instead of a code (RFC 6749 4.1.2.1), for the officer.
WORDS = {
    "access_denied": "The network says that leave was not given: somebody pressed “Cancel” there.",
    "invalid_request": "The network did not understand the request.",
    "unauthorized_client": "The network does not let this app sign in so. Look at the app's settings there.",
    "unsupported_response_type": "The network does not know this way of signing in.",
    "invalid_scope": "The network does not give this app such permissions. Add them to the app there.",
    "server_error": "Something failed at the network. Try once more.",
    "temporarily_unavailable": "The network has no time just now. Try again in a few minutes.",
}
AGAIN = "An administrator of the channel's mission must connect it again."
APP = "Compare client id and client secret with those of the app on the network, and enter them again."


@dataclass(frozen=True, slots=True)
class Begun:
    """What is needed to go on when the network sends the officer back. Never shown, never logged."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    url: str = field(repr=False)


def begin(oauth: OAuth, account: Account, redirect_uri: str) -> Begun:
    """A fresh sign-in: the address to send the officer to, with what only we know of it."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    given = {
        "response_type": "code",
        "client_id": account.settings.get("client_id", ""),
        "redirect_uri": redirect_uri,
        "scope": oauth.scope_separator.join(oauth.scopes),
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **oauth.extra,
    }
    address = filled(oauth.authorize, account)
    joint = "&" if urlsplit(address).query else "?"
    return Begun(state, verifier, f"{address}{joint}{urlencode({k: v for k, v in given.items() if v})}")


def challenge(verifier: str) -> str:
    """RFC 7636 4.2, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def hashed(state: str) -> str:
    """As a state is kept: who reads the database cannot finish another's sign-in."""
    return hashlib.sha256(state.encode()).hexdigest()


def filled(address: str, account: Account) -> str:
    """An address with the account's own settings in it."""
    for name, value in account.settings.items():
        address = address.replace("{" + name + "}", value.rstrip("/"))
    return address


def host(oauth: OAuth, account: Account) -> str:
    """Where the officer signs in."""
    return urlsplit(filled(oauth.authorize, account)).hostname or ""


def other_issuer(oauth: OAuth, account: Account, iss: str) -> bool:
    """Has somebody else answered than was asked (RFC 9207)? A network that does not say who it is passes."""
    if not iss:
        return False
    wanted = filled(oauth.issuer, account) or filled(oauth.authorize, account)
    if oauth.issuer:
        return iss.rstrip("/") != wanted.rstrip("/")
    return _origin(iss) != _origin(wanted)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def denial(error: str, description: str = "") -> str:
    """Why the network sent the officer back without a code. Its own words are quoted, cut, and never HTML."""
    known = WORDS.get(error, "The network sent you back without signing in.")
    said = " ".join(description.split())[:300]
    return f"{known} It says: “{said}”" if said else known


async def exchange(
    door: Door, oauth: OAuth, account: Account, *, code: str, verifier: str, redirect_uri: str, now: datetime
) -> dict[str, Any]:
    """The code for tokens. Used once: a network takes a code only once."""
    given = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return read(await _ask(door, oauth, account, given, now), now)


async def refresh(door: Door, oauth: OAuth, account: Account, *, now: datetime) -> dict[str, Any]:
    """Fresh tokens for the kept refresh token. `Refused` when a person must sign in again."""
    kept = str(account.session.get("refresh") or "")
    if not kept:
        raise Refused(
            "The sign-in cannot be renewed: the network gave no means to.", shown=AGAIN, account=True
        )
    given = {"grant_type": "refresh_token", "refresh_token": kept}
    return read(await _ask(door, oauth, account, given, now), now)


async def _ask(
    door: Door, oauth: OAuth, account: Account, given: dict[str, str], now: datetime
) -> dict[str, Any]:
    client, secret = account.settings.get("client_id", ""), account.secrets.get("client_secret", "")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if oauth.client_auth == "basic" and secret:
        pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
        headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        given = {**given, "client_id": client, **({"client_secret": secret} if secret else {})}
    address = filled(oauth.token, account)
    if urlsplit(address).scheme != "https" and not door.allow_loopback:
        raise Refused("Its address for sign-in does not begin with https://, so no secret is sent there.")
    try:
        answer = await door.call("POST", address, headers=headers, content=urlencode(given).encode())
        return _understood(answer, now)
    except DoorError as problem:
        raise TryLater(f"The network could not be asked for a fresh sign-in: {problem}.") from None


def _understood(answer: Answer, now: datetime) -> dict[str, Any]:
    if answer.ok:
        return answer.json()
    if answer.status == 429 or answer.status >= 500:
        raise TryLater(f"The network answered {answer.status} to the sign-in.", when=answer.retry_after(now))
    try:
        said = answer.json()
    except BadAnswer:
        said = {}
    raise _refused(answer.status, said)


def _refused(status: int, said: Mapping[str, Any]) -> Refused:
    """RFC 6749 5.2, and the shape of those who put an object under `error`."""
    found = said.get("error")
    inner: Mapping[str, Any] = found if isinstance(found, dict) else {}
    name = str(inner.get("type", "") if inner else found or "")
    words = " ".join(str(said.get("error_description") or inner.get("message") or "").split())[:300]
    tail = f" It says: “{words}”" if words else ""
    if name == "invalid_client" or status == 401:
        return Refused(
            f"The network does not accept the app's own credentials.{tail}", shown=APP, account=True
        )
    if name == "invalid_grant":
        return Refused(
            f"The sign-in is no longer valid: it was withdrawn, has run out, or was used twice.{tail}",
            shown=AGAIN,
            account=True,
        )
    return Refused(f"The network refused the sign-in ({status} {name}).{tail}", shown=AGAIN, account=True)


def read(said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The tokens of an answer (RFC 6749 5.1) in our words. An answer without a token is no sign-in.

    Instagram puts them into a list `data`, and calls the scope `permissions`.
    """
    rows = said.get("data")
    if isinstance(rows, list) and rows and isinstance(rows[0], dict) and "access_token" in rows[0]:
        said = rows[0]
    access, fresh = said.get("access_token"), said.get("refresh_token")
    if not isinstance(access, str) or not access.strip():
        if said.get("error"):
            raise _refused(200, said)
        raise TryLater("The network answered, but gave no token.")
    if len(access) > LONGEST_TOKEN or len(str(fresh or "")) > LONGEST_TOKEN:
        raise TryLater("The network gave a token longer than any we know of.")
    kind = said.get("token_type")
    if isinstance(kind, str) and kind.lower() not in ("", "bearer", "user"):
        raise Refused(f"The network gives tokens of a type that the desk does not use ({kind[:40]}).")
    found: dict[str, Any] = {"access": access, "access_since": now.isoformat()}
    if isinstance(fresh, str) and fresh.strip():
        found["refresh"] = fresh
    for ours, theirs in (("access_until", "expires_in"), ("refresh_until", "refresh_token_expires_in")):
        life = _seconds(said.get(theirs))
        if life:
            found[ours] = (now + timedelta(seconds=life)).isoformat()
    scope = said.get("scope") or said.get("permissions")
    if isinstance(scope, list):
        scope = " ".join(str(one) for one in scope)
    if isinstance(scope, str) and scope:
        found["scope"] = scope[:4000]
    return found


def _seconds(value: object) -> int:
    try:
        seconds = int(str(value))
    except ValueError:
        return 0
    return seconds if 0 < seconds <= LONGEST_LIFE else 0


def moment(session: Mapping[str, Any], name: str) -> datetime | None:
    """A moment of a session; None when there is none, or none that can be read."""
    try:
        found = datetime.fromisoformat(str(session.get(name, "")))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def renew_at(session: Mapping[str, Any]) -> datetime | None:
    """When the sign-in should be renewed: an eighth of its life ahead, ten minutes at least, a week at most;
    of a very short life, half. None: nothing is known of an end."""
    until = moment(session, "access_until")
    if until is None:
        return None
    since = moment(session, "access_since")
    life = until - since if since and since < until else None
    if life is None:
        return until - LEAST_AHEAD
    return until - min(max(LEAST_AHEAD, life / 8), MOST_AHEAD, life / 2)


def missing_scopes(oauth: OAuth, session: Mapping[str, Any]) -> tuple[str, ...]:
    """What was asked for and not given; empty when the network does not say what it gave."""
    given = str(session.get("scope", "")).replace(",", " ").split()
    return tuple(scope for scope in oauth.scopes if scope not in given) if given else ()


def lasts_until(oauth: OAuth, session: Mapping[str, Any]) -> datetime | None:
    """Until when no person is needed: the end of what renews it, or, where nothing does, of the token."""
    if oauth.renews and session.get("refresh"):
        return moment(session, "refresh_until")
    return None if oauth.renews else moment(session, "access_until")
