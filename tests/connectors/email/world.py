"""The world of e-mail for the contract test: a relay of our own, and two who receive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.world import World
from tests.fakes.email import Relay

from dragoman.channels.connector import Recipient

LINKS = {
    "leave": "https://mfa.example/subscribe/mine/x/",
    "one_click": "https://mfa.example/subscribe/out/x/",
}
READERS = tuple(
    Recipient(f"0000-{name}", {"email": f"{name}@reader.example", "bounce": f"tag{name}", **LINKS}, "en")
    for name in ("ann", "bob")
)


def told(relay: Relay) -> list[str]:
    """The text of each mail, without what stands below the line."""
    found = []
    for got in relay.got:
        part = got.message.get_body(("plain",))
        assert part is not None
        text = part.get_content().replace("\r\n", "\n")
        found.append(text.partition("\n\n-- \n")[0].rstrip("\n"))
    return found


@contextmanager
def world(folder: Path) -> Iterator[World]:
    with Relay().running() as relay:
        settings, secrets, _ = relay.account()

        def break_secret() -> None:
            relay.password = "another"

        def shown(texts: Sequence[str]) -> list[str]:
            return [*texts] * len(READERS)

        yield World(settings, secrets, lambda: told(relay), break_secret, recipients=READERS, shown=shown)
