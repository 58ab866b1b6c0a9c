"""Servers in trouble: told once, told again, or left alone; and the word for each follower."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from tests.fakes.activitypub import Server
from tests.fakes.network import TROUBLES, Says

from dragoman.channels.connector import Account, Copied, Piece, Post, Prepared, Recipient, Refused, TryLater
from dragoman.channels.connectors.activitypub.connector import ActivityPub
from dragoman.lib.http import Door, Limits

T = TypeVar("T")
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PIECE = Piece("en", "Title", "Summary", "Body", "https://mfa.example/en/statements/a/")
QUICK = Limits(connect=1, read=0.6, total=1.2)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path).running() as running:
        yield running


def _do(fake: Server, verb: Callable[[ActivityPub], Awaitable[T]], name: str = "t", **more: str) -> T:
    settings, secrets, session = fake.account()

    async def go() -> T:
        async with Door(allow_loopback=True, limits=QUICK) as door:
            account = Account(name, {**settings, **more}, secrets, fake.folder, session)
            return await verb(ActivityPub(account, door))

    return asyncio.run(go())


def _post(fake: Server, key: str = "s:1:7:en:1") -> Post:
    form = ActivityPub(Account("t", {}, {}, fake.folder), Door()).render(PIECE)
    return Post(key, form, "en", PIECE.url, AT, PIECE.title, PIECE.summary)


def _followers(fake: Server, *names: str) -> list[Recipient]:
    return [Recipient(name, fake.address(name)) for name in names or fake.people]


def _tell(fake: Server, people: Sequence[Recipient], times: int = 1) -> list[Copied]:
    async def go(actor: ActivityPub) -> list[Copied]:
        prepared = await actor.prepare(_post(fake))
        await actor.send(prepared)
        for _ in range(times):
            found = await actor.send_each(prepared, people)
        return list(found)

    return _do(fake, go)


def _outcomes(copies: Sequence[Copied]) -> list[str]:
    return [copied.outcome for copied in copies]


def test_a_server_with_many_followers_is_told_once(fake: Server) -> None:
    fake.people = [f"p{number}" for number in range(50)]
    assert _outcomes(_tell(fake, _followers(fake))) == ["done"] * 50
    assert fake.calls.count("inbox") == 1


def test_groups_of_one_run_tell_a_server_once(fake: Server) -> None:
    _tell(fake, _followers(fake), times=3)
    assert fake.calls.count("inbox") == 1


@pytest.mark.parametrize("takes", ["rfc9421", "cavage"])
def test_it_is_signed_as_the_server_takes_it_and_that_is_remembered(tmp_path: Path, takes: str) -> None:
    with Server(tmp_path, takes=takes).running() as fake:
        assert _outcomes(_tell(fake, _followers(fake))) == ["done", "done"]
        knocks = fake.calls.count("inbox")
        assert knocks == (1 if takes == "rfc9421" else 2)
        _do(fake, lambda actor: actor.withdraw(_post(fake), None))
        assert fake.calls.count("inbox") == knocks + 1
        assert fake.texts() == []


@pytest.mark.parametrize(
    "trouble", [name for name in TROUBLES if name not in ("ok", "slow", "redirect", "expired")]
)
def test_after_any_trouble_a_follower_has_it_once(fake: Server, trouble: str) -> None:
    fake.will("inbox", trouble)
    people = _followers(fake)
    for _ in range(3):
        if set(_outcomes(_tell(fake, people))) == {"done"}:
            break
    assert fake.made(_post(fake).rendition.parts[0].text) == 1 or trouble == "garbage-before"


def test_a_follower_who_is_gone_is_said_to_be(fake: Server) -> None:
    alone = Recipient("carol", {"actor": "x", "inbox": f"{fake.url}/users/carol/inbox", "sharedInbox": ""})
    assert _outcomes(_tell(fake, [alone, *_followers(fake)])) == ["gone", "done", "done"]


def test_a_lost_shared_inbox_is_replaced_by_their_own(fake: Server) -> None:
    people = [
        Recipient(name, {**fake.address(name), "sharedInbox": f"{fake.url}/nothing-here"})
        for name in fake.people
    ]
    assert _outcomes(_tell(fake, people)) == ["done", "done"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(401, "refused"), (403, "refused"), (413, "refused"), (410, "gone"), (500, "later"), (429, "later")],
)
def test_each_answer_has_its_word(fake: Server, status: int, outcome: str) -> None:
    fake.refuse = Says(status, {})
    assert _outcomes(_tell(fake, _followers(fake))) == [outcome] * 2


def test_an_inbox_on_a_private_address_is_never_spoken_to(fake: Server) -> None:
    for host in ("10.0.0.8", "[fd00::1]", "169.254.169.254"):
        inbox = f"https://{host}/inbox"
        [copied] = _tell(fake, [Recipient("x", {"inbox": inbox, "sharedInbox": inbox})])
        assert copied.outcome == "later"
        assert "not a public address" in copied.why
    [copied] = _tell(fake, [Recipient("x", {"inbox": "ftp://a.example/inbox", "sharedInbox": ""})])
    assert copied.outcome != "done"


def test_those_who_may_have_it_are_told_of_the_withdrawal_until_all_know(fake: Server) -> None:
    _tell(fake, _followers(fake))
    fake.will("inbox", "500-before")
    with pytest.raises(TryLater, match="1 other servers"):
        _do(fake, lambda actor: actor.withdraw(_post(fake), None))
    _do(fake, lambda actor: actor.withdraw(_post(fake), None))
    calls = len(fake.calls)
    _do(fake, lambda actor: actor.withdraw(_post(fake), None))
    assert len(fake.calls) == calls
    with pytest.raises(Refused, match="withdrawn"):
        _do(fake, lambda actor: actor.send(Prepared(_post(fake))))


def test_a_note_is_shown_anew_by_update(fake: Server) -> None:
    _tell(fake, _followers(fake))
    assert _do(fake, lambda actor: actor.refresh(_post(fake))) == 0
    assert [activity["type"] for activity in fake.got] == ["Create", "Update"]
    assert fake.got[1]["object"]["updated"]
    assert fake.got[1]["object"]["id"] == fake.got[0]["object"]["id"]


def test_a_new_name_is_told_by_update(fake: Server) -> None:
    inbox = [f"{fake.url}/inbox"]
    assert _do(fake, lambda actor: actor.announce(inbox), name="t", about="New.") == 0
    assert fake.got[0]["type"] == "Update"
    assert fake.got[0]["object"]["summary"] == "<p>New.</p>"


def test_two_channels_cannot_have_one_handle(fake: Server) -> None:
    _do(fake, lambda actor: actor.check())
    with pytest.raises(Refused) as refused:
        _do(fake, lambda actor: actor.check(), name="another")
    assert refused.value.account


def test_a_site_that_does_not_know_the_account_is_told_in_words(fake: Server) -> None:
    fake.handle = "mfa"
    health = _do(fake, lambda actor: actor.check(), handle="other")
    assert not health.ok
    assert "@other@" in health.says


def test_figures_count_people_and_keep_none_of_their_names(fake: Server) -> None:
    sent = _do(fake, lambda actor: actor.send(Prepared(_post(fake))))

    async def look(actor: ActivityPub) -> dict[str, int]:
        name = actor.names.note_name(sent.remote_id)
        for who in ("https://a.example/1", "https://a.example/2", "https://a.example/1"):
            actor.shelf.count(name, "likes", who, on=True)
        actor.shelf.count(name, "likes", "https://a.example/2", on=False)
        return dict((await actor.figures(sent)).counts)

    assert _do(fake, look) == {"likes": 1, "shares": 0}
    assert "a.example" not in "".join(place.read_text() for place in fake.folder.rglob("counts/*.json"))
