r"""The `regex` package (Unicode properties, \X); to the type checker it is `re`, for it ships no types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re as regex
else:
    import regex

__all__ = ["regex"]
