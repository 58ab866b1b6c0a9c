"""Keeping the index behind "Did you say this?": by digest for the page, by sketch for the reception.

All of it is made from what is published and may be made again; so it is no deed and has no audit. It is
written after a release, never on its way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from PIL import Image, UnidentifiedImageError

from dragoman.base import clock
from dragoman.public import queries, rules, said, said_queries, site
from dragoman.public.models import Said, Sketch, Story
from dragoman.public.queries import Telling

PREFIX = 3
"""Hex digits of a digest that a reader's browser gives away when it asks for a part of the index."""


def index(ref: str) -> None:
    """Index one statement anew: its texts, pictures, and the links where it stands."""
    telling = queries.telling(ref)
    if telling is None:
        return
    with transaction.atomic():
        story = Story.objects.select_for_update().get(ref=ref)
        before = {digest[:PREFIX] for digest in story.said.values_list("digest", flat=True)}
        story.said.all().delete()
        story.sketches.all().delete()
        rows = dict.fromkeys(_units(telling))
        Said.objects.bulk_create(
            Said(story=story, rev=rev, lang=lang, kind=kind, digest=digest)
            for digest, rev, lang, kind in _once(rows)
        )
        if telling.tombstone is None:
            Sketch.objects.bulk_create(Sketch(story=story, **row) for row in _sketches(telling))
        Story.objects.filter(pk=story.pk).update(said_at=clock.now())
    for prefix in sorted(before | {digest[:PREFIX] for digest, *_ in rows}):
        write_shard(prefix)
    write_state(telling)


def everything(refs: Iterable[str]) -> None:
    """Every file of the index from its rows."""
    for ref in refs:
        if telling := queries.telling(ref):
            write_state(telling)
    for prefix in said_queries.prefixes(PREFIX):
        write_shard(prefix)


def write_shard(prefix: str) -> None:
    """One part of the index as a file."""
    data = json.dumps(said_queries.shard(prefix), ensure_ascii=False, separators=(",", ":"))
    site.write(f"/said/index/{prefix}.json", data.encode())


def write_state(telling: Telling) -> None:
    """What the page needs to know of one statement: where it is, and whether it still stands."""
    gone = telling.tombstone is not None
    state = {
        "ref": telling.ref,
        "withdrawn": gone,
        "newest": max(edition.rev for edition in telling.editions),
        "editions": {
            f"{edition.rev}:{text.lang}": {
                "title": "" if gone else text.title,
                "url": rules.statement_path(text.lang, telling.slug, edition.rev),
                "newest": rules.statement_path(text.lang, telling.slug),
                "released": edition.released.isoformat(),
            }
            for edition in telling.editions
            for text in edition.texts
        },
    }
    site.write(f"/said/state/{telling.ref}.json", json.dumps(state, ensure_ascii=False).encode())


def _once(rows: dict[tuple[str, int, str, str], None]) -> Iterator[tuple[str, int, str, str]]:
    seen = set()
    for digest, rev, lang, kind in rows:
        if (digest, rev, lang) not in seen:
            seen.add((digest, rev, lang))
            yield digest, rev, lang, kind


def _units(telling: Telling) -> Iterator[tuple[str, int, str, str]]:
    base = settings.DRAGOMAN.public_url
    for edition in telling.editions:
        for text in edition.texts:
            for sentence in said.sentences(said_queries.plain(text)):
                yield said.digest("text", sentence), edition.rev, text.lang, "text"
            own = rules.statement_path(text.lang, telling.slug, edition.rev)
            yield said.digest("link", said.link(base + own)), edition.rev, text.lang, "link"
            if edition is telling.editions[-1]:
                newest = rules.statement_path(text.lang, telling.slug)
                yield said.digest("link", said.link(base + newest)), edition.rev, text.lang, "link"
        for copy in telling.elsewhere.get(edition.rev, ()):
            if address := said.link(copy.url):
                yield said.digest("link", address), edition.rev, edition.langs[0], "link"
        for picture in edition.media:
            yield said.digest("picture", picture.sha256), edition.rev, edition.langs[0], "picture"


def _sketches(telling: Telling) -> Iterator[dict[str, object]]:
    for edition in telling.editions:
        for text in edition.texts:
            shingles = said.sketch(said_queries.plain(text))
            yield {"rev": edition.rev, "lang": text.lang, "shingles": shingles}
        for picture in edition.media:
            looks = looks_of(site.root() / "record" / "media" / picture.sha256)
            if looks is not None:
                yield {"rev": edition.rev, "looks": looks}


def looks_of(place: Path) -> int | None:
    """What a picture looks like, in 64 bits: whether each of 8 by 8 fields is darker than the next (a
    difference hash). None for what cannot be read. `said.js` computes the same in the browser."""
    try:
        with Image.open(place) as picture:
            grey = picture.convert("L").resize((9, 8), Image.Resampling.BOX)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return None
    shades = list(grey.tobytes())
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (shades[row * 9 + column] < shades[row * 9 + column + 1])
    return bits - (1 << 64) if bits >= 1 << 63 else bits
