"""Links of a page that say "this is me" (rel=me, microformats.org/wiki/rel-me). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

MOST = 500
OURS = re.compile(r"/(?:[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*/)?(?:accounts/?)?")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("a", "link", "area") or len(self.found) >= MOST:
            return
        given = {name: value or "" for name, value in attrs}
        if "me" in given.get("rel", "").lower().split() and given.get("href"):
            self.found.append(given["href"].strip())


def rel_me(html: str, base: str) -> tuple[str, ...]:
    """The addresses of all links with rel=me, made whole by the page's own address, each once."""
    parser = _Links()
    parser.feed(html)
    parser.close()
    whole = []
    for href in parser.found:
        try:
            whole.append(urljoin(base, href))
        except ValueError:
            continue
    return tuple(dict.fromkeys(whole))


def same(one: str, other: str) -> bool:
    """Whether two addresses name one page: scheme, a last slash and the case of the host do not matter."""
    return bool(one) and _plain(one) == _plain(other)


def names_us(links: Iterable[str], public_url: str) -> str:
    """The first of the links that leads to our front page or our page of accounts; "" when none does."""
    home = _plain(public_url)
    for link in links:
        place = _plain(link)
        if place and home and place[0] == home[0] and OURS.fullmatch(place[1] + "/"):
            return link
    return ""


def _plain(address: str) -> tuple[str, str] | None:
    """Host with port, and path without its last slash."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    usual = port in (None, 443 if parts.scheme == "https" else 80)
    host = parts.hostname.lower() + ("" if usual else f":{port}")
    return host, parts.path.rstrip("/")
