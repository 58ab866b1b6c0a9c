"""A small authorization server: code with PKCE, refresh tokens that rotate, one account behind it.

As strict as RFC 9700 asks: S256 only, a code once, the redirect address exactly as registered, and a refresh
token that is handed in twice withdraws everything that came of it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import unquote_plus, urlencode

from tests.fakes.network import Asked, Network, Says, route

CLIENT = "ministry-desk"
SECRET = "s3cret: with % signs"


@dataclass
class Grant:
    """What one consent gave: the tokens that are good, and the refresh tokens that were used up."""

    who: str
    scope: str
    access: dict[str, float] = field(default_factory=dict)
    refresh: str = ""
    used: set[str] = field(default_factory=set)
    revoked: bool = False


@dataclass
class Code:
    challenge: str
    redirect_uri: str
    scope: str
    who: str
    used: bool = False


class OAuthServer(Network):
    """`life` is that of an access token in seconds. `rotates`, `forgetful`: gives a new refresh token each
    time; leaves it empty in the answer to a renewal."""

    kind: ClassVar[str] = "oauth"

    def __init__(self, *, life: int | None = 7200, rotates: bool = True, basic: bool = False) -> None:
        super().__init__()
        self.life, self.rotates, self.basic = life, rotates, basic
        self.forgetful = False
        self.secret = SECRET
        self.who = "@ministry"
        self.redirect_uri = "http://localhost:8001/channels/oauth/callback/"
        self.codes: dict[str, Code] = {}
        self.grants: list[Grant] = []

    # --- for tests ---

    def consent(self, query: Mapping[str, str]) -> dict[str, str]:
        """The officer says yes on the network's page; gives what the redirect back carries."""
        problem = self._wrong(query)
        if problem:
            return {"error": problem, "state": query.get("state", "")}
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(
            query["code_challenge"], query["redirect_uri"], query.get("scope", ""), self.who
        )
        return {"code": code, "state": query["state"], "iss": self.url}

    def revoke(self) -> None:
        """The account's owner takes the leave back."""
        for grant in self.grants:
            grant.revoked = True

    def run_out(self) -> None:
        """Every access token has run out."""
        for grant in self.grants:
            grant.access = dict.fromkeys(grant.access, 0.0)

    def accepts(self, token: str) -> bool:
        """Is this access token good now?"""
        return any(not grant.revoked and grant.access.get(token, 0) > time.time() for grant in self.grants)

    @property
    def tokens(self) -> set[str]:
        """Every token ever given: none of them may be readable anywhere."""
        found = set(self.codes)
        for grant in self.grants:
            found |= {*grant.access, grant.refresh, *grant.used}
        return found - {""}

    # --- what it serves ---

    @route("GET", "/authorize", "authorize")
    def authorize(self, asked: Asked) -> Says:
        """Says yes at once and sends the browser back."""
        back = urlencode(self.consent(asked.query))
        return Says(302, headers=(("location", f"{asked.query.get('redirect_uri', '')}?{back}"),), raw=b"")

    @route("POST", "/token", "token")
    def token(self, asked: Asked) -> Says:
        if not self._client(asked):
            return Says(
                401, {"error": "invalid_client", "error_description": "Unknown client or wrong secret"}
            )
        match asked.form.get("grant_type"):
            case "authorization_code":
                return self._by_code(asked.form)
            case "refresh_token":
                return self._by_refresh(asked.form.get("refresh_token", ""))
            case _:
                return Says(400, {"error": "unsupported_grant_type"})

    @route("GET", "/me", "me")
    def me(self, asked: Asked) -> Says:
        if not self.accepts(asked.bearer):
            return self.expired()
        return Says(200, {"name": self.who})

    @route("POST", "/posts", "post")
    def post(self, asked: Asked) -> Says:
        if not self.accepts(asked.bearer):
            return self.expired()
        number = f"p{len(self.ledger) + 1}"
        self.make(number, asked.json["text"], asked.json["key"])
        return Says(200, {"id": number})

    # --- within ---

    def _wrong(self, query: Mapping[str, str]) -> str:
        if query.get("client_id") != CLIENT or query.get("redirect_uri") != self.redirect_uri:
            return "unauthorized_client"
        if query.get("response_type") != "code":
            return "unsupported_response_type"
        if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:
            return "invalid_request"
        return "" if len(query.get("state", "")) >= 22 else "invalid_request"

    def _client(self, asked: Asked) -> bool:
        if self.basic:
            given = asked.headers.get("authorization", "").removeprefix("Basic ")
            name, _, secret = base64.b64decode(given).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (CLIENT, self.secret)
        return (asked.form.get("client_id"), asked.form.get("client_secret")) == (CLIENT, self.secret)

    def _by_code(self, form: Mapping[str, str]) -> Says:
        code = self.codes.get(form.get("code", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if code is None or code.used or code.redirect_uri != form.get("redirect_uri"):
            return Says(400, {"error": "invalid_grant", "error_description": "The code is not good"})
        code.used = True
        if proof != code.challenge:
            return Says(400, {"error": "invalid_grant", "error_description": "PKCE does not fit"})
        grant = Grant(code.who, code.scope)
        self.grants.append(grant)
        return self._give(grant)

    def _by_refresh(self, token: str) -> Says:
        for grant in self.grants:
            if token in grant.used:
                grant.revoked = True
                return Says(400, {"error": "invalid_grant", "error_description": "Used twice: all withdrawn"})
            if token == grant.refresh and not grant.revoked:
                if self.rotates:
                    grant.used.add(token)
                return self._give(grant)
        return Says(400, {"error": "invalid_grant", "error_description": "Token revoked"})

    def _give(self, grant: Grant) -> Says:
        first = not grant.refresh
        access = secrets.token_urlsafe(24)
        grant.access[access] = time.time() + (self.life or 3600)
        if first or self.rotates:
            grant.refresh = secrets.token_urlsafe(24)
        said: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "scope": grant.scope}
        if self.life:
            said["expires_in"] = self.life
        said["refresh_token"] = "" if self.forgetful and not first else grant.refresh
        return Says(200, said)
