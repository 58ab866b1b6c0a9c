"""Other servers: fetching who they are, and proving that a request is theirs.

Everything goes through the door, which speaks to public addresses only and reads no more than it is told.
What is fetched is believed only about its own server: a key must be of the host of its actor, and an actor
must say of itself that the key is its own.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connectors.activitypub.documents import ACCEPT
from dragoman.channels.connectors.activitypub.inbox import address
from dragoman.channels.connectors.activitypub.names import origin
from dragoman.lib.http import Answer, Door, DoorError, Limits, NotReached
from dragoman.lib.signatures import cavage, digests, keys, rfc9421
from dragoman.lib.signatures.keys import BadKey, PrivateKey, PublicKey
from dragoman.lib.signatures.request import BadSignature, Claim, Request, Window

LIMITS = Limits(connect=4.0, read=6.0, total=8.0, answer=1_000_000)
KEPT_SECONDS = 3600.0
MOST_KEPT = 2000
GONE = frozenset({404, 410})


class Unproved(Exception):
    """The request is not proved to be its actor's. `later`: its server did not answer, but may tomorrow."""

    def __init__(self, why: str, *, later: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.later = later


class Gone(Exception):
    """The actor's own server says that there is no such actor any more."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What we need to know of somebody else's actor."""

    actor: str
    inbox: str
    shared_inbox: str
    key_id: str
    key: PublicKey = field(repr=False)

    def as_address(self) -> dict[str, str]:
        """What is kept of a follower."""
        return {"actor": self.actor, "inbox": self.inbox, "sharedInbox": self.shared_inbox}


class Known:
    """Actors that were fetched within the hour, by the name of their key. One a process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Peer]] = OrderedDict()

    def get(self, key_id: str) -> Peer | None:
        at, peer = self._kept.get(key_id, (0.0, None))
        return peer if time.monotonic() - at < KEPT_SECONDS else None

    def keep(self, key_id: str, peer: Peer) -> None:
        self._kept[key_id] = (time.monotonic(), peer)
        self._kept.move_to_end(key_id)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self, key_id: str = "") -> None:
        """One, or all."""
        if key_id:
            self._kept.pop(key_id, None)
        else:
            self._kept.clear()


@dataclass(frozen=True, slots=True)
class Signer:
    """Our own key, for servers that show an actor only to those who sign."""

    key_id: str
    key: PrivateKey = field(repr=False)


class Peers:
    """Fetches and proves, within one request or job."""

    def __init__(self, door: Door, known: Known, signer: Callable[[], Signer] | None = None) -> None:
        self.door = door
        self.known = known
        self.signer = signer

    async def prove(self, request: Request, activity: Mapping[str, Any], now: datetime) -> Peer:
        """The actor whose request this is. `Unproved` for any doubt, `Gone` when the actor is no more.

        A key that we remember and that does not fit is fetched anew once: keys change.
        """
        form, claims = _claims(request, Window(now))
        actor = address(activity.get("actor"))
        ours = [claim for claim in claims if origin(claim.key_id) == origin(actor)]
        if not ours:
            raise Unproved("its signature is by a key of another server than its actor's")
        _digest_first(request)
        claim = ours[0]
        remembered = self.known.get(claim.key_id)
        if remembered is not None and remembered.actor == actor:
            try:
                _prove(form, request, claim, remembered)
                return remembered
            except BadSignature:
                self.known.forget(claim.key_id)
        peer = await self.fetch(claim.key_id, actor)
        try:
            _prove(form, request, claim, peer)
        except BadSignature as problem:
            raise Unproved(str(problem)) from None
        self.known.keep(claim.key_id, peer)
        return peer

    async def fetch(self, key_id: str, actor: str) -> Peer:
        """The actor, from its own server, with the key of that name."""
        self._https(key_id)
        place = key_id.partition("#")[0]
        try:
            found = await self._get(place)
        except Gone:
            # Anybody can name a key that never was: only the actor's own address says that the actor is gone.
            if place != actor:
                await self._get(actor)
                raise Unproved("its key is not there, though its actor is") from None
            raise
        if address(found.get("id")) != actor:
            # some servers keep a key as a document of its own, which names its owner
            if address(found.get("owner")) != actor or address(found.get("id")) != key_id:
                raise Unproved("the key does not belong to the actor")
            found = await self._get(actor)
        if address(found.get("id")) != actor:
            raise Unproved("what stands at the actor's address is somebody else")
        inbox = address(found.get("inbox"))
        endpoints = found.get("endpoints")
        shared = address(endpoints.get("sharedInbox")) if isinstance(endpoints, Mapping) else ""
        if not origin(inbox):
            raise Unproved("the actor names no inbox")
        return Peer(actor, inbox, shared if origin(shared) else inbox, key_id, _key(found, key_id, actor))

    async def judge(self, peer: Peer) -> str:
        """Why we do not write to this actor's inboxes; "" when we do."""
        for url in dict.fromkeys((peer.inbox, peer.shared_inbox)):
            if not url.startswith("https://") and not self.door.allow_loopback:
                return "its inbox does not begin with https://"
            try:
                await self.door.judge(url)
            except NotReached as problem:
                return f"its inbox cannot be used: {problem}"
        return ""

    async def _get(self, url: str) -> dict[str, Any]:
        """Unsigned first; signed where the server wants to know who asks."""
        answer = await self._ask(url, {})
        if answer.status in (401, 403) and self.signer is not None:
            us = self.signer()
            request = Request("GET", url, {})
            added = cavage.signed(request, key=us.key, key_id=us.key_id, now=datetime.now(UTC))
            answer = await self._ask(url, added)
        if answer.status in GONE:
            raise Gone
        if not answer.ok:
            raise Unproved(f"its server answers {answer.status} about the actor", later=answer.status >= 500)
        if "json" not in answer.headers.get("content-type", ""):
            raise Unproved("its server answers about the actor with something that is not JSON")
        try:
            return answer.json()
        except DoorError as problem:
            raise Unproved(f"its server {problem}") from None

    async def _ask(self, url: str, headers: Mapping[str, str]) -> Answer:
        limits = replace(LIMITS, total=min(LIMITS.total, self.door.limits.total))
        try:
            return await self.door.call("GET", url, headers={"accept": ACCEPT, **headers}, limits=limits)
        except NotReached as problem:
            raise Unproved(f"its server was not asked: {problem}", later=True) from None
        except DoorError as problem:
            raise Unproved(f"its server was asked about the actor: {problem}") from None

    def _https(self, url: str) -> None:
        if not url.startswith("https://") and not self.door.allow_loopback:
            raise Unproved("its key is not at an https address")


def _claims(request: Request, window: Window) -> tuple[str, list[Claim]]:
    try:
        if rfc9421.present(request):
            return "rfc9421", rfc9421.claims(request, window)
        if cavage.present(request):
            return "cavage", [cavage.claim(request, window)]
    except BadSignature as problem:
        raise Unproved(str(problem)) from None
    raise Unproved("it is not signed")


def _digest_first(request: Request) -> None:
    """A body that is not the signed one is refused before anybody is asked anything."""
    try:
        if "content-digest" in request.headers:
            digests.check_content_digest(request.headers["content-digest"], request.body)
        elif "digest" in request.headers:
            digests.check_digest(request.headers["digest"], request.body)
        elif request.body:
            raise BadSignature("it carries no digest of its body")
    except BadSignature as problem:
        raise Unproved(str(problem)) from None


def _prove(form: str, request: Request, claim: Claim, peer: Peer) -> None:
    if form == "rfc9421":
        covered = set(claim.covers)
        must = ["@method"]
        if "@target-uri" not in covered:
            must += ["@authority", "@request-target" if "@request-target" in covered else "@path"]
        rfc9421.prove(request, claim, peer.key, must_cover=must)
    else:
        cavage.prove(request, claim, peer.key, must_cover=("(request-target)", "host"))


def _key(found: Mapping[str, Any], key_id: str, actor: str) -> PublicKey:
    """The key of that name among those that the actor says are its own."""
    try:
        for each in _listed(found.get("publicKey")):
            if address(each) == key_id and address(each.get("owner")) == actor:
                return keys.public(str(each.get("publicKeyPem", "")))
        for each in _listed(found.get("assertionMethod")):
            if address(each) == key_id and address(each.get("controller")) == actor:
                return keys.multikey(str(each.get("publicKeyMultibase", "")))
    except BadKey as problem:
        raise Unproved(f"the actor's key is not taken: {problem}") from None
    raise Unproved("the actor does not name this key as its own")


def _listed(value: Any) -> list[Mapping[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed[:20] if isinstance(each, Mapping)]
