"""Errors that a person may read: what is wrong, where, and how to mend it (fields follow RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Problem(Exception):
    """A refusal with words fit for its reader. Pages show it, the API answers it as problem JSON.

    `code` is a stable kebab-case word for programs; `title` one short sentence; `detail` what is wrong here;
    `mend` what to do; `where` a list of places ({"field": ..., "line": ..., "message": ...}).
    """

    status = 400
    code = "refused"
    title = "This cannot be done"

    def __init__(
        self,
        detail: str,
        *,
        mend: str = "",
        code: str = "",
        title: str = "",
        where: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.mend = mend
        self.code = code or type(self).code
        self.title = title or type(self).title
        self.where = list(where)


class Invalid(Problem):
    """The input itself is wrong."""

    status = 422
    code = "invalid"
    title = "Something in the input is wrong"


class NotAllowed(Problem):
    """The person may not do this."""

    status = 403
    code = "not-allowed"
    title = "You may not do this"


class NotFound(Problem):
    """There is no such thing, or none that this person may see."""

    status = 404
    code = "not-found"
    title = "There is no such thing"


class Conflict(Problem):
    """The thing has moved on since it was read, or is in a state that does not admit the deed."""

    status = 409
    code = "conflict"
    title = "It has changed in the meantime"


class TooLarge(Problem):
    """More bytes, pixels or items than are taken."""

    status = 413
    code = "too-large"
    title = "That is too large"


class Unavailable(Problem):
    """Something that is needed does not answer; nothing was lost; try again."""

    status = 503
    code = "unavailable"
    title = "Something that is needed does not answer"


class TooMany(Problem):
    """Asked too often in a short time; nothing was lost; try again later."""

    status = 429
    code = "too-many"
    title = "That was asked too often"
