"""A server of the fediverse, as strict as Mastodon is: it fetches the sender's key, checks signature,
digest and date by its own few lines, takes each activity once, and shows what its people follow.

Sources: docs.joinmastodon.org/spec/security, RFC 9421, draft-cavage-http-signatures-12. `takes` is the form
of signature that it knows. It stands in for our own public site as well, serving the actor's files from
`folder`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.fakes.network import Asked, Network, Says, route

JSON = "application/activity+json"


@dataclass(frozen=True)
class Call:
    """A signed POST that has not been made yet."""

    url: str
    headers: dict[str, str]
    body: bytes


class Server(Network):
    """`folder` is where our own actor's files lie; `people` are the names of accounts that live here."""

    kind = "activitypub"

    def __init__(self, folder: Path, *, takes: str = "both", handle: str = "mfa") -> None:
        super().__init__()
        self.folder = folder
        self.takes = takes
        self.handle = handle
        self.people = ["alice", "bob"]
        self.seen: set[str] = set()
        self.got: list[dict[str, Any]] = []
        self.forms: list[str] = []
        self.refuse: Says | None = None
        self.pem = private_pem()
        self.own_pem = private_pem()
        self.keys: dict[str, str] = {}
        self.inboxes: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.huge: set[str] = set()
        self.secure = False
        self.spoken: list[dict[str, Any]] = []

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """Settings, secrets and session of a channel whose site this is."""
        settings = {"handle": self.handle, "service": self.url, "name": "Ministry", "about": "We speak."}
        return settings, {"private_key": self.pem}, {}

    def address(self, name: str) -> dict[str, str]:
        """What our desk keeps of a follower who lives here."""
        me = f"{self.url}/users/{name}"
        return {"actor": me, "inbox": f"{me}/inbox", "sharedInbox": f"{self.url}/inbox"}

    # --- our own site ---

    @route("GET", "/.well-known/webfinger", "webfinger")
    def webfinger(self, asked: Asked) -> Says:
        host = urlsplit(self.url).netloc
        if asked.query.get("resource") != f"acct:{self.handle}@{host}":
            return Says(404)
        link = {"rel": "self", "type": JSON, "href": f"{self.url}/ap/{self.handle}"}
        return Says(200, {"subject": asked.query["resource"], "links": [link]})

    @route("GET", "/ap/{handle}", "our-actor")
    def our_actor(self, asked: Asked) -> Says:
        place = self.folder / asked.parts["handle"] / "actor.json"
        return Says(200, raw=place.read_bytes(), media_type=JSON) if place.exists() else Says(404)

    # --- the other server ---

    @route("GET", "/users/{name}", "their-actor")
    def their_actor(self, asked: Asked) -> Says:
        """Somebody who lives here. `secure`: shown only to those who sign."""
        name = asked.parts["name"]
        if name in self.deleted or name not in self.people:
            return Says(410 if name in self.deleted else 404)
        if self.secure and "signature" not in asked.headers:
            return Says(401)
        me = f"{self.url}/users/{name}"
        found = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": me,
            "type": "Person",
            "preferredUsername": name,
            "inbox": self.inboxes.get(name, f"{me}/inbox"),
            "endpoints": {"sharedInbox": self.inboxes.get(name, f"{self.url}/inbox")},
            "publicKey": {
                "id": f"{me}#main-key",
                "owner": me,
                "publicKeyPem": public_pem(self.keys.get(name)),
            },
            **({"summary": "x" * 50_000_000} if name in self.huge else {}),
        }
        return Says(200, found, media_type=JSON)

    def says(
        self, name: str, activity: dict[str, Any], to: str, *, form: str = "cavage", **lies: Any
    ) -> Call:
        """An activity of somebody here, signed and ready to be posted to an inbox of ours."""
        me = f"{self.url}/users/{name}"
        whole = {"@context": "https://www.w3.org/ns/activitystreams", "actor": me, **activity}
        whole.setdefault("id", f"{me}/activities/{len(self.spoken)}")
        self.spoken.append(whole)
        body = dumps(whole)
        key_id = lies.get("key_id", f"{me}#main-key")
        sign = _sign_new if form == "rfc9421" else _sign_old
        headers = sign(
            to, body, key_id, self.keys.get(name) or self.own_pem, float(lies.get("at", time.time()))
        )
        return Call(to, {**headers, "content-type": JSON, "host": urlsplit(to).netloc}, body)

    @route("POST", "/inbox", "inbox")
    def inbox(self, asked: Asked) -> Says:
        if self.refuse is not None:
            return self.refuse
        wrong = self._wrong(asked)
        if wrong:
            return Says(401, {"error": wrong})
        activity = asked.json
        if activity["id"] in self.seen:
            return Says(202)
        self.seen.add(activity["id"])
        self.got.append(activity)
        self._do(activity)
        return Says(202)

    @route("POST", "/users/{name}/inbox", "own-inbox")
    def own_inbox(self, asked: Asked) -> Says:
        if asked.parts["name"] not in self.people:
            return Says(410)
        return self.inbox(asked)

    def _do(self, activity: dict[str, Any]) -> None:
        what = activity.get("object")
        if activity["type"] == "Create":
            assert what["attributedTo"] == activity["actor"]
            assert "https://www.w3.org/ns/activitystreams#Public" in what["to"]
            self.make(what["id"], text_of(what["content"]), what["id"])
        elif activity["type"] == "Delete":
            self.gone.add(what["id"] if isinstance(what, dict) else what)

    def _wrong(self, asked: Asked) -> str:
        form = "rfc9421" if "signature-input" in asked.headers else "cavage"
        if "signature" not in asked.headers:
            return "not signed"
        if self.takes not in ("both", form):
            return "unknown form of signature"
        self.forms.append(form)
        try:
            key_id, base, signature = (_new if form == "rfc9421" else _old)(asked, self.url)
            actor, due = self._actor(key_id.partition("#")[0]), asked.json["actor"]
            key = actor["publicKey"]
            if (key["id"], key["owner"], actor["id"]) != (key_id, due, due):
                return "the key is not the actor's"
            public = serialization.load_pem_public_key(key["publicKeyPem"].encode())
            assert isinstance(public, rsa.RSAPublicKey)
            public.verify(signature, base, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, AssertionError, KeyError, ValueError, TypeError) as error:
            return f"wrong signature: {error!r}"
        return ""

    def _actor(self, url: str) -> dict[str, Any]:
        """Our own site is this same fake, which cannot ask itself while it answers."""
        if url.startswith(f"{self.url}/ap/"):
            found: dict[str, Any] = json.loads(
                (self.folder / url.rsplit("/", 1)[1] / "actor.json").read_bytes()
            )
        else:
            found = httpx.get(url, headers={"accept": JSON}).json()
        return found


