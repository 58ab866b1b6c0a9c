"""The ministry's own actors, as other servers see them (ActivityPub, WebFinger RFC 7033, NodeInfo 2.1).

Programs get JSON; a person who follows such an address in a browser is led to the page that it stands for.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from dragoman.base import limits
from dragoman.base.access import allow
from dragoman.base.actor import System
from dragoman.channels.actions import followers as actions
from dragoman.channels.connectors.activitypub import documents, inbox
from dragoman.channels.queries import actors as reads
from dragoman.lib.problems import Invalid, NotFound, TooLarge
from dragoman.lib.signatures.request import BadSignature, Request

RECEPTION = System("reception")
A_MINUTE = 600
JRD = "application/jrd+json"


@allow.anyone
@require_safe
def webfinger(request: HttpRequest) -> HttpResponse:
    """From @handle@host to the actor."""
    limits.check(request, "webfinger", a_minute=A_MINUTE)
    resource = request.GET.get("resource", "")
    if not resource or len(resource) > 500:
        return _said({"error": "Name a resource, such as acct:mfa@mfa.example."}, 400, JRD)
    for channel in reads.channels():
        names = reads.actor(channel).names
        if resource.lower() == f"acct:{names.handle}@{names.host}".lower() or resource == names.actor:
            found = documents.webfinger(names)
            wanted = request.GET.getlist("rel")
            if wanted:
                found["links"] = [link for link in found["links"] if link["rel"] in wanted]
            return _said(found, 200, JRD)
    return _said({"error": "There is no such account here."}, 404, JRD)


@allow.anyone
@require_safe
def nodeinfo_links(request: HttpRequest) -> HttpResponse:
    """Where NodeInfo is."""
    return _said(documents.nodeinfo_links(settings.DRAGOMAN.public_url), 200, "application/json")


@allow.anyone
@require_safe
def nodeinfo(request: HttpRequest) -> HttpResponse:
    """What runs here."""
    limits.check(request, "nodeinfo", a_minute=60)
    return _said(documents.nodeinfo(len(reads.channels()), reads.posts()), 200, "application/json")


@allow.anyone
@require_safe
def actor(request: HttpRequest, handle: str) -> HttpResponse:
    """Who the actor is."""
    found = reads.document(_channel(request, handle))
    return _led(request, found, str(found.get("url", "/")))


@allow.anyone
@require_safe
def note(request: HttpRequest, handle: str, name: str) -> HttpResponse:
    """One note, or the tombstone where it stood."""
    found = reads.actor(_channel(request, handle)).shelf.note(name)
    if found is None:
        raise NotFound("There is no such note.")
    if found.get("type") == "Tombstone":
        return _said(found, 410)
    return _led(request, found, str(found.get("url", "/")))


@allow.anyone
@require_safe
def activity(request: HttpRequest, handle: str, name: str) -> HttpResponse:
    """One activity of ours that is public."""
    found = reads.actor(_channel(request, handle)).shelf.activity(name)
    if found is None:
        raise NotFound("There is no such activity.")
    return _said(found)


@allow.anyone
@require_safe
def outbox(request: HttpRequest, handle: str) -> HttpResponse:
    """What was published, newest first, in pages."""
    channel = _channel(request, handle)
    before = request.GET.get("before", "")
    if before:
        return _said(reads.outbox(channel, before))
    us = reads.actor(channel)
    total = len(us.shelf.out())
    return _said(documents.collection(us.names.outbox, total, first=f"{us.names.outbox}?before=first"))


@allow.anyone
@require_safe
def followers(request: HttpRequest, handle: str) -> HttpResponse:
    """How many follow. Who they are is nobody's business."""
    channel = _channel(request, handle)
    return _said(documents.collection(reads.actor(channel).names.followers, reads.followers(channel)))


@allow.anyone
@require_safe
def empty(request: HttpRequest, handle: str, what: str) -> HttpResponse:
    """A collection that other servers look for and that holds nothing: whom we follow, what is pinned."""
    names = reads.actor(_channel(request, handle)).names
    return _said(documents.collection(names.following if what == "following" else names.featured, 0))


@allow.anyone
@require_POST
def receive(request: HttpRequest, handle: str = "") -> HttpResponse:
    """An activity from another server. 202: it is proved and kept, or means nothing to us."""
    limits.check(request, "activitypub", a_minute=A_MINUTE)
    if len(request.body) > inbox.MOST_BYTES:
        raise TooLarge(f"An activity may have {inbox.MOST_BYTES:,} bytes.")
    if "json" not in request.headers.get("Content-Type", ""):
        raise Invalid("An activity is JSON, of the media type application/activity+json.", code="media-type")
    actions.take_activity(by=RECEPTION, handle=handle, request=_as_signed(request))
    return HttpResponse(status=202)


def _channel(request: HttpRequest, handle: str) -> Any:
    limits.check(request, "activitypub-read", a_minute=A_MINUTE)
    return reads.channel_of(handle)


def _as_signed(request: HttpRequest) -> Request:
    """The call as the other server signed it: at our public address, whatever stands before this process."""
    site = str(settings.DRAGOMAN.public_url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    made = Request("POST", site + request.get_full_path(), headers, request.body)
    if headers.get("host", "").lower() not in (made.authority, site.partition("://")[2].lower()):
        raise actions.NotProved("This call is refused: it is meant for another host.")
    if request.headers.get("Signature") is None:
        raise actions.NotProved(f"This call is refused: {BadSignature('it is not signed')}.")
    return made


def _led(request: HttpRequest, document: dict[str, Any], page: str) -> HttpResponse:
    accepts = request.headers.get("Accept", "")
    if "text/html" in accepts and "json" not in accepts:
        return HttpResponseRedirect(page)
    return _said(document)


def _said(
    document: dict[str, Any], status: int = 200, media_type: str = documents.MEDIA_TYPE
) -> HttpResponse:
    answer = JsonResponse(
        document, status=status, content_type=media_type, json_dumps_params={"ensure_ascii": False}
    )
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = "max-age=60"
    return answer
