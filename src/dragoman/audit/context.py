"""By which way a deed came in: face, token, request, network. Never a secret, never a name.

The desk's middleware, the API, the command line and the worker set it; `note` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Context:
    """`face` is page, api, cli or job; `token` the name of an access token; `address` a shortened network."""

    face: str = ""
    token: str = ""
    request_id: str = ""
    address: str = ""


_NOWHERE = Context()
_current: ContextVar[Context] = ContextVar("dragoman_audit_context", default=_NOWHERE)


def current() -> Context:
    """The context of this thread or task; empty outside any face."""
    return _current.get()


@contextmanager
def entered(**known: str) -> Iterator[Context]:
    """Within the block, deeds are noted with these values; outside them what was known before holds."""
    token = _current.set(replace(_current.get(), **known))
    try:
        yield _current.get()
    finally:
        _current.reset(token)


def amend(**known: str) -> None:
    """Learn more within the block that is open: the API learns the token's name after the request began."""
    _current.set(replace(_current.get(), **known))
