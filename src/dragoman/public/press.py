"""Rows to files: writes the pages of one statement, and of the lists it stands in only those it touches.

Every file is made from rows alone, so any of them can be made again; the same rows give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.utils.html import escape

from dragoman.base import clock
from dragoman.public import (
    checker,
    feeds,
    memento,
    press_answers,
    press_checker,
    press_register,
    press_talks,
    queries,
    render,
    rules,
    site,
    standing,
    talks_queries,
    words,
)
from dragoman.public.models import Page, Pulse
from dragoman.public.queries import Telling

DEFAULT = "en"
SAID = (
    *("said_looking", "said_official", "said_extract", "said_corrected", "said_withdrawn", "said_altered"),
    *("said_how", "said_unknown", "said_unknown_more", "said_read", "said_newest", "said_failed"),
    *("said_link_official", "said_link_unknown", "said_picture_official", "said_picture_altered"),
)


def story(telling: Telling) -> None:
    """All pages of one statement, forced to disk: these are what a released text is read from."""
    record = site.record_files()
    for lang in telling.langs:
        mine = telling.of(lang)
        original = rules.statement_path(lang, telling.slug)
        times = [(edition.rev, edition.released) for edition in mine]
        for edition in mine:
            if telling.tombstone:
                data = render.tombstone(telling, lang)
            else:
                data = render.statement(telling, lang, edition, record)
            site.write(rules.statement_path(lang, telling.slug, edition.rev), data, fsync=True)
        newest = render.tombstone(telling, lang) if telling.tombstone else _newest(telling, lang, record)
        site.write(original + memento.SIDECAR, memento.sidecar(original, times))
        site.write(original + "timemap", memento.timemap(settings.DRAGOMAN.public_url, original, times))
        site.write(original, newest, fsync=True)


def lists(lang: str, month: str, place: int) -> None:
    """What a change of one statement touches in one language: front page, archive, feeds, search."""
    home(lang)
    _archive(lang)
    _month(lang, month, rules.page_of(place))
    feed(lang)
    _search_shard(lang, month, rules.page_of(place, rules.SEARCH_SHARD))
    _search_index(lang)


def home(lang: str) -> None:
    langs = queries.languages()
    data = render.page("public/home.html", lang, langs=langs, here="statements", pages=queries.newest(lang))
    site.write(rules.home_path(lang), data)


def root() -> None:
    """The front door: the choice of language, and the newest statements in the first of them."""
    langs, lang = queries.languages(), default()
    data = render.page(
        "public/root.html",
        lang,
        langs=langs,
        choice=[{"lang": one, "word": words.load(one, site.home())["home_title"]} for one in langs],
        pages=queries.newest(lang, 5),
    )
    site.write("/", data)
    site.write("/robots.txt", f"User-agent: *\nAllow: /\nSitemap: {_absolute('/sitemap.xml')}\n".encode())


def furniture(lang: str, *, alone: bool = False) -> None:
    """The pages of one language that hold no statement. `alone`: at the addresses without a language too."""
    langs = queries.languages() or (lang,)
    record(lang, alone=alone)
    says = _says(lang, "search_none", "search_found", "search_failed")
    search = render.page(
        "public/search.html", lang, langs=langs, url="/{}/search/".format, here="search", says=says
    )
    site.write(f"/{lang}/search/", search)
    said = render.page(
        "public/said.html", lang, langs=langs, url="/{}/said/".format, here="said", says=_says(lang, *SAID)
    )
    site.write(f"/{lang}/said/", said)
    access = render.page("public/accessibility.html", lang, langs=langs, url="/{}/accessibility/".format)
    missing = render.page("public/missing.html", lang, langs=langs)
    for start in (f"/{lang}", *(("",) if alone else ())):
        site.write(f"{start}/accessibility/", access)
        site.write(f"{start}/404.html", missing)


def record(lang: str, *, alone: bool = False) -> None:
    """What the record is, and how it stands now."""
    files = site.record_files()
    data = render.page(
        "public/record.html",
        lang,
        langs=queries.languages() or (lang,),
        url="/{}/record/".format,
        here="record",
        checkpoint=files.checkpoint,
        record_policy=files.policy,
        size=files.size,
        witness_names=files.witnesses,
        signers=standing.standing(files.checkpoint, files.policy),
        as_of=clock.now(),
        example=_absolute(rules.home_path(lang) + "statements/…/"),
    )
    for start in (f"/{lang}", *(("",) if alone else ())):
        site.write(f"{start}/record/", data)


def record_is_stale() -> bool:
    """Whether the record's page shows another head, or other witnesses under it, than the record's files."""
    page = site.root() / default() / "record" / "index.html"
    shown = page.read_text("utf-8") if page.is_file() else ""
    return escape(site.record_files().checkpoint) not in shown


def record_pages() -> None:
    """After the record has grown: its page in every language."""
    for lang in queries.languages() or (DEFAULT,):
        record(lang, alone=lang == default())


def live(lang: str) -> None:
    """The newest entries of the live stream, for readers without script and as the script's beginning."""
    events = queries.pulses()
    langs = queries.languages() or (lang,)
    known = words.load(lang, site.home())
    keys = (
        "live_on",
        "live_on_none",
        "live_lost",
        "live_gap",
        "live_entry",
        "live_correction",
        "live_withdrawal",
        "notice",
        "nav_talks",
    )
    data = render.page(
        "public/live.html",
        lang,
        langs=langs,
        url="/{}/live/".format,
        here="live",
        live_url=settings.DRAGOMAN.live_url,
        newest=queries.newest_event(),
        as_of=clock.now(),
        entries=[_entry(event, lang, known) for event in events],
        says=_says(lang, *keys, "live_proof", "live_other", "withdrawn_title"),
    )
    site.write(f"/{lang}/live/", data)


