"""Names and locales of languages, by their tags (`en`, `zh-Hans`)."""

from __future__ import annotations

from functools import cache

from babel import Locale, UnknownLocaleError


@cache
def locale_of(lang: str) -> Locale | None:
    """The nearest locale that CLDR knows, or None."""
    tag = lang.replace("_", "-")
    while tag:
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            tag = tag.rpartition("-")[0]
    return None


@cache
def language_name(lang: str, *, reader: str = "en") -> str:
    """`Arabic` for `ar`; the tag itself when it has no name."""
    readers = locale_of(reader)
    names = readers.languages if readers else {}
    tag = lang.replace("-", "_")
    base, _, rest = tag.partition("_")
    name = names.get(tag) or names.get(base)
    if not name:
        return lang
    return f"{name} ({rest.replace('_', '-')})" if rest and tag not in names else str(name)
