"""How often an address may ask, and how many connections it may hold. Pure: time is passed in."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

REMEMBERED = 10_000


@dataclass(frozen=True)
class Rate:
    """`burst` requests at once, and from then on one every `seconds`."""

    burst: int = 60
    seconds: float = 1.0


class Limits:
    """Counts for each address. One that has not asked for long is forgotten first."""

    def __init__(self, rate: Rate, *, connections: int, in_all: int = 256) -> None:
        self._rate = rate
        self._connections = connections
        self._in_all = in_all
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._open: dict[str, int] = {}

    def wait(self, address: str, now: float) -> float:
        """Count one request. 0 when it may be answered, otherwise the seconds until the next one may."""
        name = network(address)
        filled, at = self._filled.pop(name, (0.0, now))
        filled = max(0.0, filled - max(0.0, now - at) / self._rate.seconds)
        allowed = filled + 1 <= self._rate.burst
        self._filled[name] = (filled + 1 if allowed else filled, now)
        while len(self._filled) > REMEMBERED:
            self._filled.popitem(last=False)
        return 0.0 if allowed else (filled + 1 - self._rate.burst) * self._rate.seconds

    def enter(self, address: str) -> bool:
        """Whether one more connection of this address may be held; `leave` gives it back."""
        name = network(address)
        if self._open.get(name, 0) >= self._connections or sum(self._open.values()) >= self._in_all:
            return False
        self._open[name] = self._open.get(name, 0) + 1
        return True

    def leave(self, address: str) -> None:
        """A connection that `enter` let in has ended."""
        name = network(address)
        left = self._open.get(name, 0) - 1
        if left > 0:
            self._open[name] = left
        else:
            self._open.pop(name, None)


def network(address: str) -> str:
    """What counts as one address: of IPv6 the first 64 bits, for one household has all the rest."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
