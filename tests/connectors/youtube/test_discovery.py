"""Every request we make and every answer our fake gives, held against YouTube's own description.

YOUTUBE_DISCOVERY names the file youtube.v3.json, as the package google-api-python-client carries it.
"""

from __future__ import annotations

import json
import os
import re
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.youtube.test_trouble import Desk
from tests.fakes.network import Asked, Says
from tests.fakes.youtube import FakeYouTube

PLACE = os.environ.get("YOUTUBE_DISCOVERY", "")
TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}
UPLOADING = {"uploadType", "upload_id"}

pytestmark = pytest.mark.skipif(not PLACE, reason="YOUTUBE_DISCOVERY names no description")


class Description:
    """The discovery document, asked for methods and shapes."""

    def __init__(self, place: Path) -> None:
        self.document = json.loads(place.read_text())

    def method(self, asked: Asked) -> dict[str, Any]:
        for resource in self.document["resources"].values():
            for method in resource.get("methods", {}).values():
                paths = [method["path"]]
                paths += [
                    p["path"].lstrip("/") for p in method.get("mediaUpload", {}).get("protocols", {}).values()
                ]
                wanted = "POST" if asked.query.get("upload_id") else asked.method
                if method["httpMethod"] == wanted and asked.path.lstrip("/") in paths:
                    found: dict[str, Any] = method
                    return found
        raise AssertionError(f"YouTube has no {asked.method} {asked.path}")

    def check_request(self, asked: Asked) -> dict[str, Any]:
        method = self.method(asked)
        known = {**method["parameters"], **self.document["parameters"]}
        for name, value in asked.query.items():
            assert name in known or name in UPLOADING, f"{name} is no parameter of {asked.path}"
            if "enum" in known.get(name, {}):
                assert value in known[name]["enum"], f"{name}={value}"
        if not asked.query.get("upload_id"):
            required = {n for n, p in method["parameters"].items() if p.get("required")}
            assert required <= set(asked.query)
        body = _body(asked)
        if body is not None:
            self.check(body, method["request"]["$ref"], asked.path)
        return method

    def check(self, value: Any, shape: str, where: str) -> None:
        """Every member is known, of its type, and one of the values it may have."""
        properties = self.document["schemas"][shape]["properties"]
        for name, member in value.items():
            assert name in properties, f"{where}: {shape} has no {name}"
            self._member(member, properties[name], f"{where}.{name}")

    def _member(self, member: Any, said: dict[str, Any], where: str) -> None:
        if "$ref" in said:
            self.check(member, said["$ref"], where)
            return
        assert isinstance(member, TYPES[said["type"]]), f"{where} is no {said['type']}"
        if "enum" in said:
            assert member in said["enum"], f"{where}={member}"
        if said["type"] == "array":
            for one in member:
                self._member(one, said["items"], where)


def _body(asked: Asked) -> Any:
    kind = asked.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return asked.json
    if kind.startswith("multipart/related"):
        head = f"content-type: {kind}\r\n\r\n".encode()
        first = next(iter(BytesParser(policy=HTTP).parsebytes(head + asked.body).iter_parts()))
        return json.loads(first.get_content())
    return None


def test_requests_and_answers_are_as_youtube_describes_them(tmp_path: Path) -> None:
    description = Description(Path(PLACE))
    assert re.fullmatch(r"v3", description.document["version"])
    with FakeYouTube().running() as fake:
        desk = Desk(fake, tmp_path)
        desk.do(lambda youtube: youtube.check())
        sent = desk.send(desk.prepare())
        desk.session = fake.account()[2]
        desk.do(lambda youtube: youtube.find(desk.post()))
        desk.do(lambda youtube: youtube.figures(sent))
        fake.comment("A question")
        desk.do(lambda youtube: youtube.fetch(""))
        desk.do(lambda youtube: youtube.withdraw(desk.post(), sent))
        desk.settings["withdrawal"] = "delete"
        desk.do(lambda youtube: youtube.withdraw(desk.post(), sent))
        seen = set()
        for asked, said in fake.said:
            method = description.check_request(asked)
            seen.add(method["id"])
            _check_answer(description, method, said)
    assert seen == {
        *(
            "youtube.channels.list",
            "youtube.playlistItems.list",
            "youtube.videos.list",
            "youtube.videos.insert",
        ),
        *("youtube.videos.update", "youtube.videos.delete", "youtube.captions.insert"),
        "youtube.commentThreads.list",
    }


def _check_answer(description: Description, method: dict[str, Any], said: Says) -> None:
    if said.status == 200 and said.value is not None:
        description.check(said.value, method["response"]["$ref"], method["id"])
