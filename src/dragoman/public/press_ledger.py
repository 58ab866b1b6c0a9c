"""What the page of the evenness ledgers shows: a few sentences, one plot, one table.

The ledgers are the host's; nothing here judges anew but by what they say. Who wants to know whether they are
right works them out again (`dragoman ledger audit`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dragoman.public import rules, site, talks, talks_words, words
from dragoman.public.values_talks import Ledger, TalksPage

SHOWN = 20
"""Releases in the plot and the table; `ledger.json` has all."""
WIDTH, ROW, TOP, LABEL, END = 480, 26, 30, 44, 40
TICKS = ((0, "0"), (100, "0.1 s"), (1_000, "1 s"), (10_000, "10 s"), (60_000, "1 min"), (600_000, "10 min"))

Content = dict[str, Any]


def shown(page: TalksPage, ledgers: Sequence[Ledger], lang: str) -> dict[str, Any]:
    """The context of the page in one language."""
    known = words.load(lang, site.home())
    newest = _newest(ledgers)
    contents = [one.content for one in newest]
    if not contents:
        return {"count": 0, "command": _command(page, lang)}
    uneven = sum(bool(one["uneven"]) for one in contents)
    last = max((ms for one in contents for ms in _delays(one)), default=None)
    count = len(contents)
    return {
        "count": count,
        "outside": uneven,
        "even_words": known.say("even_some", count=uneven, all=count)
        if uneven
        else known.say("even_all", count=count),
        "languages_words": known.say("even_languages", count=sum(map(_together, contents)), all=count),
        "order_words": known.say("even_order", count=sum(map(_in_order, contents)), all=count),
        "last_words": known.say("even_last", time=rules.isolated(_seconds(last), lang))
        if last is not None
        else "",
        "plot": plot(contents[:SHOWN], known),
        "plot_text": known.say("even_plot_text", count=min(count, SHOWN)),
        "rows": [_row(page, one, lang) for one in newest[:SHOWN]],
        "corrections": [
            {"party": talks_words.name(page, party, lang), **counts}
            for party, counts in _in_order_of(page, contents[0]["corrections"])
        ],
        "ledger_path": rules.talks_file(page.ref, "ledger.json"),
        "command": _command(page, lang),
    }


def plot(contents: Sequence[Content], known: words.Words) -> SafeString:
    """One row a release, one dot a copy, by the time from the page to the copy. The scale is logarithmic;
    a dot outside the tolerance is a diamond, one that has not left a ring at the end."""
    most = max((ms for one in contents for ms in _delays(one)), default=0)
    limit = max((one["tolerances"]["channel_ms"] for one in contents), default=0)
    reach = next((ms for ms, _ in TICKS if ms >= max(most, limit, 1_000)), max(most, limit))
    height = TOP + ROW * len(contents) + 8
    ticks = [(_x(ms, reach), label) for ms, label in TICKS if ms <= reach]
    grid = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/><text x="{0}" y="16" text-anchor="middle">'
        "{3}</text>",
        ((x, TOP - 8, height, label if label != "0" else known["even_zero"]) for x, label in ticks),
    )
    band = format_html(
        '<rect class="band" x="{}" y="{}" width="{}" height="{}"/>',
        *(LABEL, TOP - 8, round(_x(limit, reach) - LABEL, 1), height - TOP + 8),
    )
    zero = format_html('<line class="zero" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>', LABEL, TOP - 8, height)
    rows = format_html_join("", "{}", ((_plot_row(one, place, reach),) for place, one in enumerate(contents)))
    label = f"{known['even_plot']}. {known.say('even_plot_text', count=len(contents))}"
    return format_html(
        '<svg class="even" viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">{}{}{}{}</svg>',
        *(WIDTH, height, label, band, grid, zero, rows),
    )


def _plot_row(one: Content, place: int, reach: int) -> SafeString:
    y = TOP + ROW * place + 8
    label = format_html('<text x="0" y="{}">{}</text>', y + 4, one["release"]["entry"])
    limit = one["tolerances"]["channel_ms"]
    dots = format_html_join(
        "", "{}", ((_dot(copy["after_page_ms"], y, limit, reach),) for copy in one["channels"])
    )
    return format_html(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>{}{}', LABEL, WIDTH - END, y, y, label, dots
    )


def _dot(ms: int | None, y: int, limit: int, reach: int) -> SafeString:
    if ms is None:
        return format_html('<circle class="open" cx="{}" cy="{}" r="5"/>', WIDTH - END / 2, y)
    x = _x(ms, reach)
    if 0 <= ms <= limit:
        return format_html('<circle class="dot" cx="{}" cy="{}" r="4.5"/>', x, y)
    return format_html('<path class="out" d="M{} {}l7 7-7 7-7-7z"/>', x, y - 7)


def _x(ms: int, reach: int) -> float:
    """Where a time stands; what is before the page stands before the line."""
    share = math.log10(1 + abs(ms) / 100) / math.log10(1 + max(reach, 1) / 100)
    if ms < 0:
        return round(LABEL - min(share, 1) * 14, 1)
    return round(LABEL + share * (WIDTH - END - LABEL), 1)


def _row(page: TalksPage, one: Ledger, lang: str) -> dict[str, Any]:
    said = one.content
    release = said["release"]
    spoken = lang if lang in said["mentions"] else next(iter(said["mentions"]), "")
    first = said["order"]["found"].get(spoken, [])
    delays = _delays(said)
    return {
        "entry": release["entry"],
        "url": rules.talks_path(lang, page.ref, talks.cut_of(release["entry"])) + f"#e{release['entry']}",
        "proof": one.record.proof_path,
        "number": one.number,
        "first": talks_words.name(page, first[0], lang) if first else "",
        "mentions": ", ".join(
            f"{talks_words.name(page, party, lang)} {count}"
            for party, count in _in_order_of(page, said["mentions"].get(spoken, {}))
        ),
        "consents": [
            {
                "party": talks_words.name(page, consent["party"], lang),
                "at": datetime.fromisoformat(consent["at"]),
            }
            for consent in said["consents"]
        ],
        "copies": _seconds(max(delays)) if delays else "",
        "uneven": said["uneven"],
    }


def _newest(ledgers: Iterable[Ledger]) -> list[Ledger]:
    """The newest ledger of each release, the newest release first."""
    found: dict[tuple[str, int], Ledger] = {}
    for one in ledgers:  # newest first
        release = one.content["release"]
        found.setdefault((release["ref"], release["rev"]), one)
    return sorted(found.values(), key=lambda one: -int(one.content["release"]["entry"]))


def _delays(one: Content) -> list[int]:
    return [copy["after_page_ms"] for copy in one["channels"] if copy["after_page_ms"] is not None]


def _together(one: Content) -> bool:
    return not one["languages"]["missing"] and not one["languages"]["late_seconds"]


def _in_order(one: Content) -> bool:
    return not any(found["code"] in ("order", "order-of-lists") for found in one["uneven"])


def _in_order_of(page: TalksPage, by_party: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(party, by_party[party]) for party in talks_words.in_order(page, list(by_party))]


def _seconds(ms: int) -> str:
    if abs(ms) < 10_000:
        return f"{ms / 1000:.1f} s" if abs(ms) >= 1_000 else f"{ms} ms"
    return f"{round(ms / 1000)} s"


def _command(page: TalksPage, lang: str) -> str:
    return f"dragoman ledger audit {settings.DRAGOMAN.public_url}{rules.talks_path(lang, page.ref)}"
