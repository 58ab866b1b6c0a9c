"""The fakes themselves: what they promise to the tests that stand on them."""

from __future__ import annotations

import httpx
import pytest
from tests.fakes.network import Asked, Network, Says, route


class Wall(Network):
    kind = "wall"

    @route("POST", "/v1/{room}/posts", "post")
    def post(self, asked: Asked) -> Says:
        self.make(f"p{len(self.ledger)}", asked.json["text"])
        return Says(201, {"id": f"p{len(self.ledger) - 1}", "room": asked.parts["room"]})

    @route("GET", "/files/{name:path}", "file")
    def file(self, asked: Asked) -> Says:
        return Says(200, {"name": asked.parts["name"]})


def test_a_route_answers_and_the_ledger_counts() -> None:
    with Wall().running() as wall:
        said = httpx.post(f"{wall.url}/v1/hall/posts", json={"text": "hello"})
        assert (said.status_code, said.json()) == (201, {"id": "p0", "room": "hall"})
        assert httpx.get(f"{wall.url}/files/a/b").json() == {"name": "a/b"}
        assert httpx.get(f"{wall.url}/else").status_code == 404
        assert wall.texts() == ["hello"]
        assert wall.calls == ["post", "file", "missing"]


@pytest.mark.parametrize(
    ("trouble", "carried_out"), [("500-after", 1), ("500-before", 0), ("silent-after", 1)]
)
def test_after_means_that_it_was_carried_out(trouble: str, carried_out: int) -> None:
    with Wall().running() as wall:
        wall.will("post", trouble)
        try:
            assert httpx.post(f"{wall.url}/v1/hall/posts", json={"text": "hello"}).status_code == 500
        except httpx.TransportError:
            assert trouble == "silent-after"
        assert wall.made("hello") == carried_out


def test_forms_of_both_kinds_are_read() -> None:
    class Echo(Network):
        @route("POST", "/form", "form")
        def form(self, asked: Asked) -> Says:
            return Says(200, dict(asked.form))

        @route("POST", "/files", "files")
        def files(self, asked: Asked) -> Says:
            return Says(200, {name: value.decode() for name, value in asked.multipart.items()})

    with Echo().running() as echo:
        assert httpx.post(f"{echo.url}/form", data={"a": "é"}).json() == {"a": "é"}
        said = httpx.post(f"{echo.url}/files", data={"a": "1"}, files={"media": ("x.png", b"png")})
        assert said.json() == {"a": "1", "media": "png"}
