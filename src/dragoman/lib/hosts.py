"""Which addresses of a host the product may connect to, for the protocols that are not HTTP."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from dragoman.lib.http import NotReached, is_public


async def addresses(host: str, port: int, *, inside: bool, allow_loopback: bool, seconds: float) -> list[str]:
    """The addresses of a host, judged: public ones, or where the caller says that it stands in the house,
    private ones. `NotReached` when there is none, or one among them that is not admitted."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise NotReached(f"the name {host} could not be looked up") from None
    judged = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not judged or not all(admitted(one, inside=inside, allow_loopback=allow_loopback) for one in judged):
        raise NotReached(f"{host} is not a public address; a host in the house must be declared as such")
    return judged


def admitted(address: str, *, inside: bool, allow_loopback: bool) -> bool:
    """A host in the house may stand at a private address or on this machine. Never at a link-local one,
    where the clouds keep their secrets."""
    if is_public(address, allow_loopback=allow_loopback or inside):
        return True
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if not inside or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    return ip.is_private