def feed(lang: str) -> None:
    known = words.load(lang, site.home())
    items = [_item(row, known) for row in queries.changed(lang)]
    items = sorted([*items, *press_register.feed_items(lang)], key=lambda one: one.changed, reverse=True)
    for form, make in (("atom", feeds.atom), ("rss", feeds.rss), ("json", feeds.json_feed)):
        path = rules.feed_path(lang, form)
        head: dict[str, Any] = {
            "title": f"{known['ministry']}: {known['feed_title']}",
            "author": known["ministry"],
            "lang": lang,
            "home": _absolute(rules.home_path(lang)),
            "itself": _absolute(path),
            "hubs": settings.DRAGOMAN.hub_addresses,
        }
        site.write(path, make(feeds.Feed(**head, items=items)))


def sitemap(month: str, place: int) -> None:
    """The part of the site map that holds this statement, and the list of parts."""
    part = rules.page_of(place, rules.SEARCH_SHARD)
    rows = queries.shard_of_all(month, part, rules.SEARCH_SHARD)
    urls: list[tuple[str, datetime | None]] = [
        (_absolute(rules.statement_path(row.lang, row.slug)), row.changed) for row in rows
    ]
    for number in range(0, max(len(urls), 1), rules.SITEMAP_LIMIT):
        suffix = f"-{number // rules.SITEMAP_LIMIT + 1}" if number else ""
        cut = urls[number : number + rules.SITEMAP_LIMIT]
        site.write(f"/sitemaps/{month}-{part}{suffix}.xml", feeds.sitemap(cut))
    sitemap_index()


def everything(refs: Iterable[str]) -> None:
    """Every file from the rows alone."""
    site.write_assets()
    parts: set[tuple[str, int]] = set()
    touched: set[tuple[str, str, int]] = set()
    shards: set[tuple[str, str, int]] = set()
    for ref in refs:
        telling = queries.telling(ref)
        if telling:
            story(telling)
            cut = rules.page_of(telling.place, rules.SEARCH_SHARD)
            parts.add((telling.month, telling.place - telling.place % rules.SEARCH_SHARD))
            touched |= {(lang, telling.month, rules.page_of(telling.place)) for lang in telling.langs}
            shards |= {(lang, telling.month, cut) for lang in telling.langs}
    for lang, month, number in sorted(touched):
        _month(lang, month, number)
    for lang, month, number in sorted(shards):
        _search_shard(lang, month, number)
    for month, place in sorted(parts):
        sitemap(month, place)
    languages_of_site()
    for sheet in queries.sheets():
        sheet_pages(sheet.slug)
    for slug in queries.answered_sheets():
        press_answers.pages(slug)
    press_talks.everything()


