"""How long Mastodon says a text is. Pure.

Grapheme clusters of the content warning and the text together; a link that the server would link counts the
same whatever its length, and of a name on another server only the part before the second @ (Mastodon,
app/validators/status_length_validator.rb and config/initializers/twitter_regex.rb). What a link is follows
twitter-text: a scheme, a domain that ends in a known top-level domain, and not glued to a word before it.
"""

from collections.abc import Iterator

from twitter_text.regexp.valid_domain import (  # type: ignore[import-untyped]  # ships no types
    valid_domain,
)

from dragoman.lib.text.measures import graphemes
from dragoman.lib.text.unicode_re import regex

LONGEST_LINK = 4096
LONGEST_DOMAIN = 253

_SCHEME = regex.compile(r"(?<![A-Za-z0-9@＠$#＃])(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://", regex.I)
_DOMAIN = regex.compile(valid_domain.pattern, regex.I)
_PORT = regex.compile(r":\d+")
_PATH = regex.compile(r"[/?][^\s<>]*")
_LINK_END = "?!*\"'「」<>;:=,.$%[]~&|@"
_NAME = regex.compile(r"(?<![=/\w])@[a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?(@[\w](?:[\w.-]*\w)?)?", regex.I)

Span = tuple[int, int, int]


def count(text: str, *, per_link: int, warning: str = "") -> int:
    """The length of a post with its content warning."""
    shown, at = "", 0
    for start, end, weight in spans(text, per_link=per_link):
        shown += text[at:start] + "x" * weight
        at = end
    return graphemes(warning + shown + text[at:])


def spans(text: str, *, per_link: int) -> list[Span]:
    """What does not count as it is written: links, and the servers of names. (start, end, weight)"""
    found = [(start, end, per_link) for start, end in links(text)]
    for match in _NAME.finditer(text):
        start, end = match.span(1)
        inside = any(a <= match.start() < b for a, b, _ in found)
        if start >= 0 and not inside and end - start - 1 <= LONGEST_DOMAIN:
            found.append((start, end, 0))
    return sorted(found)


def names(text: str) -> list[str]:
    """Accounts that the text would call out, as written."""
    inside = links(text)
    return [
        match.group() for match in _NAME.finditer(text) if not any(a <= match.start() < b for a, b in inside)
    ]


def links(text: str) -> list[tuple[int, int]]:
    """Where the links are."""
    return list(_links(text))


def _links(text: str) -> Iterator[tuple[int, int]]:
    after = 0
    for scheme in _SCHEME.finditer(text):
        if scheme.start() < after:
            continue
        domain = _DOMAIN.match(text[scheme.end() : scheme.end() + LONGEST_DOMAIN + 2])
        if domain is None or len(domain.group()) > LONGEST_DOMAIN:
            continue
        end = scheme.end() + domain.end()
        port = _PORT.match(text, end)
        end = port.end() if port else end
        path = _PATH.match(text, end)
        if path:
            end += len(_trimmed(path.group()))
        if end - scheme.start() <= LONGEST_LINK:
            after = end
            yield scheme.start(), end


def _trimmed(path: str) -> str:
    """Without the punctuation and the closing bracket of the sentence around it."""
    while len(path) > 1:
        if (
            path[-1] in _LINK_END
            or (path[-1] == ")" and path.count("(") < path.count(")"))
            or path[-1] == "("
        ):
            path = path[:-1]
        else:
            break
    return "" if path == "?" else path
