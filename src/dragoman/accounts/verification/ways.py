"""The ways of checking, one function each. Each says what it saw; none changes anything anywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from dragoman.accounts import rules
from dragoman.accounts.verification import links, names
from dragoman.accounts.verification.values import Outside, Result, Subject, Unknown
from dragoman.lib import trust_txt
from dragoman.lib.http import Answer, BadAnswer, DoorError, Limits

LIMITS = Limits(connect=5, read=10, total=20, answer=1_000_000)
HTML = {"accept": "text/html,application/xhtml+xml"}
SELF = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json'


PROFILE = "http://webfinger.net/rel/profile-page"


class No(Exception):
    """The other side contradicts, or keeps silent."""

    def __init__(self, says: str, seen: tuple[str, ...] = ()) -> None:
        super().__init__(says)
        self.says, self.seen = says, seen


async def look(subject: Subject, method: str, outside: Outside) -> Result:
    """Check one account in one way. Never raises for what the other side does."""
    try:
        return await WAYS[method](subject, outside)
    except No as no:
        return Result(False, no.says, no.seen)
    except Unknown as unknown:
        return Result(None, f"Nothing could be known: {unknown}.", (str(unknown),))


async def rel_me(subject: Subject, outside: Outside) -> Result:
    """The profile links to our site with rel=me, and our page of accounts links to the profile."""
    place = subject.address
    if not place.startswith(("https://", "http://")):
        return Result(False, "There is no address of a profile to look at.")
    answer = await _get(outside, place, HTML)
    if not answer.ok:
        return Result(False, f"The profile answered {answer.status}.", (f"{place}: {answer.status}",))
    found = links.rel_me(_text(answer), place)
    ours = links.names_us(found, outside.public_url)
    seen = tuple(f"rel=me of the profile: {one}" for one in found[:10]) or ("no link with rel=me",)
    if not ours:
        return Result(False, "The profile has no link to our site with rel=me.", seen)
    return await _back(subject, outside, "The profile links to our site", (*seen[:10],))


async def at_handle(subject: Subject, outside: Outside) -> Result:
    """The handle names a DID, and the document of that DID names the handle (atproto.com/specs/handle)."""
    handle = subject.handle.removeprefix("@").lower()
    if not rules.HOST.fullmatch(handle):
        return Result(False, f"{subject.handle} is no AT handle: that is a domain name.")
    records = await names.texts(outside.resolver, f"_atproto.{handle}")
    did = names.atproto_did(records)
    where = f"DNS _atproto.{handle}"
    if not did:
        answer = await _get(
            outside, f"{outside.base(handle)}/.well-known/atproto-did", {"accept": "text/plain"}
        )
        did = _text(answer).strip() if answer.ok else ""
        where = f"{handle}/.well-known/atproto-did"
    if not did.startswith(("did:plc:", "did:web:")):
        return Result(False, "The handle names no DID, neither in DNS nor on its own site.", (where,))
    seen: tuple[str, ...] = (f"{where}: {did}",)
    if subject.address.startswith("did:") and subject.address != did:
        return Result(False, f"The handle now names another account: {did}.", seen)
    document = _json(await _get(outside, _did_place(did, outside)))
    known = [str(one) for one in _list(document.get("alsoKnownAs"))]
    seen = (*seen, *(f"{did} also known as: {one}" for one in known[:5]))
    if document.get("id") != did or f"at://{handle}" not in [one.lower() for one in known]:
        return Result(False, f"The document of {did} does not name the handle {handle}.", seen)
    return Result(True, f"{handle} names {did}, and that names {handle}.", seen)


async def webfinger(subject: Subject, outside: Outside) -> Result:
    """WebFinger (RFC 7033) gives the account's actor, and the actor's own profile links to our site."""
    name = subject.handle.removeprefix("acct:").removeprefix("@")
    actor, seen = await _actor_of(name, subject.address, outside)
    profile = _json(await _get(outside, actor, {"accept": SELF}))
    fields = [one for one in _list(profile.get("attachment")) if isinstance(one, Mapping)]
    found = [link for one in fields for link in links.rel_me(str(one.get("value", ""))[:2000], actor)]
    seen = (*seen, *(f"link in the profile: {one}" for one in found[:10]))
    if _host(actor) == _host(outside.public_url):
        return Result(True, f"acct:{name} is an actor of our own site.", seen)
    if not links.names_us([*found, str(profile.get("url", ""))], outside.public_url):
        raise No("The profile has no field that links to our site with rel=me.", seen)
    says = f"acct:{name} leads to {actor}, which links to our site"
    return await _back(subject, outside, says, seen)


async def _actor_of(name: str, address: str, outside: Outside) -> tuple[str, tuple[str, ...]]:
    """The actor that WebFinger names for an account, if it is the one that was registered."""
    user, _, host = name.rpartition("@")
    if not user or not rules.HOST.fullmatch(host.lower()):
        raise No(f"{name} is no account name such as @ministry@social.example.")
    resource = quote(f"acct:{user}@{host}", safe="")
    asked = f"{outside.base(host.lower())}/.well-known/webfinger?resource={resource}"
    answer = await _get(outside, asked, {"accept": "application/jrd+json, application/json"})
    if not answer.ok:
        raise No(f"{host} does not know acct:{name} ({answer.status}).", (asked,))
    jrd = _json(answer)
    offered = {
        str(one.get("rel", "")): str(one.get("href", ""))
        for one in _list(jrd.get("links"))
        if isinstance(one, Mapping)
    }
    actor, page = offered.get("self", ""), offered.get(PROFILE, "")
    seen = (f"subject: {jrd.get('subject', '')}", f"self: {actor}", f"profile: {page}")
    if str(jrd.get("subject", "")).lower() != f"acct:{name}".lower():
        raise No(f"WebFinger answers for another account: {jrd.get('subject', '')}.", seen)
    if not actor:
        raise No("WebFinger names no actor.", seen)
    if address and address != f"acct:{name}" and not any(links.same(address, one) for one in (actor, page)):
        raise No(f"WebFinger names another profile than {address}.", seen)
    return actor, seen


async def domain(subject: Subject, outside: Outside) -> Result:
    """The domain carries our token in DNS, or serves a trust.txt that names us as who controls it."""
    name = subject.handle.lower()
    records = await names.texts(outside.resolver, name)
    if names.token_in(records, subject.token):
        return Result(
            True, f"{name} carries our token in DNS.", (f"TXT {name}: {names.TOKEN}{subject.token}",)
        )
    if name == _host(outside.public_url):
        return Result(True, f"{name} is the site this register is published on.", (outside.public_url,))
    for path in ("/trust.txt", "/.well-known/trust.txt"):
        answer = await _get(outside, f"{outside.base(name)}{path}", {"accept": "text/plain"})
        if answer.ok:
            rows = trust_txt.parse(_text(answer))
            named = [value for word, value in rows if word == "controlledby"]
            if any(links.same(value, outside.public_url) for value in named):
                return Result(True, f"{name}{path} names us as who controls it.", tuple(named[:5]))
    seen = tuple(f"TXT {name}: {one}"[:200] for one in records[:10]) or (f"{name} has no TXT record",)
    return Result(False, f"{name} carries neither our token in DNS nor a trust.txt that names us.", seen)


async def sender(subject: Subject, outside: Outside) -> Result:
    """The sender's domain has SPF, DKIM under the given selector, and a DMARC policy."""
    name = subject.handle.rpartition("@")[2].lower()
    spf = names.spf_of(await names.texts(outside.resolver, name))
    dmarc = names.dmarc_of(await names.texts(outside.resolver, f"_dmarc.{name}"))
    key = f"{subject.selector}._domainkey.{name}"
    dkim = bool(subject.selector) and names.dkim_of(await names.texts(outside.resolver, key))
    seen = (
        f"SPF: {spf or 'none'}",
        f"DKIM {key}: {'a key' if dkim else 'no key'}" if subject.selector else "DKIM: no selector is given",
        f"DMARC: {dmarc or 'none'}",
    )
    missing = [word for word, there in (("SPF", spf), ("DKIM", dkim), ("DMARC", dmarc)) if not there]
    if missing:
        return Result(False, f"{name} lacks {' and '.join(missing)}.", seen)
    weak = " DMARC only watches (p=none): forged mail is still delivered." if dmarc == "none" else ""
    return Result(True, f"{name} has SPF, DKIM and DMARC.{weak}", seen)


