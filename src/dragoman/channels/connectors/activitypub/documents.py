"""The JSON of ActivityPub: actor, note, activities, collections, WebFinger, NodeInfo. Pure.

Sources: www.w3.org/TR/activitypub, www.w3.org/TR/activitystreams-vocabulary, RFC 7033 (WebFinger),
nodeinfo.diaspora.software/schema/2.1, docs.joinmastodon.org/spec/activitypub; FEP-521a for keys.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from dragoman import __version__
from dragoman.channels.connector import Post
from dragoman.channels.connectors.activitypub.names import PUBLIC, Names

Json = dict[str, Any]

MEDIA_TYPE = "application/activity+json"
LD_TYPE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
ACCEPT = f"{MEDIA_TYPE}, {LD_TYPE}"
AS = "https://www.w3.org/ns/activitystreams"
NOTE_CONTEXT: list[Any] = [AS, {"Hashtag": "as:Hashtag", "sensitive": "as:sensitive"}]
ACTOR_CONTEXT: list[Any] = [
    AS,
    "https://w3id.org/security/v1",
    {
        "toot": "http://joinmastodon.org/ns#",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    },
]
SOFTWARE = {"name": "dragoman", "version": __version__}


def actor(names: Names, settings: Mapping[str, str], public_key: str) -> Json:
    """Who the ministry is in the fediverse."""
    site = escape(names.site)
    link = f'<a href="{site}/" rel="me nofollow noopener">{escape(names.host)}</a>'
    found: Json = {
        "@context": ACTOR_CONTEXT,
        "id": names.actor,
        "type": "Organization",
        "preferredUsername": names.handle,
        "name": settings.get("name") or names.handle,
        "summary": _about(settings.get("about", "")),
        "url": f"{names.site}/",
        "inbox": names.inbox,
        "outbox": names.outbox,
        "followers": names.followers,
        "following": names.following,
        "featured": names.featured,
        "endpoints": {"sharedInbox": names.shared_inbox},
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": True,
        "attachment": [{"type": "PropertyValue", "name": "Website", "value": link}],
        "publicKey": {"id": names.key, "owner": names.actor, "publicKeyPem": public_key},
    }
    if settings.get("icon"):
        found["icon"] = {"type": "Image", "url": settings["icon"]}
    return found


def note(names: Names, name: str, post: Post) -> Json:
    """What is published. The same post gives the same note."""
    [part] = post.rendition.parts
    html = str(part.extra.get("html", "")) + _tags_html(names, part.extra.get("tags", ()))
    found: Json = {
        "@context": NOTE_CONTEXT,
        "id": names.note(name),
        "type": "Note",
        "attributedTo": names.actor,
        "to": [PUBLIC],
        "cc": [names.followers],
        "published": iso(post.at),
        "url": post.url or names.note(name),
        "content": html,
        "sensitive": False,
        "tag": [
            {"type": "Hashtag", "name": f"#{tag}", "href": _tag_address(names)}
            for tag in part.extra.get("tags", ())
        ],
        "attachment": [
            {
                "type": "Image",
                "mediaType": picture.media_type,
                "url": f"{names.site}/record/media/{picture.sha256}",
                "name": picture.alt,
                "width": picture.width,
                "height": picture.height,
            }
            for picture in post.pictures
        ],
    }
    if post.lang:
        found["contentMap"] = {post.lang: html}
    if post.reply_to:
        found["inReplyTo"] = post.reply_to
    return found


def create(names: Names, name: str, what: Mapping[str, Any]) -> Json:
    """The activity that brings a note to its readers."""
    inner = {key: value for key, value in what.items() if key != "@context"}
    return {
        "@context": what["@context"],
        "id": names.activity(f"create-{name}"),
        "type": "Create",
        "actor": names.actor,
        "published": what["published"],
        "to": what["to"],
        "cc": what["cc"],
        "object": inner,
    }


def update(names: Names, what: Mapping[str, Any], at: datetime) -> Json:
    """The activity that renews a note, or the actor itself."""
    inner = {key: value for key, value in what.items() if key != "@context"}
    name = str(what["id"]).rsplit("/", 1)[-1]
    return {
        "@context": what["@context"],
        "id": names.activity(f"update-{name}-{int(at.timestamp() * 1000)}"),
        "type": "Update",
        "actor": names.actor,
        "published": iso(at),
        "to": [PUBLIC],
        "cc": [names.followers],
        "object": inner,
    }


def tombstone(names: Names, name: str, at: datetime) -> Json:
    """What stands where a withdrawn note stood."""
    return {
        "@context": AS,
        "id": names.note(name),
        "type": "Tombstone",
        "formerType": "Note",
        "deleted": iso(at),
    }


def delete(names: Names, name: str) -> Json:
    """The activity that takes a note back."""
    return {
        "@context": AS,
        "id": names.activity(f"delete-{name}"),
        "type": "Delete",
        "actor": names.actor,
        "to": [PUBLIC],
        "cc": [names.followers],
        "object": {"id": names.note(name), "type": "Tombstone"},
    }


def accept(names: Names, name: str, follow: Mapping[str, Any]) -> Json:
    """Our yes to one who wants to follow. It names the asking as the asking names itself."""
    inner = {key: follow[key] for key in ("id", "type", "actor", "object") if key in follow}
    return {
        "@context": AS,
        "id": names.activity(f"accept-{name}"),
        "type": "Accept",
        "actor": names.actor,
        "to": [follow["actor"]],
        "object": inner,
    }


# --- collections ---


def collection(address: str, total: int, *, first: str = "") -> Json:
    """A collection that says how many it has, and shows its members only where `first` leads to them."""
    found: Json = {"@context": AS, "id": address, "type": "OrderedCollection", "totalItems": total}
    if first:
        found["first"] = first
    elif not total:
        found["orderedItems"] = []
    return found


def page(address: str, of: str, items: Sequence[Any], *, following: str = "") -> Json:
    """One page of a collection."""
    found: Json = {
        "@context": NOTE_CONTEXT,
        "id": address,
        "type": "OrderedCollectionPage",
        "partOf": of,
        "orderedItems": list(items),
    }
    if following:
        found["next"] = following
    return found


# --- being found ---


def webfinger(names: Names) -> Json:
    """RFC 7033: from @handle@host to the actor."""
    return {
        "subject": f"acct:{names.handle}@{names.host}",
        "aliases": [names.actor],
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": f"{names.site}/"},
            {"rel": "self", "type": MEDIA_TYPE, "href": names.actor},
        ],
    }


def nodeinfo_links(site: str) -> Json:
    """Where NodeInfo is."""
    schema = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    return {"links": [{"rel": schema, "href": f"{site}/nodeinfo/2.1"}]}


def nodeinfo(actors: int, posts: int) -> Json:
    """NodeInfo 2.1. Accounts are the ministry's; nobody can join."""
    return {
        "version": "2.1",
        "software": SOFTWARE,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": ["atom1.0", "rss2.0"]},
        "openRegistrations": False,
        "usage": {"users": {"total": actors}, "localPosts": posts},
        "metadata": {},
    }


def iso(moment: datetime) -> str:
    """As ActivityStreams writes times: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _about(text: str) -> str:
    return "".join(
        f"<p>{escape(part.strip(), quote=False)}</p>" for part in text.split("\n\n") if part.strip()
    )


def _tag_address(names: Names) -> str:
    return f"{names.site}/"


def _tags_html(names: Names, tags: Sequence[str]) -> str:
    href = escape(_tag_address(names))
    linked = [
        f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{escape(tag, quote=False)}</span></a>'
        for tag in tags
    ]
    return f"<p>{' '.join(linked)}</p>" if linked else ""
