"""What we ask of Meta's networks, held against Meta's own machine-readable descriptions.

They are not ours to keep here. Put these files into one folder and name it in META_DESCRIPTIONS:
`threads-api.postman_collection.json` from fbsamples/threads_api (folder `postman`), and from
facebook/facebook-business-sdk-codegen (folder `api_specs/specs`) `IGUserForIGOnlyAPI.json`,
`IGMediaForIGOnlyAPI.json`, `IGComment.json`, `Page.json`, `PagePost.json` and `Comment.json`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.desk import Desk
from tests.fakes.facebook import PAGE, Facebook
from tests.fakes.graph import ACCOUNT, Graph
from tests.fakes.instagram import Instagram
from tests.fakes.network import Asked
from tests.fakes.pictures import Pictures
from tests.fakes.threads import Threads

from dragoman.channels.connector import Piece, Post

FOLDER = os.environ.get("META_DESCRIPTIONS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="META_DESCRIPTIONS names no folder; see the file's head")

# Every Graph API takes these: fields and paging, the token, its proof, the version in the path.
COMMON = {"fields", "limit", "since", "until", "after", "before", "access_token", "appsecret_proof"}
# In the documentation, but not in the description: a file has no name there, and comments are ordered so.
ALSO = {"source", "client_secret", "grant_type"}


@cache
def described(name: str) -> Any:
    return json.loads((Path(FOLDER) / name).read_text())


def walk(desk: Desk, fake: Graph, *, answers: bool) -> list[Asked]:
    """Everything the connector ever asks, with none, one and two pictures."""
    with Pictures().running() as pictures:
        for count in (0, 1, 2):
            if count or fake.kind != "instagram":
                everything(desk, pictures, count)
        if answers:
            desk.send(replace(post(desk, pictures, 0), key="answer", reply_to=first(fake)))
    desk.do(lambda connector: connector.renew())
    desk.do(lambda connector: connector.signed_in({"access": "short"}))
    return list(fake.asked)


def first(fake: Graph) -> str:
    return next(thing.id for thing in fake.things.values() if thing.id in {made.id for made in fake.ledger})


def post(desk: Desk, pictures: Pictures, count: int) -> Post:
    shown = tuple(pictures.one() for _ in range(count))
    piece = Piece("en", f"With {count}.", "", "Words. " * 100, "https://mfa.example/x/", ("visa",), shown)
    form = desk.plain(lambda connector: connector.render(piece))
    at = datetime.now(UTC) - timedelta(minutes=2)
    return Post(f"k{count}", form, "en", piece.url, at, piece.title, "", shown)


def everything(desk: Desk, pictures: Pictures, count: int) -> None:
    wanted = post(desk, pictures, count)
    desk.do(lambda connector: connector.check())
    sent = desk.send(wanted, desk.prepare(wanted), keep=False)
    desk.find(wanted)
    desk.do(lambda connector: connector.figures(sent))
    desk.do(lambda connector: connector.fetch(""))


def names(asked: Asked) -> set[str]:
    """The names that a request used; `attached_media[0]` is one of the list `attached_media`."""
    kind = asked.headers.get("content-type", "")
    form: Iterable[str] = ()
    if kind.startswith("application/x-www-form-urlencoded"):
        form = asked.form
    elif kind.startswith("multipart/"):
        form = asked.multipart
    return {re.sub(r"\[\d+\]$", "", name) for name in [*asked.query, *form]}


def fields(asked: Asked) -> set[str]:
    """The fields asked for, without what is asked of what hangs on them."""
    flat = re.sub(r"\{[^}]*\}|\.\w+\([^)]*\)", "", asked.query.get("fields", ""))
    return {name for name in flat.split(",") if name}


def hold(asked: Asked, taken: set[str]) -> None:
    unknown = names(asked) - taken - COMMON - ALSO
    assert not unknown, f"{asked.method} {asked.path} sends {unknown}"


# --- Threads: a collection of requests ---


def collection() -> tuple[list[tuple[str, re.Pattern[str], set[str]]], dict[str, set[str]]]:
    whole = described("threads-api.postman_collection.json")
    found: list[tuple[str, re.Pattern[str], set[str]]] = []

    def into(items: list[Any]) -> None:
        for item in items:
            if "item" in item:
                into(item["item"])
                continue
            url = item["request"]["url"]
            path = url["raw"].split("?")[0].replace("{{api_host}}", "").rstrip("/")
            pattern = re.sub(r"\{\{\w+\}\}", r"[^/]+", path)
            params = {str(one["key"]) for one in url.get("query", ())}
            found.append((item["request"]["method"], re.compile(r"(?:/v1\.0)?" + pattern), params))

    into(whole["item"])
    lists = {one["key"]: {*re.sub(r"\{[^}]*\}", "", one["value"]).split(",")} for one in whole["variable"]}
    return found, lists


def test_threads_is_asked_only_what_it_describes() -> None:
    requests, lists = collection()
    known = set().union(*(values for name, values in lists.items() if name.startswith("fields_")))
    with Threads().running() as fake:
        desk = Desk(fake, form="whole")
        for asked in walk(desk, fake, answers=True):
            taken = [
                params
                for method, pattern, params in requests
                if method == asked.method and pattern.fullmatch(asked.path)
            ]
            assert taken, f"{asked.method} {asked.path} is not described"
            hold(asked, set().union(*taken))
            assert fields(asked) <= known, f"{asked.path} asks for {fields(asked) - known}"
            metrics = set(asked.query.get("metric", "").split(",")) - {""}
            assert metrics <= lists["metrics_post"]
        scopes = set(",".join(lists["scope"]).split(","))
        assert {"threads_basic", "threads_content_publish", "threads_delete"} <= scopes


# --- Instagram and Facebook: edges of nodes ---


def edges(name: str) -> dict[tuple[str, str], set[str]]:
    """(method, edge) -> the names it takes. `mediapublish` is written `media_publish` in its address."""
    renamed = {"mediapublish": "media_publish"}
    return {
        (api["method"], renamed.get(api["endpoint"], api["endpoint"])): {p["name"] for p in api["params"]}
        for api in described(name)["apis"]
        if "endpoint" in api
    }


def node_fields(name: str) -> set[str]:
    return {str(one["name"]) for one in described(name)["fields"]}


def edge_of(asked: Asked) -> tuple[str, str]:
    """The node and the edge of a path such as `/v25.0/123/media`."""
    parts = asked.path.strip("/").split("/")
    parts = parts[1:] if parts and parts[0].startswith("v") else parts
    return parts[0], "/".join(parts[1:])


def test_instagram_is_asked_only_what_it_describes() -> None:
    user, media = edges("IGUserForIGOnlyAPI.json"), edges("IGMediaForIGOnlyAPI.json")
    known = node_fields("IGUserForIGOnlyAPI.json") | node_fields("IGMediaForIGOnlyAPI.json")
    known |= node_fields("IGComment.json") | {"status_code", "status", "quota_usage", "config"}
    with Instagram().running() as fake:
        for asked in walk(Desk(fake), fake, answers=False):
            node, edge = edge_of(asked)
            if edge:
                held = user if node in (ACCOUNT, "me") else media
                assert (asked.method, edge) in held, f"{asked.method} {asked.path} is not described"
                hold(asked, held[asked.method, edge])
            assert fields(asked) <= known, f"{asked.path} asks for {fields(asked) - known}"


def test_facebook_is_asked_only_what_it_describes() -> None:
    page, post_edges = edges("Page.json"), edges("PagePost.json")
    known = node_fields("Page.json") | node_fields("PagePost.json") | node_fields("Comment.json")
    known |= {"comments", "reactions", "access_token", "tasks", "is_published"}
    with Facebook().running() as fake:
        for asked in walk(Desk(fake), fake, answers=True):
            node, edge = edge_of(asked)
            if edge and node not in ("oauth", "me"):  # the person's own edges are described elsewhere
                held: Mapping[tuple[str, str], set[str]] = page if node == PAGE else post_edges
                assert (asked.method, edge) in held, f"{asked.method} {asked.path} is not described"
                hold(asked, held[asked.method, edge])
            assert fields(asked) <= known, f"{asked.path} asks for {fields(asked) - known}"
