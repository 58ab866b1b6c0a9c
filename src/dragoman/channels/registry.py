"""Kind -> where its connector is. One line a kind.

A module named here has `KIND: Kind` and `connect(account, door) -> Connector`. It is loaded on first use, so
that a kind with heavy libraries costs nothing where it is not used.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from dragoman.channels.connector import Account, Connector, Kind
from dragoman.lib.http import Door

KINDS: dict[str, str] = {
    "youtube": "dragoman.channels.connectors.youtube.connector",
    "activitypub": "dragoman.channels.connectors.activitypub.connector",
    "bluesky": "dragoman.channels.connectors.bluesky.connector",
    "email": "dragoman.channels.connectors.email.connector",
    "facebook": "dragoman.channels.connectors.facebook.connector",
    "instagram": "dragoman.channels.connectors.instagram.connector",
    "mailbox": "dragoman.channels.connectors.mailbox.connector",
    "mastodon": "dragoman.channels.connectors.mastodon.connector",
    "linkedin": "dragoman.channels.connectors.linkedin.connector",
    "sandbox": "dragoman.channels.connectors.sandbox.connector",
    "telegram": "dragoman.channels.connectors.telegram.connector",
    "threads": "dragoman.channels.connectors.threads.connector",
    "webhook": "dragoman.channels.connectors.webhook.connector",
    "webpush": "dragoman.channels.connectors.webpush.connector",
    "websub": "dragoman.channels.connectors.websub.connector",
    "x": "dragoman.channels.connectors.x.connector",
}


class ConnectorModule(Protocol):
    """What a module named in the registry has."""

    KIND: Kind

    def connect(self, account: Account, door: Door) -> Connector: ...


class UnknownKind(LookupError):
    """No connector of that kind is installed."""


def module_of(name: str) -> ConnectorModule:
    """The module of a kind. `UnknownKind` when there is none."""
    try:
        dotted = KINDS[name]
    except KeyError:
        raise UnknownKind(name) from None
    return cast(ConnectorModule, import_module(dotted))


def kind(name: str) -> Kind:
    """What the kind declares."""
    return module_of(name).KIND


def kinds() -> Mapping[str, Kind]:
    """Every kind, by name."""
    return {name: kind(name) for name in sorted(KINDS)}


def connect(name: str, account: Account, door: Door) -> Connector:
    """A connector of that kind for one account. Speaks to nobody yet."""
    return module_of(name).connect(account, door)
