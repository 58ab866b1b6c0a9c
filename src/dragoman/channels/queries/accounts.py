"""Reads of channels as accounts: what a connector is built from, and what it renders."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django.conf import settings

from dragoman.channels import registry
from dragoman.channels.connector import SILENT, TIMELINE, Account, Kind, Piece, Rendition, Shown
from dragoman.channels.models import Channel
from dragoman.channels.speak import speak
from dragoman.lib.http import Door
from dragoman.lib.problems import NotFound, Unavailable
from dragoman.lib.vault import Vault, VaultError


def kind_of(channel: Channel) -> Kind:
    """What the channel's kind declares. Unavailable when its connector is no longer installed."""
    try:
        return registry.kind(channel.kind)
    except registry.UnknownKind:
        raise Unavailable(
            f"No connector of the kind {channel.kind!r} is installed.",
            mend="Install it again, or switch the channel off.",
            code="no-connector",
        ) from None


def able(channel: Channel, ability: str) -> bool:
    """Is the channel able to do so? A channel whose connector is missing is able to do nothing."""
    return channel.kind in registry.KINDS and registry.kind(channel.kind).able(ability)


def kinds() -> list[Kind]:
    """Every kind that a channel can be."""
    return list(registry.kinds().values())


def kind_named(name: str) -> Kind:
    """The kind of that name; NotFound when there is none."""
    try:
        return registry.kind(name)
    except registry.UnknownKind:
        raise NotFound(f"There is no kind of channel {name!r}.", mend="Choose one of the list.") from None


@cache
def _vault(path: Path) -> Vault:
    return Vault(path)


def vault() -> Vault:
    """The vault of the channels' secrets."""
    return _vault(Path(settings.DRAGOMAN.keys_dir) / "channels.key")


def account_of(channel: Channel, *, secrets: bool = True) -> Account:
    """The plain values a connector is built from. Without secrets it can render and nothing else."""
    try:
        opened = vault().open(channel.sealed) if secrets else {}
        session = vault().open(channel.session) if secrets else {}
    except VaultError as error:
        raise Unavailable(str(error), code="vault") from None
    return Account(
        name=channel.slug,
        settings={name: str(value) for name, value in channel.settings.items()},
        secrets={name: str(value) for name, value in opened.items()},
        folder=Path(settings.DRAGOMAN.home) / channel.kind,
        session=session,
    )


def render(channel: Channel, piece: Piece) -> Rendition:
    """The piece as this channel will show it. Pure: opens no secret and speaks to nobody."""
    kind_of(channel)
    connector = registry.connect(channel.kind, account_of(channel, secrets=False), Door())
    return connector.render(piece)


def speaks(channel: Channel, lang: str) -> bool:
    """Does the channel carry this language? One with no languages named carries all, one that is only read
    carries none."""
    return not able(channel, SILENT) and (not channel.languages or lang in channel.languages)


def timeline(channel: Channel) -> Sequence[Shown]:
    """What a training channel holds, newest first; nothing for kinds that cannot show it."""
    if not able(channel, TIMELINE):
        return ()
    found = speak(channel.kind, account_of(channel), lambda connector: connector.timeline(), changes=False)
    return found.value or ()
