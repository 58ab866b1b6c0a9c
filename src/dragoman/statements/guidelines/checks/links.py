"""LNK-1: where links lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from dragoman.lib.text.unicode_re import regex
from dragoman.statements.guidelines.blocks import Block
from dragoman.statements.guidelines.model import Hit, Rule
from dragoman.statements.guidelines.reading import Reading

_MARKDOWN = regex.compile(r"\[([^\]\n]{0,300})\]\(\s*<?([^)\s>]+)")
_BARE = regex.compile(r"(?:https?://|www\.)[^\s<>()\[\]\"“”]+", regex.IGNORECASE)
_DOMAIN = regex.compile(
    r"(?<![\p{L}\d@./-])((?:[\p{L}\d-]+\.)+\p{L}{2,24})(/[^\s<>()\[\]\"“”]*)", regex.IGNORECASE
)
_LOOKS_LIKE_ADDRESS = regex.compile(
    r"\s*(?:https?://)?((?:[\p{L}\d-]+\.)+\p{L}{2,24})(?:/\S*)?\s*", regex.IGNORECASE
)
_SCHEME = regex.compile(r"[a-z][a-z0-9+.-]*://", regex.IGNORECASE)
_NO_ADDRESS = regex.compile(r"(?:mailto|tel):", regex.IGNORECASE)
_ALIKE = [regex.compile(script) for script in (r"\p{Latin}", r"\p{Cyrillic}", r"\p{Greek}")]
# mailto: and tel: lead to no host; PII-1 looks at them
_NO_HOST = "no-host.invalid"
_TRAILING = ".,;:!?،。、»”'"


@dataclass(frozen=True, slots=True)
class _Link:
    start: int
    end: int
    url: str
    label: str


def trusted_links(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """No shorteners, no disguise; services and payments only on listed domains."""
    draft = reading.draft
    domains = {str(one).casefold() for one in (*rule.parameters.get("domains", ()), *draft.listed_domains)}
    shorteners = {str(one).casefold() for one in rule.parameters.get("shorteners", ())}
    words = [str(one).casefold() for one in rule.parameters.get("service_words", ())]
    for text in draft.languages:
        for field, block in reading.places(text):
            for link in _links(block.text):
                why = _why(link, block, domains, shorteners, words)
                if why:
                    yield Hit(
                        words=link.url[:200],
                        lang=text.lang,
                        field=field,
                        paragraph=block.number or None,
                        start=block.start + link.start,
                        end=block.start + link.end,
                        why=why[0],
                        mend=why[1],
                    )


def _links(text: str) -> Iterator[_Link]:
    for match in _MARKDOWN.finditer(text):
        yield _Link(match.start(2), match.end(2), match[2], match[1])
    text = _MARKDOWN.sub(_blank, text)
    for pattern in (_BARE, _DOMAIN):
        for match in pattern.finditer(text):
            url = match.group().rstrip(_TRAILING)
            yield _Link(match.start(), match.start() + len(url), url, "")
        text = pattern.sub(_blank, text)


def _blank(match: regex.Match[str]) -> str:
    return " " * len(match.group())


def _why(
    link: _Link, block: Block, domains: set[str], shorteners: set[str], words: Sequence[str]
) -> tuple[str, str] | None:
    """Why the link must not stay, and how to mend it; None when it may."""
    host = _host(link.url)
    if host is None:
        return "This link leads to no web address.", "Write the whole address, beginning with https://."
    if _within(host, shorteners):
        return (
            f"{host} hides where the link leads; people cannot tell it from a fraud.",
            "Write the address it leads to, on a listed domain.",
        )
    service = _service_word(link, block, words)
    if domains and service and host != _NO_HOST and not _within(host, domains):
        return (
            f"“{service}” stands with a link to {host}, which is not a listed domain.",
            "Use a listed domain, or have this one listed by the administrator.",
        )
    return _disguise(link, host)


def _disguise(link: _Link, host: str) -> tuple[str, str] | None:
    shown = _LOOKS_LIKE_ADDRESS.fullmatch(link.label) if host != _NO_HOST else None
    if shown and _plain(shown[1]) != _plain(host):
        return (
            f"The words show {shown[1]}, the link leads to {host}.",
            "Let the words show where the link leads.",
        )
    if "@" in urlsplit(_with_scheme(link.url)).netloc:
        return f"The part before @ disguises that the link leads to {host}.", "Write the plain address."
    if _mixed_scripts(host):
        return f"{host} mixes letters of several scripts, as look-alike addresses do.", "Check the address."
    return None


def _host(url: str) -> str | None:
    if _NO_ADDRESS.match(url):
        return _NO_HOST
    try:
        host = urlsplit(_with_scheme(url)).hostname
    except ValueError:
        return None
    return host.rstrip(".").casefold() if host and "." in host else None


def _with_scheme(url: str) -> str:
    return url if _SCHEME.match(url) else f"https://{url}"


def _within(host: str, domains: set[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _plain(host: str) -> str:
    return host.casefold().removeprefix("www.")


def _mixed_scripts(host: str) -> bool:
    labels = host.split(".")
    try:
        labels = [
            label.encode("ascii").decode("idna") if label.startswith("xn--") else label for label in labels
        ]
    except UnicodeError:
        return True
    return any(
        not label.isascii() and sum(bool(script.search(label)) for script in _ALIKE) > 1 for label in labels
    )


def _service_word(link: _Link, block: Block, words: Sequence[str]) -> str:
    """A word of a service in the link's own words, its address, or just before it."""
    near = f"{block.text[max(0, link.start - 60) : link.start]} {link.label} {link.url}".casefold()
    found = _any_of(tuple(words)).search(near) if words else None
    return found.group() if found else ""


@lru_cache(maxsize=16)
def _any_of(words: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(rf"(?<!\p{{L}})(?:{'|'.join(regex.escape(word) for word in words)})")
