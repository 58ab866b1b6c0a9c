"""A toy kind that is signed in by OAuth, on the authorization server of the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.fakes.oauth import CLIENT, SECRET, OAuthServer

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Batch,
    Headroom,
    Health,
    Incoming,
    OAuth,
    Part,
    Piece,
    Post,
    Prepared,
    Receipt,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
    WebhookCall,
)
from dragoman.lib.http import Door, DoorError

HELP = Path(__file__).parents[2] / "src/dragoman/channels/connectors/sandbox/help.md"
SIGNATURE = "x-toy-signature"


def kind(*, basic: bool = False, renews: bool = True) -> port.Kind:
    return port.Kind(
        name="toy",
        label="Toy network",
        about="A network of the tests.",
        abilities=frozenset({port.OAUTH, port.WITHDRAW, port.FETCH, port.WEBHOOK, port.FIGURES}),
        fields=(
            port.Field("client_id", "Client id"),
            port.Field("client_secret", "Client secret", secret=True),
            port.Field(
                "form", "What is posted", choices=(("short", "Short"), ("long", "Long")), default="short"
            ),
            port.Field("service", "Server", default="https://toy.example", advanced=True),
        ),
        limits=(port.Limit("text", 300, "characters", "its own page", "2026-11-22"),),
        help_file=HELP,
        oauth=OAuth(
            authorize="{service}/authorize",
            token="{service}/token",
            scopes=("read", "write"),
            client_auth="basic" if basic else "body",
            renews=renews,
        ),
    )


KIND = kind()


def values(server: OAuthServer) -> dict[str, str]:
    return {"client_id": CLIENT, "client_secret": SECRET, "form": "short", "service": server.url}


def connect(account: Account, door: Door) -> Toy:
    return Toy(account, door)


class Toy(port.Base):
    """Posts text with a token; says `sign_in` when the token has run out."""

    def render(self, piece: Piece) -> Rendition:
        text = f"{piece.title} {piece.url}"
        return Rendition((Part(text, len(text), 300, "characters"),))

    async def check(self) -> Health:
        found = await self._call("GET", "/me")
        left = Headroom("posts", 40, 100)
        return Health(
            True, "Signed in.", who=str(found["name"]), may=("post", "read answers"), headroom=(left,)
        )

    async def send(self, prepared: Prepared) -> Sent:
        post = prepared.post
        given = {"text": post.rendition.parts[0].text, "key": post.key}
        found = await self._call("POST", "/posts", given)
        return Sent(str(found["id"]), f"https://toy.example/{found['id']}", datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        return None

    async def fetch(self, cursor: str) -> Batch:
        number = int(cursor or 0) + 1
        at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
        return Batch((Incoming(f"m{number}", "A question from abroad", at, lang="en"),), str(number))

    def read_webhook(self, call: WebhookCall) -> Sequence[Incoming | Receipt]:
        if call.headers.get(SIGNATURE) != "good":
            raise Refused("The signature is not the network's.")
        said = json.loads(call.body)
        return [Incoming(said["id"], said["text"], datetime(2026, 11, 22, 10, 0, tzinfo=UTC))]

    def call_id(self, call: WebhookCall) -> str:
        return call.headers.get("webhook-id", "")

    def challenge(self, query: Mapping[str, str]) -> str:
        if query.get("hub.verify_token") != "agreed":
            raise Refused("The word that was agreed is not the one that was said.")
        return query.get("hub.challenge", "")

    async def _call(self, method: str, path: str, given: Any = None) -> dict[str, Any]:
        access = str(self.session.get("access", ""))
        if not access:
            raise Refused("Nobody has signed in.", shown="Press “Connect”.", account=True)
        headers = {"authorization": f"Bearer {access}"}
        try:
            answer = await self.door.call(
                method, self.account.settings["service"] + path, headers=headers, json=given
            )
        except DoorError as problem:
            raise (Unsure(str(problem)) if method == "POST" else TryLater(str(problem))) from None
        if answer.status == 401:
            raise TryLater("The sign-in has run out.", sign_in=True)
        return answer.json()