def _new(asked: Asked, url: str) -> tuple[str, bytes, bytes]:
    label, _, form = asked.headers["signature-input"].partition("=")
    names = re.findall(r'"([^"]+)"', form.partition(")")[0])
    assert {"@method", "@target-uri", "content-digest"} <= set(names)
    created = re.search(r";created=(\d+)", form)
    key_id = re.search(r';keyid="([^"]+)"', form)
    assert created
    assert key_id
    assert abs(time.time() - int(created[1])) < 3600
    digest = base64.b64encode(hashlib.sha256(asked.body).digest()).decode()
    assert asked.headers["content-digest"] == f"sha-256=:{digest}:"
    derived = {"@method": asked.method, "@target-uri": url + asked.path}
    lines = [f'"{name}": {derived.get(name) or asked.headers[name]}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {form}']).encode()
    value = asked.headers["signature"].removeprefix(f"{label}=:").removesuffix(":")
    return key_id[1], base, base64.b64decode(value)


def _old(asked: Asked, url: str) -> tuple[str, bytes, bytes]:
    fields = dict(re.findall(r'(\w+)="([^"]*)"', asked.headers["signature"]))
    names = fields["headers"].split()
    assert {"(request-target)", "host", "date", "digest"} <= set(names)
    assert asked.headers["host"] == urlsplit(url).netloc
    assert abs(time.time() - parsedate_to_datetime(asked.headers["date"]).timestamp()) < 3600
    digest = base64.b64encode(hashlib.sha256(asked.body).digest()).decode()
    assert asked.headers["digest"] == f"SHA-256={digest}"
    target = f"{asked.method.lower()} {asked.path}"
    lines = [f"{name}: {target if name == '(request-target)' else asked.headers[name]}" for name in names]
    return fields["keyId"], "\n".join(lines).encode(), base64.b64decode(fields["signature"])


def _sign_old(url: str, body: bytes, key_id: str, pem: str, at: float) -> dict[str, str]:
    digest = f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"
    parts, date = urlsplit(url), formatdate(at, usegmt=True)
    base = f"(request-target): post {parts.path}\nhost: {parts.netloc}\ndate: {date}\ndigest: {digest}"
    fields = f'keyId="{key_id}",algorithm="rsa-sha256",headers="(request-target) host date digest"'
    return {"date": date, "digest": digest, "signature": f'{fields},signature="{_mark(pem, base)}"'}


def _sign_new(url: str, body: bytes, key_id: str, pem: str, at: float) -> dict[str, str]:
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    form = f'("@method" "@target-uri" "content-digest");created={int(at)};keyid="{key_id}"'
    base = f'"@method": POST\n"@target-uri": {url}\n"content-digest": {digest}\n"@signature-params": {form}'
    value = f"sig1=:{_mark(pem, base)}:"
    return {"content-digest": digest, "signature-input": f"sig1={form}", "signature": value}


def _mark(pem: str, base: str) -> str:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return base64.b64encode(key.sign(base.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def public_pem(pem: str | None) -> str:
    """The public half of a key; of the usual one when none is given."""
    key = serialization.load_pem_private_key((pem or private_pem()).encode(), password=None)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


def text_of(html: str) -> str:
    """What a reader sees of a note."""
    text = re.sub(r"<br\s*/?>", "\n", html.replace("</p>", "\n\n"))
    return unescape(re.sub(r"<[^>]+>", "", text)).strip()


_PEM: list[str] = []


def private_pem() -> str:
    """An RSA key of 2048 bits; one for the whole run, for making them takes long."""
    if not _PEM:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        _PEM.append(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode())
    return _PEM[0]


def dumps(value: Any) -> bytes:
    """As servers write JSON."""
    return json.dumps(value, separators=(",", ":")).encode()
