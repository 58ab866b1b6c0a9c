"""LinkedIn's API of versioned posts, as its documents describe it, and as strict.

It drops the rest of a text at an unescaped sign without a word, refuses a text that it has seen (even one
that was deleted: a ghost), and names the post that has it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.network import Asked, Network, Says, route

ORGANIZATION = "5515715"
AUTHOR = f"urn:li:organization:{ORGANIZATION}"
MEMBER = "urn:li:person:Abc"
VERSIONS = ("202512", "202601", "202603", "202607")
RESERVED = "|{}@[]()<>#*_~"
LENGTH = 3000
NEEDED = {"author", "commentary", "visibility", "distribution", "lifecycleState", "isReshareDisabledByAuthor"}


@dataclass
class Kept:
    """One post."""

    urn: str
    commentary: str
    made: int
    content: Mapping[str, Any] = field(default_factory=dict)


class FakeLinkedIn(Network):
    kind = "linkedin"

    def __init__(self) -> None:
        super().__init__()
        self.access = "access-0"
        self.why_not = "INVALID_ACCESS_TOKEN"
        self.role = "ADMINISTRATOR"
        self.posts: dict[str, Kept] = {}
        self.images: dict[str, bytes] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.ghosts: dict[str, str] = {}
        self.invisible = False
        self.upload_host = ""
        self.approved = False
        self._last = 7_400_000_000_000_000_000

    # --- for tests ---

    def settings(self) -> dict[str, str]:
        return {"organization": ORGANIZATION, "client_id": "app", "service": self.url, "site": self.url}

    def account(self) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
        return (
            self.settings(),
            {"client_secret": "secret-of-app"},
            {"access": self.access, "access_until": until},
        )

    def comment(self, urn: str, text: str, *, actor: str = "urn:li:person:Xyz") -> None:
        """Somebody writes under a post."""
        self._last += 1
        made = {"actor": actor, "time": int(time.time() * 1000) + len(self.comments.get(urn, ()))}
        said = {
            "actor": actor,
            "created": made,
            "message": {"text": text, "attributes": []},
            "object": urn,
            "commentUrn": f"urn:li:comment:({urn},{self._last})",
            "id": str(self._last),
        }
        self.comments.setdefault(urn, []).append(said)

    # --- posts ---

    @route("POST", "/rest/posts", "post")
    def post(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        body = asked.json
        missing = sorted(NEEDED - set(body))
        if missing:
            return _bad(422, f"ERROR :: /{missing[0]} :: field is required but not found", "MISSING_FIELD")
        if body["author"] != AUTHOR or self.role not in ("ADMINISTRATOR", "CONTENT_ADMIN"):
            return _bad(
                403, f"Unpermitted fields present in REQUEST_BODY: author {body['author']}", "ACCESS_DENIED"
            )
        text = seen(body["commentary"])
        if len(text.encode("utf-16-le")) // 2 > LENGTH:
            return _bad(
                400, "commentary exceeds the maximum length of 3000 characters", "FIELD_LENGTH_TOO_LONG"
            )
        wrong = self._wrong_content(body.get("content", {}))
        return wrong or self._duplicate(text) or self._made(body, text)

    def _made(self, body: Mapping[str, Any], text: str) -> Says:
        self._last += 1
        urn = f"urn:li:share:{self._last}"
        self.posts[urn] = Kept(urn, body["commentary"], int(time.time() * 1000), body.get("content", {}))
        self.make(urn, text)
        return Says(201, None, (("x-restli-id", urn), ("x-linkedin-id", urn)), raw=b"")

    def _wrong_content(self, content: Mapping[str, Any]) -> Says | None:
        named = [content["media"]] if "media" in content else content.get("multiImage", {}).get("images", [])
        if "multiImage" in content and not 2 <= len(named) <= 20:
            return _bad(422, "multiImage must have 2 to 20 images", "INVALID_CONTENT")
        if any(each["id"] not in self.images or not self.images[each["id"]] for each in named):
            return _bad(
                400, "One or more of the contents is not owned by the author or doesn't exist", "INVALID"
            )
        article = content.get("article", {})
        if article and not {"source", "title"} <= set(article) <= {
            "source",
            "title",
            "description",
            "thumbnail",
        }:
            return _bad(
                422, "ERROR :: /content/article :: unrecognized field found but not allowed", "INVALID"
            )
        return None

    def _duplicate(self, text: str) -> Says | None:
        known = {made.text: made.id for made in self.ledger} | self.ghosts
        if text not in known:
            return None
        value = {
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": f"Content is a duplicate of {known[text]}",
            "errorDetails": {
                "inputErrors": [
                    {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
                ]
            },
            "status": 422,
        }
        return Says(422, value)

    @route("GET", "/rest/posts", "own")
    def own(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        if asked.headers.get("x-restli-method") != "FINDER" or asked.query.get("q") != "author":
            return _bad(400, "Invalid query parameters passed to request", "ILLEGAL_ARGUMENT")
        start, count = int(asked.query.get("start", "0")), int(asked.query.get("count", "10"))
        living = [kept for kept in self.posts.values() if kept.urn not in self.gone and not self.invisible]
        living.sort(key=lambda kept: (-kept.made, kept.urn))
        page = [self._shown(kept) for kept in living[start : start + count]]
        return Says(200, {"elements": page, "paging": {"start": start, "count": count, "links": []}})

    @route("GET", "/rest/posts/{urn}", "read")
    def read(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        kept = self.posts.get(asked.parts["urn"])
        if kept is None or kept.urn in self.gone:
            return _bad(404, f"Post {asked.parts['urn']} was not found", "NOT_FOUND")
        return Says(200, self._shown(kept))

    @route("DELETE", "/rest/posts/{urn}", "delete")
    def delete(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        self.gone.add(asked.parts["urn"])
        return Says(204)

    def _shown(self, kept: Kept) -> dict[str, Any]:
        return {
            "id": kept.urn,
            "author": AUTHOR,
            "commentary": kept.commentary,
            "createdAt": kept.made,
            "publishedAt": kept.made,
            "lastModifiedAt": kept.made,
            "lifecycleState": "PUBLISHED",
            "visibility": "PUBLIC",
            "content": dict(kept.content),
        }

    # --- pictures ---

    @route("POST", "/rest/images", "image")
    def image(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        if asked.query.get("action") != "initializeUpload":
            return _bad(400, "No action", "ILLEGAL_ARGUMENT")
        if asked.json["initializeUploadRequest"]["owner"] != AUTHOR:
            return _bad(403, "Not the owner", "ACCESS_DENIED")
        urn = f"urn:li:image:C4E{len(self.images)}"
        self.images[urn] = b""
        host = self.upload_host or self.url
        address = f"{host}/dms-uploads/sp/{len(self.images) - 1}/signed"
        later = int(time.time() * 1000) + 3_600_000
        return Says(200, {"value": {"uploadUrlExpiresAt": later, "uploadUrl": address, "image": urn}})

    @route("PUT", "/dms-uploads/sp/{number}/signed", "upload")
    def upload(self, asked: Asked) -> Says:
        if asked.bearer != self.access:
            return self.expired()
        self.images[f"urn:li:image:C4E{asked.parts['number']}"] = asked.body
        return Says(201, raw=b"")

    # --- the page ---

    @route("GET", "/rest/organizationAcls", "roles")
    def roles(self, asked: Asked) -> Says:
        acl = {"role": self.role, "organization": AUTHOR, "roleAssignee": MEMBER, "state": "APPROVED"}
        other = acl | {"organization": "urn:li:organization:1", "role": "ADMINISTRATOR"}
        return self._refused(asked) or Says(200, {"elements": [other, acl], "paging": {}})

    @route("GET", "/rest/organizations/{id}", "page")
    def page(self, asked: Asked) -> Says:
        if asked.parts["id"] != ORGANIZATION:
            return _bad(404, "Not Found", "NOT_FOUND")
        return self._refused(asked) or Says(200, {"localizedName": "Ministry of Example", "id": 5515715})

    @route("GET", "/rest/socialActions/{urn}/comments", "comments")
    def comments_of(self, asked: Asked) -> Says:
        found = self.comments.get(asked.parts["urn"], [])
        return self._refused(asked) or Says(200, {"elements": found, "paging": {}})

    @route("GET", "/rest/organizationalEntityShareStatistics", "statistics")
    def statistics(self, asked: Asked) -> Says:
        refused = self._refused(asked)
        if refused:
            return refused
        urn = asked.query.get("shares", "").removeprefix("List(").removesuffix(")")
        if urn not in self.posts:
            return Says(200, {"elements": []})
        counts = {
            "likeCount": 4,
            "commentCount": 1,
            "shareCount": 2,
            "impressionCount": 50,
            "engagement": 0.1,
        }
        return Says(200, {"elements": [{"share": urn, "totalShareStatistics": counts}]})

    # --- sign-in ---

    @route("POST", "/oauth/v2/accessToken", "token")
    def token(self, asked: Asked) -> Says:
        form = asked.form
        if (form.get("client_id"), form.get("client_secret")) != ("app", "secret-of-app"):
            return Says(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        if form.get("grant_type") == "refresh_token" and not self.approved:
            value = {"error": "invalid_request", "error_description": "The provided refresh token is invalid"}
            return Says(400, value)
        self.access = f"access-{int(self.access.split('-')[1]) + 1}"
        found = {"access_token": self.access, "expires_in": 5_184_000, "scope": "w_organization_social"}
        more = {"refresh_token": "refresh-0", "refresh_token_expires_in": 31_536_000} if self.approved else {}
        return Says(200, found | more)

    # --- refusals ---

    def _refused(self, asked: Asked) -> Says | None:
        if asked.bearer != self.access:
            return self.expired()
        version = asked.headers.get("linkedin-version", "")
        if version not in VERSIONS:
            return _bad(426, f"Requested version {version} is not active", "NONEXISTENT_VERSION")
        if asked.headers.get("x-restli-protocol-version") != "2.0.0":
            return _bad(400, "Rest.li protocol version", "ILLEGAL_ARGUMENT")
        return None

    def expired(self) -> Says:
        words = {
            "INVALID_ACCESS_TOKEN": "Invalid access token",
            "EXPIRED_ACCESS_TOKEN": "The token used in the request has expired",
            "REVOKED_ACCESS_TOKEN": "The token used in the request has been revoked by the user",
        }
        value = {
            "status": 401,
            "serviceErrorCode": 65600,
            "code": self.why_not,
            "message": words[self.why_not],
        }
        return Says(401, value)

    def limited(self) -> Says:
        message = (
            "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached."
        )
        return Says(429, {"status": 429, "code": "TOO_MANY_REQUESTS", "message": message})

    def missing(self, asked: Asked) -> Says:
        return _bad(404, "No virtual resource found", "RESOURCE_NOT_FOUND")


def seen(markup: str) -> str:
    """What readers see. At a reserved sign that stands for nothing the rest is dropped without a word."""
    out, at = "", 0
    while at < len(markup):
        sign = markup[at]
        if sign == "\\" and at + 1 < len(markup):
            out, at = out + markup[at + 1], at + 2
        elif markup.startswith("{hashtag|\\#|", at):
            end = at + len("{hashtag|\\#|")
            out += "#"
            while markup[end] != "}":
                end += markup[end] == "\\"
                out, end = out + markup[end], end + 1
            at = end + 1
        elif sign in RESERVED:
            return out
        else:
            out, at = out + sign, at + 1
    return out


def _bad(status: int, message: str, code: str) -> Says:
    return Says(status, {"status": status, "code": code, "message": message})