def languages_of_site() -> None:
    """All pages that name every language; also what makes an empty site."""
    first = default()
    for lang in queries.languages() or (first,):
        home(lang)
        _archive(lang)
        feed(lang)
        _search_index(lang)
        furniture(lang, alone=lang == first)
        facts_index(lang)
        live(lang)
    root()
    press_register.everything()
    press_talks.index()
    sitemap_index()


def sheet_lists() -> None:
    """After a sheet came or changed: where sheets are listed."""
    langs = queries.languages()
    for lang in langs or (default(),):
        facts_index(lang)
    if not langs:  # a sheet is the first thing on this site
        languages_of_site()
    sitemap_index()


def facts_index(lang: str) -> None:
    rows = []
    for sheet in queries.sheets():
        title, title_lang = render.choose(sheet.titles, lang, sheet.source_language)
        summary, _ = render.choose(sheet.summaries, title_lang, sheet.source_language)
        url = rules.sheet_path(sheet.slug, lang)
        rows.append({"title": title, "lang": title_lang, "summary": summary, "url": url})
    langs = queries.languages() or (lang,)
    data = render.page(
        "public/facts.html", lang, langs=langs, url="/{}/facts/".format, here="facts", sheets=rows
    )
    site.write(f"/{lang}/facts/", data)


def sheet_pages(slug: str) -> None:
    """A fact sheet in every language of the site and of its own, and as JSON."""
    sheet = queries.sheet(slug)
    if sheet is None:
        return
    langs = tuple(dict.fromkeys((*queries.languages(), *sheet.titles)))
    answered = slug in queries.answered_sheets()
    for lang in langs:
        data = render.page(
            "public/sheet.html",
            lang,
            langs=langs,
            url=lambda one: rules.sheet_path(slug, one),
            here="facts",
            answers_url=rules.answers_path(slug, lang) if answered else "",
            checker_url=checker.path(slug, lang) if sheet.checker else "",
            **render.sheet(sheet, lang),
        )
        site.write(rules.sheet_path(slug, lang), data)
        if lang == (sheet.source_language if sheet.source_language in langs else default()):
            site.write(rules.sheet_path(slug), data)
    press_checker.pages(sheet, langs)
    text = json.dumps(render.sheet_json(sheet), ensure_ascii=False, indent=1) + "\n"
    site.write(f"/facts/{slug}/index.json", text.encode())


def default() -> str:
    """English when the site has it, else the language that came first."""
    langs = queries.languages()
    return DEFAULT if DEFAULT in langs or not langs else langs[0]


def _newest(telling: Telling, lang: str, record: site.RecordFiles) -> bytes:
    return render.statement(telling, lang, telling.of(lang)[-1], record)


def _archive(lang: str) -> None:
    years = []
    for year, months in groupby(queries.months(lang), key=lambda row: row[0][:4]):
        rows = [
            {"label": words.month_name(month, lang), "count": n, "url": rules.archive_path(lang, month)}
            for month, n in months
        ]
        years.append({"year": year, "months": rows})
    langs = queries.languages() or (lang,)
    data = render.page("public/archive.html", lang, langs=langs, url=rules.archive_path, years=years)
    site.write(rules.archive_path(lang), data)


def _month(lang: str, month: str, number: int) -> None:
    """The cut with this number, its older neighbour (which now has a newer one), and the newest cut."""
    older, newer = _cut(lang, month, number)
    if older is not None and newer is None:
        _cut(lang, month, older)


def _cut(lang: str, month: str, number: int) -> tuple[int | None, int | None]:
    older, newer = queries.neighbours(lang, month, number, rules.ARCHIVE_PAGE)
    data = render.page(
        "public/month.html",
        lang,
        langs=queries.languages_of(month),
        url=lambda one: rules.archive_path(one, month),
        label=words.month_name(month, lang),
        pages=queries.shard(lang, month, number, rules.ARCHIVE_PAGE),
        page=number,
        older=rules.archive_path(lang, month, older) if older is not None else "",
        newer=rules.archive_path(lang, month, newer) if newer is not None else "",
    )
    site.write(rules.archive_path(lang, month, number), data)
    if newer is None:
        site.write(rules.archive_path(lang, month), data)
    return older, newer


