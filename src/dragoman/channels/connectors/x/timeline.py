"""Our own posts on X, and which of them are the parts of one post of ours. Pure.

X knows no key of ours, so a post is known by its words. X keeps them in its own form: links become t.co
links, three signs become HTML entities, the link of a picture is added at the end, and a reply may begin with
the name of the account that it answers.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.channels.connectors.x.rendering import links, plain
from dragoman.lib.text.unicode_re import regex

_LINK = "\ue000"
_TCO = regex.compile(r"https?://t\.co/[A-Za-z0-9]+")
_NAMES = regex.compile(r"^(?:@\w+\s+)+")
_SPACE = regex.compile(r"\s+")


def words_of(text: str) -> tuple[str, tuple[str, ...]]:
    """A text of ours in a form that can be compared: its words, and its links."""
    text = plain(text)
    out, found, at = [], [], 0
    for start, end in links(text):
        out += [text[at:start], _LINK]
        found.append(text[start:end])
        at = end
    return _common("".join([*out, text[at:]])), tuple(map(_address, found))


def words_at_x(post: Mapping[str, Any]) -> tuple[str, tuple[str, ...] | None]:
    """A post as X gives it, in the same form. None for links that X does not explain."""
    long = post.get("note_post") or post.get("note_tweet")
    source = long if isinstance(long, dict) and long.get("text") else post
    text = html.unescape(str(source.get("text", "")))
    explained, known = [], {}
    entities = source.get("entities")
    for entity in (entities.get("urls") or []) if isinstance(entities, dict) else []:
        short, there = str(entity.get("url") or ""), str(entity.get("expanded_url") or "")
        if short and ("media_key" in entity or regex.search(r"/(?:photo|video)/\d+$", there)):
            text = text.replace(short, " ")
        elif short and there:
            known[short] = there
    for short in _TCO.findall(text):
        explained.append(known.get(short))
    found = None if None in explained else tuple(_address(str(address)) for address in explained)
    return _common(_TCO.sub(_LINK, plain(text))), found


def same(post: Mapping[str, Any], text: str) -> bool:
    """Is this post made of that text?"""
    (their_words, their_links), (our_words, our_links) = words_at_x(post), words_of(text)
    return their_words == our_words and their_links in (our_links, None)


def parts_out(posts: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> list[str]:
    """The ids of the parts that are out, from the first on. `posts` may come in any order.

    Of several posts with the words of the first part, the one with the longest thread counts, and among
    these the oldest.
    """
    best: list[str] = []
    for post in sorted(posts, key=_number):
        if same(post, texts[0]):
            found = _thread_from(post, posts, texts)
            best = found if len(found) > len(best) else best
    return best


def _thread_from(
    first: Mapping[str, Any], posts: Sequence[Mapping[str, Any]], texts: Sequence[str]
) -> list[str]:
    found = [str(first["id"])]
    inside = [
        post
        for post in sorted(posts, key=_number)
        if str(post.get("conversation_id")) in (found[0], str(first.get("conversation_id")))
    ]
    for text in texts[1:]:
        following = next((post for post in inside if post is not first and same(post, text)), None)
        if following is None:
            break
        found.append(str(following["id"]))
    return found


def _number(post: Mapping[str, Any]) -> int:
    value = str(post.get("id", ""))
    return int(value) if value.isascii() and value.isdigit() else 0


def _common(text: str) -> str:
    text = _NAMES.sub("", _SPACE.sub(" ", text).strip())
    return text.strip()


def _address(address: str) -> str:
    address = address if "://" in address else "http://" + address
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{host.lower()}{slash}{path}".rstrip("/") if scheme else address
