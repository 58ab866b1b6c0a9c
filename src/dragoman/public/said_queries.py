"""Looking for a text in what was released. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Left

from dragoman.lib import markdown
from dragoman.lib.problems import NotFound
from dragoman.public import queries, rules, said
from dragoman.public.models import Said, Story
from dragoman.public.queries import Telling
from dragoman.public.rules import Change
from dragoman.public.said import Verdict
from dragoman.public.values import EditionText

CANDIDATES = 5
PATIENCE_MS = 3000
MOST_BITS = 10
"""Bits of 64 in which two pictures that look the same may differ: what networks' own packing changes."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to "did you say this?". `found` of `total` sentences stand in the record word for word."""

    verdict: Verdict
    ref: str = ""
    rev: int = 0
    lang: str = ""
    title: str = ""
    url: str = ""
    newest_url: str = ""
    released: datetime | None = None
    found: int = 0
    total: int = 0
    change: Change = ()
    what: str = "text"


def look_up(text: str) -> Found:
    """What the record knows of a pasted text or link. Never says "fake": only that it is not there."""
    link = said.link(text) if len(text.split()) == 1 else ""
    if link:
        return _exact([said.digest("link", link)], "link")
    forms = said.sentences(text)
    exact = _exact([said.digest("text", one) for one in dict.fromkeys(forms)], "text")
    if exact.verdict != "unknown" and exact.found == exact.total:
        return exact
    near = _near(text)
    if near.verdict == "altered" or not exact.found:
        return near
    return exact if exact.verdict == "withdrawn" else near


def look_up_picture(digest: str, looks: int | None) -> Found:
    """What the record knows of a picture: its very bytes, else one that looks the same."""
    exact = _exact([said.digest("picture", digest)], "picture")
    if exact.verdict != "unknown" or looks is None:
        return exact
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT story_id, rev, length(replace((looks # %s)::bit(64)::text, '0', '')) AS bits "
            "FROM public_sketch WHERE looks IS NOT NULL ORDER BY bits, id LIMIT 1",
            [looks],
        )
        row = cursor.fetchone()
    if row is None or row[2] > MOST_BITS:
        return Found("unknown", what="picture")
    telling = _telling(row[0])
    verdict: Verdict = "withdrawn" if telling.tombstone else "altered"
    return replace(_at(telling, row[1], "", verdict), what="picture")


def _exact(digests: Sequence[str], what: str) -> Found:
    """The edition that holds most of these; of equals the newest."""
    total = len(digests)
    rows = Said.objects.filter(digest__in=digests).values_list("story_id", "rev", "lang", "digest")
    counted = Counter((story, rev, lang) for story, rev, lang, _ in rows.distinct())
    if not counted:
        return Found("unknown", total=total, what=what)
    (story, rev, lang), count = max(counted.items(), key=lambda item: (item[1], item[0][1], item[0][0]))
    telling = _telling(story)
    return replace(_at(telling, rev, lang, _standing(telling, rev)), found=count, total=total, what=what)


def _telling(story_id: int) -> Telling:
    found = queries.telling(Story.objects.values_list("ref", flat=True).get(pk=story_id))
    if found is None:
        raise NotFound("It is no longer there.")
    return found


def _standing(telling: Telling, rev: int) -> Verdict:
    """Whether a revision still stands as it is."""
    if telling.tombstone:
        return "withdrawn"
    return "corrected" if rev < max(edition.rev for edition in telling.editions) else "official"


def _at(telling: Telling, rev: int, lang: str, verdict: Verdict) -> Found:
    edition = next((one for one in telling.editions if one.rev == rev), telling.editions[-1])
    lang = lang or edition.langs[0]
    text = edition.text(lang)
    return Found(
        verdict=verdict,
        ref=telling.ref,
        rev=rev,
        lang=lang,
        # A withdrawn text is shown nowhere, not even here by its title.
        title=text.title if text and verdict != "withdrawn" else "",
        url=rules.statement_path(lang, telling.slug, rev),
        newest_url=rules.statement_path(lang, telling.slug),
        released=edition.released,
    )


def _near(text: str) -> Found:
    """The text that this one was most plainly copied from, and what was changed in it."""
    best, how, effort = Found("unknown"), 0.0, said.Effort()
    for story_id, rev, lang in _candidates(said.sketch(text)):
        telling = _telling(story_id)
        edition = next((one for one in telling.editions if one.rev == rev), None)
        released = edition.text(lang) if edition else None
        if telling.tombstone or released is None:
            continue
        compared = said.compare(plain(released), text, lang, effort)
        if compared.copied and compared.share > how:
            how = compared.share
            best = replace(_at(telling, rev, lang, "altered"), change=compared.change)
    return replace(best, total=len(said.sentences(text)))


def _candidates(sketch: Sequence[int]) -> list[tuple[int, int, str]]:
    """The texts that share most with a sketch. Bounded in time: a slow answer is no answer."""
    if not sketch:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
        cursor.execute(
            "SELECT story_id, rev, lang FROM public_sketch WHERE shingles && %s "
            "ORDER BY (SELECT count(*) FROM unnest(shingles) AS one WHERE one = ANY(%s)) DESC, rev DESC "
            "LIMIT %s",
            [list(sketch), list(sketch), CANDIDATES],
        )
        return [(int(story), int(rev), str(lang)) for story, rev, lang in cursor.fetchall()]


def plain(text: EditionText) -> str:
    """A released text as people copy it from a page."""
    parts = (markdown.one_line(text.title), markdown.one_line(text.summary), markdown.to_plain(text.body))
    return "\n\n".join(part for part in parts if part)


def unsaid() -> list[str]:
    """The refs of statements whose index is not written, oldest first."""
    return list(Story.objects.filter(said_at__isnull=True).order_by("id").values_list("ref", flat=True)[:50])


def oldest_unsaid() -> datetime | None:
    """Since when a statement waits for its index."""
    row = Story.objects.filter(said_at__isnull=True).order_by("updated").values_list("updated", flat=True)
    return row.first()


def prefixes(length: int) -> list[str]:
    """The parts that the index has."""
    cut = Said.objects.annotate(cut=Left("digest", length)).values_list("cut", flat=True)
    return list(cut.distinct().order_by("cut"))


def shard(prefix: str) -> dict[str, list[str]]:
    """One part of the index: the rest of each digest, and the editions that it leads to."""
    rows = Said.objects.filter(digest__startswith=prefix).order_by("digest", "story_id", "rev", "lang")
    found: dict[str, list[str]] = {}
    for digest, ref, rev, lang in rows.values_list("digest", "story__ref", "rev", "lang"):
        found.setdefault(digest[len(prefix) :], []).append(f"{ref}:{rev}:{lang}")
    return found
