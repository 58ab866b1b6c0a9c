"""Tokens: an hour's changed for sixty days', and renewed for sixty more.

developers.facebook.com/documentation/instagram-platform/reference/refresh_access_token: a token can be
renewed when it is at least 24 hours old and has not run out. There is no refresh token: the token itself is
handed in.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.channels.connector import Refused, TryLater
from dragoman.channels.connectors.instagram.talk import CONNECT_AGAIN, Talk, Wrong, moment, number

LEAST_AGE = timedelta(hours=24)


async def longer(talk: Talk, tokens: Mapping[str, Any]) -> dict[str, Any]:
    """What to keep of a sign-in."""
    short = str(tokens.get("access") or "")
    if not short:
        raise Refused("Instagram gave no token.", shown=CONNECT_AGAIN, account=True)
    secret = talk.account.secrets.get("client_secret", "")
    params = {"grant_type": "ig_exchange_token", "client_secret": secret, "access_token": short}
    return {**tokens, **await _token(talk, "access_token", params)}


async def again(talk: Talk) -> dict[str, Any] | None:
    """A fresh token for the kept one. Of a token younger than a day the network gives none."""
    kept = str(talk.session.get("access") or "")
    if not kept:
        raise Refused("Nobody has signed in yet.", shown=CONNECT_AGAIN, account=True)
    since, until = moment(talk.session.get("access_since")), talk.until
    now = datetime.now(UTC)
    if until is not None and until <= now:
        raise Refused(
            "The sign-in has run out and can no longer be renewed.", shown=CONNECT_AGAIN, account=True
        )
    if since is not None and since > now - LEAST_AGE:
        raise TryLater("The sign-in is too young to be renewed.", when=since + LEAST_AGE)
    params = {"grant_type": "ig_refresh_token", "access_token": kept}
    return await _token(talk, "refresh_access_token", params)


async def _token(talk: Talk, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = await talk.token(path, params)
    except Wrong as wrong:
        raise Refused(f"Instagram gives no token: {wrong.says}", shown=CONNECT_AGAIN, account=True) from None
    access = found.get("access_token")
    if not isinstance(access, str) or not access:
        raise TryLater("Instagram answered, but gave no token.")
    now = datetime.now(UTC)
    kept = {"access": access, "access_since": now.isoformat()}
    seconds = number(found.get("expires_in"))
    if 0 < seconds < 400 * 86400:
        kept["access_until"] = (now + timedelta(seconds=seconds)).isoformat()
    return kept