WAYS: Mapping[str, Callable[[Subject, Outside], Awaitable[Result]]] = {
    rules.REL_ME: rel_me,
    rules.AT_HANDLE: at_handle,
    rules.WEBFINGER: webfinger,
    rules.DNS: domain,
    rules.SENDER_DNS: sender,
}


async def _back(subject: Subject, outside: Outside, says: str, seen: tuple[str, ...]) -> Result:
    """The way back: from our page of accounts to the profile."""
    if not subject.published:
        return Result(True, f"{says}. Our page will link back once the account is confirmed.", seen)
    ours = f"{outside.public_url}/accounts/"
    answer = await _get(outside, ours, HTML)
    if not answer.ok:
        raise Unknown(f"our own page {ours} answered {answer.status}")
    if any(links.same(subject.address, one) for one in links.rel_me(_text(answer), ours)):
        return Result(
            True, f"{says}, and our page links back.", (*seen, f"our page links to {subject.address}")
        )
    return Result(False, f"{says}, but our page {ours} does not link back.", seen)


async def _get(outside: Outside, url: str, headers: Mapping[str, str] | None = None) -> Answer:
    try:
        return await outside.door.call("GET", url, headers=headers, limits=LIMITS)
    except DoorError as error:
        raise Unknown(str(error)) from None


def _json(answer: Answer) -> dict[str, Any]:
    try:
        return answer.json()
    except BadAnswer as error:
        raise Unknown(f"it {error}") from None


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _did_place(did: str, outside: Outside) -> str:
    if did.startswith("did:plc:"):
        return f"{outside.plc}/{quote(did, safe=':')}"
    host = did.removeprefix("did:web:")
    if not rules.HOST.fullmatch(host.lower()):
        raise Unknown(f"{did} names no host")
    return f"{outside.base(host.lower())}/.well-known/did.json"


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
