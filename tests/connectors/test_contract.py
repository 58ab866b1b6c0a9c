"""What every kind of channel must keep to. A new kind needs `tests/connectors/<kind>/world.py`, no more."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.connectors.world import World

from dragoman.channels import connector as port
from dragoman.channels import registry
from dragoman.channels.connector import Account, Connector, Piece, Post, Prepared, Refused, Rendition, Sent
from dragoman.lib.http import Door

T = TypeVar("T")
AT = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
PIECE = Piece(
    "en",
    "How the five days are counted",
    "Arrival and departure both count.",
    "Citizens of 80 states may enter. " * 20,
    "https://mfa.example/en/statements/five-days/",
    ("visa",),
)


@dataclass
class Bench:
    """One kind with its world."""

    kind: str
    world: World
    folder: Path
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def account(self) -> Account:
        world = self.world
        session = {**world.session, **self.kept}
        return Account("test", world.settings, world.secrets, self.folder, session)

    @property
    def piece(self) -> Piece:
        return self.world.piece or PIECE

    def do(self, verb: Callable[[Connector], Awaitable[T]]) -> T:
        """Ask, and keep the session that it leaves, as the desk does."""

        async def go() -> T:
            async with Door(allow_loopback=True) as door:
                connector = registry.connect(self.kind, self.account(), door)
                try:
                    return await verb(connector)
                finally:
                    self.kept |= connector.session

        return asyncio.run(go())

    def render(self, piece: Piece) -> Rendition:
        return registry.connect(self.kind, self.account(), Door()).render(piece)

    def post(self, key: str = "s:1:7:en:1") -> Post:
        piece = self.piece
        form = self.render(piece)
        return Post(
            key,
            form,
            piece.lang,
            piece.url,
            AT,
            piece.title,
            piece.summary,
            piece.pictures,
            piece.videos,
            piece.reply_to,
        )

    def send(self, key: str = "s:1:7:en:1") -> Sent:
        """All that puts a post out: prepared, sent, and a copy to each recipient."""

        async def go(connector: Connector) -> Sent:
            prepared = await connector.prepare(self.post(key))
            sent = await connector.send(prepared)
            if self.world.recipients:
                copies = await connector.send_each(prepared, self.world.recipients)
                assert [(copy.ref, copy.outcome) for copy in copies] == [
                    (recipient.ref, "done") for recipient in self.world.recipients
                ]
            return sent

        return self.do(go)

    def shown(self) -> list[str]:
        """What the public should see of one post."""
        return self.world.shown([part.text for part in self.post().rendition.parts])


SPEAKING = sorted(name for name in registry.KINDS if not registry.kind(name).able(port.SILENT))


@pytest.fixture(params=SPEAKING)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    module = import_module(f"tests.connectors.{request.param}.world")
    with ExitStack() as stack:
        yield Bench(request.param, stack.enter_context(module.world(tmp_path)), tmp_path)


def test_it_declares_itself_whole(bench: Bench) -> None:
    kind = registry.kind(bench.kind)
    assert kind.name == bench.kind
    assert kind.label
    assert kind.abilities <= port.ABILITIES
    assert kind.help_file.read_text().startswith("# ")
    names = [field.name for field in kind.fields]
    assert len(names) == len(set(names))
    for one in kind.fields:
        assert re.fullmatch("[a-z_]+", one.name)
        assert one.label
        assert not one.pattern or one.mend
        assert not one.default or not one.choices or one.default in dict(one.choices)
    assert kind.able(port.FIND) or not kind.able(port.SAME_KEY_ONCE)


def test_rendering_is_repeatable_and_counts(bench: Bench) -> None:
    rendition = bench.render(bench.piece)
    assert rendition == bench.render(bench.piece)
    assert rendition.parts
    for part in rendition.parts:
        assert part.count > 0
        assert not part.over
        assert part.unit
    assert Rendition.from_json(rendition.as_json()) == replace(rendition, warnings=())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(max_size=3000), st.text(max_size=600), st.text(max_size=200))
def test_rendering_takes_any_text(bench: Bench, body: str, summary: str, title: str) -> None:
    for part in bench.render(replace(bench.piece, lang="ar", title=title, summary=summary, body=body)).parts:
        assert part.over == max(0, part.count - part.limit)


def test_checking_says_who_we_are_and_shows_nothing(bench: Bench) -> None:
    health = bench.do(lambda connector: connector.check())
    assert health.ok
    assert health.who
    assert bench.world.posts() == []


def test_preparing_shows_nothing(bench: Bench) -> None:
    prepared = bench.do(lambda connector: connector.prepare(bench.post()))
    assert prepared.post == bench.post()
    assert bench.world.posts() == []


def test_what_is_sent_is_what_was_rendered(bench: Bench) -> None:
    sent = bench.send()
    assert sent.remote_id
    assert bench.world.posts() == bench.shown()


def test_the_same_key_twice_makes_one_post(bench: Bench) -> None:
    if not registry.kind(bench.kind).able(port.SAME_KEY_ONCE):
        pytest.skip("the network has no such key")
    first = bench.send()
    second = bench.send()
    assert first.remote_id == second.remote_id
    assert bench.world.posts() == bench.shown()


def test_finding_tells_sent_from_not_sent(bench: Bench) -> None:
    if not registry.kind(bench.kind).able(port.FIND):
        pytest.skip("the network cannot be asked")
    assert bench.do(lambda connector: connector.find(bench.post())) is None
    sent = bench.send()
    found = bench.do(lambda connector: connector.find(bench.post()))
    assert found is not None
    assert (found.remote_id, found.url) == (sent.remote_id, sent.url)
    other = bench.post("other")
    if not registry.kind(bench.kind).able(port.SAME_KEY_ONCE):
        # It knows no key: it looks for the text, and finds another text only if that is out.
        other = replace(other, rendition=_changed(other.rendition))
    assert bench.do(lambda connector: connector.find(other)) is None


def _changed(rendition: Rendition) -> Rendition:
    """Every part with a word more."""
    return Rendition(tuple(replace(part, text=part.text + " otherwise") for part in rendition.parts))


def test_a_withdrawal_takes_all_of_it_and_may_be_repeated(bench: Bench) -> None:
    if not registry.kind(bench.kind).able(port.WITHDRAW):
        pytest.skip("the network does not let go")
    sent = bench.send()
    for _ in range(2):
        bench.do(lambda connector: connector.withdraw(bench.post(), sent))
        assert bench.world.posts() == []
    # A kind that cannot look must not say that something is gone of which it does not know where it is.
    with nullcontext() if registry.kind(bench.kind).able(port.FIND) else suppress(Refused):
        bench.do(lambda connector: connector.withdraw(bench.post("never sent"), None))


def test_what_a_person_has_found_is_taken_down_or_said_not_to_be(bench: Bench) -> None:
    if not registry.kind(bench.kind).able(port.WITHDRAW):
        pytest.skip("the network does not let go")
    sent = bench.send()
    # Of a post whose answer was lost the desk knows what a person tells: that it is out, and perhaps where.
    by_hand = Sent("", "", sent.at)
    try:
        bench.do(lambda connector: connector.withdraw(bench.post(), by_hand))
    except Refused as refused:
        blind = not registry.kind(bench.kind).able(port.FIND)
        assert blind and refused.shown  # noqa: PT017, PT018 - both ends are allowed
    else:
        assert bench.world.posts() == []


def test_a_wrong_secret_is_refused_in_words_and_nothing_is_out(bench: Bench) -> None:
    if bench.world.break_secret is None:
        pytest.skip("the kind has no secret")
    bench.world.break_secret()
    for verb in (lambda c: c.check(), lambda c: c.send(Prepared(bench.post()))):
        with pytest.raises(Refused) as refused:
            bench.do(verb)
        assert refused.value.account
        assert refused.value.shown
        for secret in bench.world.secrets.values():
            assert secret not in refused.value.why + refused.value.shown
    assert bench.world.posts() == []


def test_no_secret_is_in_a_repr(bench: Bench) -> None:
    async def look(connector: Connector) -> str:
        await connector.check()
        return repr(connector) + repr(bench.account()) + repr(vars(connector).get("account"))

    shown = bench.do(look)
    for secret in [*bench.world.secrets.values(), "eyJ"]:
        assert secret not in shown


def test_a_connector_added_in_a_folder_of_its_own_needs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_carrier.py").write_text(TOY)
    (tmp_path / "help.md").write_text("# A toy\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(registry.KINDS, "toy", "toy_carrier")
    assert registry.kinds()["toy"].label == "Toy"
    toy = Bench("toy", World({"address": "here"}, {}, list), tmp_path)
    sent: Any = toy.do(lambda connector: connector.send(Prepared(toy.post())))
    assert sent.remote_id == "toy:s:1:7:en:1"
    with pytest.raises(Refused):
        toy.do(lambda connector: connector.withdraw(toy.post(), sent))


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(registry.UnknownKind):
        registry.kind("telegraph")


TOY = """
from datetime import UTC, datetime
from pathlib import Path

from dragoman.channels import connector as port

KIND = port.Kind("toy", "Toy", frozenset(), (port.Field("address", "Address"),), (),
                 Path(__file__).with_name("help.md"))


class Toy(port.Base):
    def render(self, piece):
        return port.Rendition((port.Part(piece.title, len(piece.title), 100, "characters"),))

    async def check(self):
        return port.Health(True, "It is a toy.", "toy")

    async def send(self, prepared):
        return port.Sent("toy:" + prepared.post.key, "https://toy.example", datetime.now(UTC))

    async def find(self, post):
        raise port.Unsure("A toy keeps nothing.")


def connect(account, door):
    return Toy(account, door)
"""