def _search_shard(lang: str, month: str, number: int) -> None:
    rows = [
        {
            "u": rules.statement_path(lang, row.slug),
            "t": words.load(lang)["withdrawn_title"] if row.withdrawn else row.title,
            "s": "" if row.withdrawn else row.summary,
            "d": words.day(row.released, lang, row.zone),
            "w": "" if row.withdrawn else row.words,
        }
        for row in queries.shard(lang, month, number, rules.SEARCH_SHARD)
    ]
    site.write(f"/{lang}/search/{month}-{number}.json", json.dumps(rows, ensure_ascii=False).encode())


def _search_index(lang: str) -> None:
    cuts = queries.cuts(lang)
    shards = [f"/{lang}/search/{month}-{number}.json" for month, number in cuts]
    site.write(f"/{lang}/search/index.json", json.dumps({"shards": shards}).encode())


def sitemap_index() -> None:
    parts: list[tuple[str, datetime | None]] = [(_absolute("/sitemaps/site.xml"), None)]
    for month, part in queries.cuts_of_all():
        name = f"/sitemaps/{month}-{part}"
        parts.append((_absolute(f"{name}.xml"), None))
        parts += [(_absolute(f"{name}-{n}.xml"), None) for n in range(2, 9) if site.has(f"{name}-{n}.xml")]
    site.write("/sitemap.xml", feeds.sitemap_index(parts))
    standing = [
        f"/{lang}/{page}"
        for lang in queries.languages()
        for page in ("", "facts/", "live/", "record/", "accounts/")
    ]
    standing += [rules.sheet_path(sheet.slug) for sheet in queries.sheets()]
    standing += [
        rules.answers_path(slug, lang) for slug in queries.answered_sheets() for lang in queries.languages()
    ]
    standing += [
        rules.talks_path(lang, page.ref, part)
        for page in talks_queries.pages()
        for lang in page.languages
        for part in ("", "protocol", "evenness")
    ]
    site.write("/sitemaps/site.xml", feeds.sitemap([(_absolute(path), None) for path in ("/", *standing)]))


def _item(row: Page, known: words.Words) -> feeds.Item:
    lang, url = known.lang, _absolute(rules.statement_path(known.lang, row.slug))
    if row.withdrawn:
        reason, _ = render.choose(row.story.withdrawal.value.reasons, lang)
        title = known.say("feed_withdrawn", title=known["withdrawn_title"])
        return feeds.Item(url, title, reason, f"<p>{feeds.escaped(reason)}</p>", row.released, row.changed)
    edition = next(one.value for one in row.story.editions.all() if one.rev == row.rev)
    text = edition.text(lang)
    html = (
        render.body_html(text, edition.facts, known, lambda cite: f"{url}#{cite.replace('/', '-')}")
        if text
        else ""
    )
    title = known.say("feed_corrected", title=row.title) if row.rev > 1 else row.title
    note = (edition.correction or {}).get(lang, "")
    lead = "".join(f"<p>{feeds.escaped(part)}</p>" for part in (note, row.summary) if part)
    return feeds.Item(url, title, row.summary, lead + html, row.released, row.changed)


def _entry(event: Pulse, lang: str, known: words.Words) -> dict[str, Any]:
    texts = event.data.get("texts", {})
    mine = texts.get(lang, {})
    kind = "withdrawal" if event.data.get("withdrawn") else event.kind
    marks = {
        "correction": "live_correction",
        "withdrawal": "live_withdrawal",
        "notice": "notice",
        "talks": "nav_talks",
    }
    mark = known[marks[kind]] if kind in marks else ""
    return {
        "number": event.number,
        "at": datetime.fromisoformat(event.data["at"]),
        "zone": event.data.get("zone", "UTC"),
        "mark": mark,
        "proof": event.data.get("proof", ""),
        "title": mine.get("title", "") or (known["withdrawn_title"] if mine else ""),
        "summary": mine.get("summary", ""),
        "url": mine.get("url", ""),
        "others": [{"lang": code, "url": one["url"]} for code, one in texts.items()],
    }


def _says(lang: str, *keys: str) -> list[tuple[str, str]]:
    known = words.load(lang, site.home())
    return [(key, known[key]) for key in keys]


def _absolute(path: str) -> str:
    return f"{settings.DRAGOMAN.public_url}{path}"
