"""A relay that misbehaves: each copy comes to the right end, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.connectors.email.world import LINKS
from tests.fakes.email import PASSWORD, Relay, certificate

from dragoman.channels.connector import Account, Copied, Piece, Post, Prepared, Recipient, Refused, TryLater
from dragoman.channels.connectors.email import signing
from dragoman.channels.connectors.email.connector import Email
from dragoman.lib import hosts, smtp
from dragoman.lib.http import Door, NotReached

T = TypeVar("T")
PIECE = Piece(
    "fr", "Déclaration", "", "Texte avec  deux espaces.\n\n.Un point.\n" * 3, "https://mfa.example/fr/"
)


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay().running() as running:
        yield running


def people(*names: str) -> list[Recipient]:
    return [
        Recipient(f"r-{name}", {"email": f"{name}@x.org", "bounce": "t" + name, **LINKS}) for name in names
    ]


def do(relay: Relay, verb: Callable[[Email], Awaitable[T]], secrets: Any = None, **settings: str) -> T:
    async def go() -> T:
        async with Door() as door:
            given = {"password": PASSWORD} if secrets is None else secrets
            connector = Email(Account("list", relay.settings(**settings), given, Path()), door)
            try:
                return await verb(connector)
            finally:
                await connector.rest()

    return asyncio.run(go())


def post(connector: Email, key: str = "k:1") -> Prepared:
    return Prepared(
        Post(key, connector.render(PIECE), PIECE.lang, PIECE.url, datetime(2026, 11, 22, tzinfo=UTC))
    )


def send(relay: Relay, *names: str, **more: Any) -> list[Copied]:
    async def verb(connector: Email) -> list[Copied]:
        return list(await connector.send_each(post(connector), people(*names)))

    return do(relay, verb, **more)


def outcomes(copies: list[Copied]) -> list[str]:
    return [copy.outcome for copy in copies]


@pytest.mark.parametrize(
    ("trouble", "outcome", "received"),
    [
        ("sender-451", "later", 0),
        ("rcpt-550", "gone", 0),
        ("rcpt-451", "later", 0),
        ("data-554", "refused", 0),
        ("data-451", "later", 0),
        ("421", "later", 0),
        ("cut-before", "unsure", 0),
        ("cut-after", "unsure", 1),
    ],
)
def test_one_trouble_touches_one_copy(relay: Relay, trouble: str, outcome: str, received: int) -> None:
    relay.will(trouble)
    copies = send(relay, "ann", "bob", "eve")
    assert outcomes(copies) == [outcome, "done", "done"]
    assert relay.received("ann@x.org") == received
    assert (relay.received("bob@x.org"), relay.received("eve@x.org")) == (1, 1)


def test_a_relay_that_falls_silent_after_the_text_leaves_it_unsure(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = smtp.Line.open

    async def hasty(relay: smtp.Relay, **more: Any) -> smtp.Line:
        return await opened(relay, times=smtp.Times(text=0.3), **more)

    monkeypatch.setattr(smtp.Line, "open", hasty)
    relay.will("hang-after")
    assert outcomes(send(relay, "ann", "bob")) == ["unsure", "done"]


@pytest.mark.parametrize(("fate", "outcome"), [("unknown", "gone"), ("policy", "refused"), ("full", "later")])
def test_what_the_relay_says_of_an_address_is_about_that_address(
    relay: Relay, fate: str, outcome: str
) -> None:
    relay.mailboxes["bob@x.org"] = fate
    copies = send(relay, "ann", "bob", "eve")
    assert outcomes(copies) == ["done", outcome, "done"]
    assert "bob@x.org" not in copies[1].why


def test_a_sender_that_the_relay_does_not_take_stops_the_account(relay: Relay) -> None:
    relay.will("sender-550")
    with pytest.raises(Refused) as refused:
        send(relay, "ann", "bob")
    assert refused.value.account
    relay.will("rcpt-451")
    relay.troubles.extend(["sender-550"])
    assert outcomes(send(relay, "ann", "bob", "eve")) == ["later", "later", "later"]
    assert relay.got == []


def test_a_relay_that_cannot_be_reached_is_tried_later() -> None:
    relay = Relay()
    relay.port = 1
    with pytest.raises(TryLater) as later:
        send(relay, "ann")
    assert later.value.account


def test_each_has_a_mail_of_their_own_and_a_way_back_of_their_own(relay: Relay) -> None:
    send(relay, "ann", "bob")
    assert [(got.sender, str(got.message["To"])) for got in relay.got] == [
        ("returned+tann@mfa.example", "ann@x.org"),
        ("returned+tbob@mfa.example", "bob@x.org"),
    ]
    assert all("bob" not in got.data.decode() for got in relay.got if got.recipient == "ann@x.org")


def test_a_connection_carries_so_many_messages_and_no_more(relay: Relay) -> None:
    send(relay, *[f"n{number}" for number in range(25)], per_connection="10")
    assert sorted(relay.per_connection.values()) == [5, 10, 10]


def test_lines_are_kept_between_groups(relay: Relay) -> None:
    async def verb(connector: Email) -> None:
        for number in range(5):
            await connector.send_each(post(connector), people(f"a{number}", f"b{number}"))

    do(relay, verb)
    assert relay.connections == 1


def test_an_address_in_another_script_is_reached(relay: Relay) -> None:
    async def verb(connector: Email) -> list[Copied]:
        one = Recipient("r", {"email": "читатель@x.org", "bounce": "t", **LINKS})
        return list(await connector.send_each(post(connector), [one]))

    assert outcomes(do(relay, verb)) == ["done"]
    assert relay.received("читатель@x.org") == 1


# --- encryption ---


def secure(tls: str, monkeypatch: pytest.MonkeyPatch, *, trusted: bool) -> Relay:
    if trusted:
        context = ssl.create_default_context(cafile=str(certificate()))
        monkeypatch.setattr(smtp, "_trust", lambda: context)
    return Relay(tls=tls)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_over_an_encrypted_line(tls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with secure(tls, monkeypatch, trusted=True).running() as relay:
        assert outcomes(send(relay, "ann")) == ["done"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_password(
    tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with secure(tls, monkeypatch, trusted=False).running() as relay:
        with pytest.raises((Refused, TryLater)):
            send(relay, "ann")
        assert relay.got == []


def test_a_relay_without_starttls_is_not_spoken_to_in_the_open(relay: Relay) -> None:
    with pytest.raises(Refused) as refused:
        send(relay, "ann", security="starttls")
    assert "STARTTLS" in refused.value.why


@pytest.mark.parametrize(
    ("host", "inside", "loopback", "admitted"),
    [
        ("127.0.0.1", False, False, False),
        ("127.0.0.1", True, False, True),
        ("127.0.0.1", False, True, True),
        ("10.1.2.3", False, False, False),
        ("10.1.2.3", True, False, True),
        ("169.254.169.254", True, False, False),
        ("fe80::1", True, False, False),
        ("0.0.0.0", True, False, False),  # noqa: S104 - the address that must be refused
        ("224.0.0.1", True, False, False),
        ("fd00::5", True, False, True),
        ("198.51.100.7", False, False, False),
        ("93.184.216.34", False, False, True),
    ],
)
def test_only_addresses_that_a_relay_can_have_are_spoken_to(
    host: str, inside: bool, loopback: bool, admitted: bool
) -> None:
    assert hosts.admitted(host, inside=inside, allow_loopback=loopback) == admitted


def test_an_open_line_leaves_this_machine_never() -> None:
    async def go() -> None:
        relay = smtp.Relay("10.255.255.1", 25, "none", inside=True)
        await smtp.Line.open(relay, times=smtp.Times(connect=0.2))

    with pytest.raises(NotReached, match="without TLS"):
        asyncio.run(go())


# --- DKIM ---


def pem(key: Any) -> str:
    plain = serialization.NoEncryption()
    return str(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    )


KEY = rsa.generate_private_key(65537, 2048)
SMALL = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the key that must be refused
SIGNED = {"password": PASSWORD, "dkim_key": pem(KEY)}


def verified(data: bytes, record: str) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"desk._domainkey.mfa.example."
        return record.encode()

    return bool(dkim.verify(data, dnsfunc=dns))


def test_mail_is_signed_and_another_program_agrees(relay: Relay) -> None:
    assert outcomes(send(relay, "ann", "bob", secrets=SIGNED, dkim_selector="desk")) == ["done", "done"]
    record = signing.Signer("mfa.example", "desk", KEY).record
    for got in relay.got:
        assert verified(got.data, record)
        assert "list-unsubscribe-post" in str(got.message["DKIM-Signature"])
        assert not verified(got.data.replace(b"Subject: ", b"Subject: x"), record)
        assert not verified(got.data.replace(b"ann@", b"bob@").replace(b"Texte", b"Autre"), record)
        assert not verified(b"From: forged@x.org\r\n" + got.data, record)


def test_check_says_what_must_stand_in_the_dns(relay: Relay) -> None:
    health = do(relay, lambda connector: connector.check(), secrets=SIGNED, dkim_selector="desk")
    assert any("desk._domainkey.mfa.example" in line and "v=DKIM1" in line for line in health.may)


def test_a_key_whose_line_breaks_were_lost_is_still_a_key() -> None:
    assert signing.read_key(pem(KEY).replace("\n", " ")).key_size == 2048


@pytest.mark.parametrize(
    "key",
    ["nonsense", pem(ec.generate_private_key(ec.SECP256R1())), pem(SMALL)],
)
def test_a_key_that_cannot_sign_mail_is_refused_in_words(relay: Relay, key: str) -> None:
    with pytest.raises(Refused) as refused:
        do(relay, lambda c: c.check(), secrets={"password": PASSWORD, "dkim_key": key}, dkim_selector="d")
    assert refused.value.account
    assert key not in refused.value.why
