"""Writes the pages of talks: live, embedded, earlier entries, protocol, evenness, and the list of processes.

Every file is made from rows alone, so any of them can be made again; the same rows give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dragoman.lib import markdown
from dragoman.public import (
    press_ledger,
    press_talks_files,
    queries,
    render,
    rules,
    site,
    talks,
    talks_queries,
    talks_words,
    words,
)
from dragoman.public.talks import Entry
from dragoman.public.values import EditionText
from dragoman.public.values_talks import TalksPage

LIVE_BYTES = 20_000
"""So many bytes of text stand whole on a live page; older entries there are named and linked."""
EMBEDDED = 5
MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC(?:[+-][0-9]{2}:[0-9]{2})?)")
"""A moment as agreed lines write it."""
SAYS = (
    *("live_on", "live_on_none", "live_entry", "live_proof", "live_link", "live_other", "withdrawn_title"),
    *("talks_lost", "talks_gap", "talks_gap_none", "talks_missed", "talks_hole", "talks_overdue"),
    *("talks_spoken", "talks_signed", "talks_at_once", "talks_what_joint", "talks_what_notice"),
    *("talks_what_pulse", "talks_what_fallback", "talks_what_protocol", "talks_corrected", "talks_heard"),
    *("talks_protocol_now", "day_time"),
)


def everything() -> None:
    """All of it, as `rebuild` does."""
    for page in talks_queries.pages():
        process(page)
        for entry_ in talks_queries.with_files(page.ref):
            press_talks_files.consent_note(page.ref, entry_)
            press_talks_files.versions(page.ref, entry_)
    index()


def process(page: TalksPage) -> None:
    """Every page and file of one process but consents and versions."""
    newest = talks_queries.newest_number(page.ref)
    for cut in range(1, talks.cut_of(max(newest, 1)) + 1):
        _cut(page, cut)
    _head(page)
    protocol(page)
    evenness(page)


def entry(page: TalksPage, ref: str, number: int) -> None:
    """What a new or changed entry touches: the live page, the cuts that hold its text, feeds and files."""
    for one in talks_queries.of_statement(page.ref, ref):
        press_talks_files.consent_note(page.ref, one)
        press_talks_files.versions(page.ref, one)
    touched = {talks.cut_of(number), *talks_queries.cuts_with(page.ref, ref)}
    for cut in sorted(touched):
        _cut(page, cut)
        if cut > 1 and number == talks.span_of(cut)[0]:  # its older neighbour has a newer one now
            _cut(page, cut - 1)
    _head(page)


def index() -> None:
    """The list of processes in every language of the site; there is none before the first."""
    pages = talks_queries.pages()
    if not pages:
        return
    langs = queries.languages() or pages[0].languages
    for lang in langs:
        rows = []
        for page in pages:
            title, title_lang = render.choose(page.titles, lang, page.languages[0])
            summary, _ = render.choose(page.summaries, title_lang, page.languages[0])
            own = lang if lang in page.languages else page.languages[0]
            url = rules.talks_path(own, page.ref)
            rows.append({"title": title, "lang": title_lang, "summary": summary, "url": url, "page": page})
        data = render.page(
            "public/talks_list.html", lang, langs=langs, url=rules.talks_path, here="talks", rows=rows
        )
        site.write(rules.talks_path(lang), data)
        if lang == _default(langs):
            site.write("/talks/", data)


def protocol(page: TalksPage) -> None:
    """The protocol in force, what may be published by it, and who must sign."""
    for lang in page.languages:
        known = words.load(lang, site.home())
        document, document_lang = render.choose(page.documents, lang, page.languages[0])
        data = _page(
            page,
            lang,
            "public/talks_protocol.html",
            part="protocol",
            document=plain_html(document),
            document_lang=document_lang,
            publishable=page.publishable.get(lang, ()),
            rule=talks_words.rule_words(page, page.keyring, known),
            proof_name=page.record.proof_path.rpartition("/")[2],
        )
        site.write(rules.talks_path(lang, page.ref, "protocol"), data)


def evenness(page: TalksPage) -> None:
    """The evenness ledgers as a page and a file."""
    press_talks_files.ledgers(page)
    for lang in page.languages:
        shown = press_ledger.shown(page, talks_queries.ledgers(page.ref), lang)
        data = _page(page, lang, "public/talks_evenness.html", part="evenness", **shown)
        site.write(rules.talks_path(lang, page.ref, "evenness"), data)


def plain_html(body: str) -> str:
    """Markdown without citations as safe HTML."""
    return render.safe(markdown.to_html(body, fact_url=lambda cite: None, fact_label=str))


def _head(page: TalksPage) -> None:
    """What every new entry changes: live pages, embedded ones, feeds, the newest entries as JSON."""
    newest = talks_queries.newest(page.ref, rules.LIVE)
    joint = talks_queries.newest_joint(page.ref)
    confirmed = talks.last_confirmed(page, newest[0].at if newest else None)
    first = newest[-1].number if newest else 1
    shared = {
        "last": newest[0].number if newest else 0,
        "event": talks_queries.newest_event(page.ref),
        "confirmed": confirmed,
        "due": talks.next_due(page, confirmed),
        "stream": press_talks_files.stream_url(page.ref),
        "entries_url": rules.talks_file(page.ref, "entries.json"),
    }
    for lang in page.languages:
        more: dict[str, Any] = {
            **shared,
            "entries": _rows(page, newest, lang),
            "joint": _row(page, joint, lang, whole=False) if joint else None,
            "older": rules.talks_path(lang, page.ref, talks.cut_of(first - 1)) if first > 1 else "",
            "older_last": first - 1,
            "says": [(key, words.load(lang, site.home())[key]) for key in SAYS],
        }
        live = _page(page, lang, "public/talks.html", part="live", **more)
        site.write(rules.talks_path(lang, page.ref), live)
        if lang == page.languages[0]:
            site.write(f"/talks/{page.ref}/", live)
        few = {**more, "entries": _rows(page, newest[:EMBEDDED], lang)}
        embedded = _page(page, lang, "public/talks_embed.html", part="embed", **few)
        site.write(rules.talks_path(lang, page.ref, "embed"), embedded)
    press_talks_files.feed(page)
    press_talks_files.entries(page)


def _cut(page: TalksPage, number: int) -> None:
    """One cut of the entries, as a page in every language and as JSON."""
    entries = talks_queries.cut(page.ref, number)
    newest = talks.cut_of(max(talks_queries.newest_number(page.ref), 1))
    for lang in page.languages:
        data = _page(
            page,
            lang,
            "public/talks_cut.html",
            part="live",
            at=number,
            entries=[_row(page, one, lang, whole=True) for one in entries],
            first=entries[-1].number if entries else 0,
            last=entries[0].number if entries else 0,
            older=rules.talks_path(lang, page.ref, number - 1) if number > 1 else "",
            newer=rules.talks_path(lang, page.ref, number + 1) if number < newest else "",
        )
        site.write(rules.talks_path(lang, page.ref, number), data)
    press_talks_files.cut(page, number)


def _page(page: TalksPage, lang: str, template: str, *, part: str, at: int = 0, **more: Any) -> bytes:
    known = words.load(lang, site.home())
    title, _ = render.choose(page.titles, lang, page.languages[0])
    summary, _ = render.choose(page.summaries, lang, page.languages[0])
    place: str | int = at or ("" if part == "live" else part)
    observers = [party.name for party in page.parties if party.observer]
    return render.page(
        template,
        lang,
        langs=page.languages,
        url=lambda one: rules.talks_path(one, page.ref, place),
        here="talks",
        demo=known["talks_demo"],
        page=page,
        title=title,
        summary=summary,
        parties=talks_words.names(page, [party.name for party in page.parties if not party.observer], lang),
        observers=talks_words.names(page, observers, lang),
        parts=[
            {"label": known[f"talks_part_{one}"], "url": url, "here": one == part}
            for one, url in (
                ("live", rules.talks_path(lang, page.ref)),
                ("protocol", rules.talks_path(lang, page.ref, "protocol")),
                ("evenness", rules.talks_path(lang, page.ref, "evenness")),
            )
        ],
        live_path=rules.talks_path(lang, page.ref),
        feed_path=rules.talks_feed_path(page.ref, lang),
        embed_url=f"{settings.DRAGOMAN.public_url}{rules.talks_path(lang, page.ref, 'embed')}",
        talks_js=site.asset("talks.js"),
        protocol_path=rules.talks_path(lang, page.ref, "protocol"),
        page_parties=[
            {"name": party.name, "title": talks_words.name(page, party.name, lang)} for party in page.parties
        ],
        **more,
    )


def _rows(page: TalksPage, entries: Sequence[Entry], lang: str) -> list[dict[str, Any]]:
    """The entries of a live page: whole from the newest on, as long as there is room."""
    room = LIVE_BYTES
    rows: list[dict[str, Any]] = []
    for one in entries:
        text = one.text(lang)
        room -= len(text.body.encode()) if text else 0
        rows.append(_row(page, one, lang, whole=room > 0 or not rows))
    return rows


def _row(page: TalksPage, one: Entry, lang: str, *, whole: bool) -> dict[str, Any]:
    known = words.load(lang, site.home())
    text = None if one.withdrawn else one.text(lang)
    title, summary, body = _said(one, text, known) if text else ("", "", "")
    return {
        "number": one.number,
        "ref": one.ref,
        "what": one.what,
        "mark": "" if one.what == "pulse" else known[f"talks_what_{one.what}"],
        "at": one.at,
        "zone": one.zone,
        "url": talks.url_of(page.ref, one, lang),
        "proof": one.record.proof_path,
        "signed": talks_words.signed_by(page, one.consents, lang),
        "langs": " ".join(one.langs),
        "withdrawn": one.withdrawn,
        "corrected_by": one.corrected_by,
        "title": title,
        "summary": summary,
        "body": body if whole else "",
        "cut": bool(body and not whole),
    }


def _said(one: Entry, text: EditionText, known: words.Words) -> tuple[str, str, str]:
    """Title, summary and body. Agreed lines are plain words: a single one is its own title."""
    if one.what == "protocol":
        return known.say("talks_protocol_now", number=one.rev), "", ""
    if text.title:
        return text.title, text.summary, render.body_html(text, one.facts, known, lambda cite: "")
    lines = [line for line in text.body.split("\n") if line]
    if len(lines) == 1:
        return dated(lines[0]), "", ""
    return "", "", format_html_join("", "<p>{}</p>", ((dated(line),) for line in lines))


def dated(line: str) -> SafeString:
    """The words of a line; a moment in it is kept in its own order where the words run from right to left."""
    parts = (
        (format_html('<bdi dir="ltr">{}</bdi>', part) if place % 2 else part,)
        for place, part in enumerate(MOMENT.split(line))
    )
    return format_html_join("", "{}", parts)


def _default(langs: Sequence[str]) -> str:
    return "en" if "en" in langs else langs[0]
