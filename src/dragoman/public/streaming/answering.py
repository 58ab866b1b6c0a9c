"""What is answered to a request. Decides only; the bytes are written elsewhere.

Scripts of other sites may read `/pulse/<ref>`: it is public, asks for no credentials, and an embedded page of
talks stands on other sites. `/pulse` itself is for scripts of our own public site: it carries every event of
the ministry, and another site's whole audience on it would take the places of ours. Programs that are no
browsers may read both, as anybody may.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dragoman.public.streaming import wire


@dataclass(frozen=True, slots=True)
class Listen:
    """This reader is to be let in: with these first bytes, to this topic, from after this number."""

    head: bytes
    topic: str
    last: int | None


@dataclass(frozen=True, slots=True)
class House:
    """What a request is judged by at this moment."""

    public_origin: str
    ready: bool
    well: bool
    health: Callable[[], str]


def answer(request: wire.Request | None, house: House) -> bytes | Listen:
    """A whole short answer, or a reader to let in."""
    if request is None:
        return wire.answer(400, "This is not a request that can be read.\n")
    topic = wire.topic(request.path)
    allow = allowed(request.origin, topic, house.public_origin)
    head = request.method == "HEAD"
    if topic is None and request.path != "/health":
        return wire.answer(404, "There is only /pulse here.\n", allow=allow, head=head)
    if request.method == "OPTIONS":
        extra = ("Access-Control-Allow-Headers: Last-Event-ID", "Access-Control-Max-Age: 86400")
        return wire.answer(204, "", allow=allow, extra=extra)
    if request.method not in ("GET", "HEAD"):
        return wire.answer(405, "Only GET is answered here.\n", allow=allow, extra=("Allow: GET, HEAD",))
    if topic is None:
        status = 200 if house.well else 503
        return wire.answer(status, house.health(), allow=allow, head=head, kind="application/json")
    return _stream(request, topic, allow, house)


def _stream(request: wire.Request, topic: str, allow: str, house: House) -> bytes | Listen:
    if not house.ready:
        again = ("Retry-After: 3",)
        bare = request.method == "HEAD"
        return wire.answer(503, "The log cannot be read yet.\n", allow=allow, head=bare, extra=again)
    if request.method == "HEAD":
        return wire.stream_head(allow)
    return Listen(wire.stream_head(allow) + wire.retry(), topic, request.last)


def allowed(origin: str, topic: str | None, public_origin: str) -> str:
    """Whose scripts may read the answer."""
    if topic:
        return "*"
    return origin if origin and origin == public_origin else ""


def full(allow: str = "") -> bytes:
    words = "As many readers listen as this server can hold. The page and the feeds have the same texts.\n"
    return wire.answer(503, words, allow=allow, extra=(wire.come_back(5, 20),))


def too_many(allow: str = "") -> bytes:
    words = (
        "Too many readers listen from this address. The page and the feeds have the same texts. If many"
        " people share your address, ask us to raise the limit.\n"
    )
    return wire.answer(429, words, allow=allow, extra=(wire.come_back(10, 50),))


def too_slow() -> bytes:
    return wire.answer(408, "The request did not arrive in time.\n")


def too_large() -> bytes:
    return wire.answer(431, "The request's head is too large.\n")


def stopping() -> bytes:
    return wire.answer(503, "This server is stopping; come back.\n", extra=(wire.come_back(1, 4),))
