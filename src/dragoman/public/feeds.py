"""Atom, RSS and JSON Feed of one language. Pure: items in, bytes out."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """One statement in a feed. A correction or a withdrawal is the same item with a later `changed`."""

    url: str
    title: str
    summary: str
    html: str
    released: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and what it says of itself; addresses are absolute."""

    title: str
    author: str
    lang: str
    home: str
    itself: str
    items: Sequence[Item]
    hubs: Sequence[str] = ()
    """WebSub hubs that tell of changes."""

    @property
    def changed(self) -> datetime:
        return max((item.changed for item in self.items), default=BEGINNING)


def atom(feed: Feed) -> bytes:
    hubs = "".join(f'<link rel="hub" href={_value(hub)}/>\n' for hub in feed.hubs)
    entries = "".join(
        f"<entry><id>{_text(item.url)}</id><title>{_text(item.title)}</title>"
        f'<link rel="alternate" href={_value(item.url)}/>'
        f"<published>{_iso(item.released)}</published><updated>{_iso(item.changed)}</updated>"
        f"{f'<summary>{_text(item.summary)}</summary>' if item.summary else ''}"
        f'<content type="html">{_text(item.html)}</content></entry>\n'
        for item in feed.items
    )
    return _xml(
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={_value(feed.lang)}>\n'
        f"<id>{_text(feed.itself)}</id><title>{_text(feed.title)}</title><updated>{_iso(feed.changed)}</updated>\n"
        f'<link rel="self" href={_value(feed.itself)}/><link rel="alternate" href={_value(feed.home)}/>\n'
        f"{hubs}"
        f"<author><name>{_text(feed.author)}</name></author>\n{entries}</feed>\n"
    )


def rss(feed: Feed) -> bytes:
    hubs = "".join(f'<atom:link rel="hub" href={_value(hub)}/>\n' for hub in feed.hubs)
    items = "".join(
        f"<item><title>{_text(item.title)}</title><link>{_text(item.url)}</link>"
        f'<guid isPermaLink="false">{_text(f"{item.url}#{_iso(item.changed)}")}</guid>'
        f"<pubDate>{format_datetime(item.changed)}</pubDate>"
        f"<description>{_text(item.html or item.summary)}</description></item>\n"
        for item in feed.items
    )
    return _xml(
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>\n'
        f"<title>{_text(feed.title)}</title>"
        f"<link>{_text(feed.home)}</link><description>{_text(feed.author)}</description>"
        f"<language>{_text(feed.lang)}</language><lastBuildDate>{format_datetime(feed.changed)}</lastBuildDate>\n"
        f'<atom:link rel="self" type="application/rss+xml" href={_value(feed.itself)}/>\n'
        f"{hubs}"
        f"{items}</channel></rss>\n"
    )


def json_feed(feed: Feed) -> bytes:
    items = [
        {
            "id": item.url,
            "url": item.url,
            "title": item.title,
            **({"summary": item.summary} if item.summary else {}),
            "content_html": item.html,
            "date_published": _iso(item.released),
            "date_modified": _iso(item.changed),
            "language": feed.lang,
        }
        for item in feed.items
    ]
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.itself,
        "language": feed.lang,
        "authors": [{"name": feed.author}],
        **({"hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs]} if feed.hubs else {}),
        "items": items,
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def sitemap(urls: Sequence[tuple[str, datetime | None]]) -> bytes:
    """A list of pages; at most 50,000, which the caller sees to."""
    return _xml(_map("urlset", "url", urls))


def sitemap_index(urls: Sequence[tuple[str, datetime | None]]) -> bytes:
    return _xml(_map("sitemapindex", "sitemap", urls))


def _map(outer: str, inner: str, urls: Sequence[tuple[str, datetime | None]]) -> str:
    rows = "".join(
        f"<{inner}><loc>{_text(url)}</loc>{f'<lastmod>{_iso(at)}</lastmod>' if at else ''}</{inner}>\n"
        for url, at in urls
    )
    return f'<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</{outer}>\n'


def escaped(text: str) -> str:
    """Text as it stands between the marks of HTML or XML."""
    return _text(text)


def _xml(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}'.encode()


def _text(text: str) -> str:
    return escape(NOT_XML.sub("", text))


def _value(text: str) -> str:
    return quoteattr(NOT_XML.sub("", text))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
