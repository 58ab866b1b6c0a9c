"""Values to pages. Every function gives the bytes of one file and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from dragoman.lib import markdown
from dragoman.public import agreed, queries, register, rules, site, words
from dragoman.public.queries import Telling
from dragoman.public.values import (
    CitedFact,
    Edition,
    EditionText,
    Elsewhere,
    Film,
    Notice,
    RecordRef,
    SheetFact,
    SheetPage,
    as_json,
)

VERDICTS = {
    "v_checking": "wait",
    "v_ok": "good",
    "v_ask_witness": "ask",
    "v_ask_alone": "ask",
    "v_ask_browser": "ask",
    "v_ask_unread": "ask",
    "v_bad_text": "bad",
    "v_bad_picture": "bad",
    "v_bad_entry": "bad",
    "v_bad_proof": "bad",
    "v_bad_sign": "bad",
}
STATES = {
    "unsure": "not_confirmed",
    "refused": "state_refused",
    "withdrawn": "state_withdrawn",
    "cancelled": "state_cancelled",
    "expired": "state_cancelled",
}
LIVE = ("public/live.html", "public/talks.html", "public/talks_embed.html")
"""The pages that may speak with the live stream."""
LEAF_LIMIT = 8 * 1024
"""A longer entry is not repeated on the page: the script reads it from the record's files."""

Url = Callable[[str], str]


def page(
    template: str,
    lang: str,
    *,
    langs: Sequence[str] = (),
    url: Url = rules.home_path,
    here: str = "",
    **more: Any,
) -> bytes:
    """A page of the site in one language; `url` gives its address in another one."""
    live = settings.DRAGOMAN.live_url if template in LIVE else ""
    context = {
        **frame(lang, here=here),
        "standing": [_standing(one, lang) for one in queries.standing_notices()],
        "policy": _policy(live),
        "alternates": [{"lang": one, "url": url(one)} for one in langs],
        **more,
    }
    return render_to_string(template, context).encode()


def frame(lang: str, *, here: str = "") -> dict[str, Any]:
    """What every page of the site has around it, in one language."""
    known = words.load(lang, site.home())
    return {
        "w": known,
        "lang": lang,
        "dir": rules.direction(lang),
        "sample": settings.DRAGOMAN.sample,
        "site": settings.DRAGOMAN.public_url,
        "policy": _policy(""),
        "css": site.asset("public.css"),
        "icon": site.asset("icon.svg"),
        "verify_js": site.asset("verify.js"),
        "search_js": site.asset("search.js"),
        "live_js": site.asset("live.js"),
        "notice_js": site.asset("notice.js"),
        "said_js": site.asset("said.js"),
        "nav": _nav(known, lang, here),
        "alternates": [],
    }


def statement(telling: Telling, lang: str, edition: Edition, record: site.RecordFiles) -> bytes:
    """One revision in one language. An older one says that it is old; the newest shows what it corrected."""
    text = edition.text(lang)
    if text is None:
        raise LookupError(f"{edition.ref} revision {edition.rev} has no {lang}")
    mine = telling.of(lang)
    place = mine.index(edition)
    newest = telling.editions[-1]
    known = words.load(lang, site.home())
    newer = mine[place + 1] if place + 1 < len(mine) else None
    earlier = mine[:place] if newer is None else mine[:0]
    anchors = {_cite(fact): _anchor(fact) for fact in edition.facts}
    copies = telling.elsewhere.get(edition.rev, ())
    return page(
        "public/statement.html",
        lang,
        langs=telling.langs if newer is None else edition.langs,
        url=lambda one: rules.statement_path(one, telling.slug, edition.rev if newer else None),
        here="statements",
        edition=edition,
        text=text,
        first=telling.editions[0].released,
        original=rules.statement_path(lang, telling.slug),
        newer={"when": _when(newer, lang)} if newer else None,
        newer_elsewhere=_links(telling, newest.langs) if newer is None and lang not in newest.langs else (),
        earlier=[_earlier(telling, known, one, len(earlier)) for one in earlier],
        correction=_correction(telling, lang, edition, mine[place - 1] if place else None),
        pictures=[_picture(one, lang) for one in edition.media],
        films=[_film(one, lang) for one in edition.films],
        agreed=agreed.box(edition, known),
        host=agreed.host_alone(edition, lang),
        body=body_html(text, edition.facts, known, lambda cite: anchors.get(cite, "")),
        facts=[_fact(fact, lang) for fact in edition.facts],
        record=edition.record,
        **_verification(edition.record, record, known),
        elsewhere=_copies([one for one in copies if one.lang in ("", lang)], known),
        elsewhere_other=_in_other_languages(copies, lang, known),
    )


def body_html(text: EditionText, facts: Sequence[CitedFact], known: words.Words, url: Url) -> str:
    """The body as safe HTML; `url` gives the address of a cited fact, "" for one that is not in the list."""
    numbers = {fact.number: _cite(fact) for fact in facts}
    cites = [(cite, url(cite if "/" in cite else numbers.get(cite, cite))) for cite in _cites(text.body)]
    return mark_safe(_html(text.body, tuple(cites), known["fact"]))  # noqa: S308  cleaned by lib.markdown


@lru_cache(maxsize=1024)
def _cites(body: str) -> tuple[str, ...]:
    return markdown.citations(body)


@lru_cache(maxsize=1024)
def _html(body: str, cites: tuple[tuple[str, str], ...], label: str) -> str:
    """Kept, for feeds say the same fifty texts again and again."""
    urls = dict(cites)
    return markdown.to_html(
        body, fact_url=lambda cite: urls.get(cite) or None, fact_label=lambda n: label.format(number=n)
    )


def tombstone(telling: Telling, lang: str) -> bytes:
    """What stands at every address of a withdrawn statement: no word of its text, all its record entries."""
    stone = telling.tombstone
    if stone is None:
        raise LookupError(f"{telling.ref} is not withdrawn")
    reason, reason_lang = choose(stone.reasons, lang)
    entries = [(edition.rev, edition.record) for edition in telling.editions] + [(stone.rev, stone.record)]
    return page(
        "public/tombstone.html",
        lang,
        langs=telling.langs,
        url=lambda one: rules.statement_path(one, telling.slug),
        here="statements",
        stone=stone,
        released=telling.editions[0].released,
        zone=telling.editions[-1].zone,
        original=rules.statement_path(lang, telling.slug),
        reason=reason,
        reason_lang=reason_lang,
        entries=[
            {"rev": rev, "index": one.index, "proof": one.proof_path, "name": _name(one)}
            for rev, one in entries
        ],
    )


def choose(texts: Mapping[str, str], lang: str, source: str = "en") -> tuple[str, str]:
    """The text in the wanted language or the next best, and which language that is."""
    for code in (lang, lang.partition("-")[0], source, *texts):
        if texts.get(code):
            return texts[code], code
    return "", lang


def _policy(live: str) -> str:
    """Narrower than the server's header, and there also where files lie on a store that sends no header."""
    reach = f"'self' {live}".strip()
    return (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; "
        f"connect-src {reach}; form-action 'self'; base-uri 'none'"
    )


def _nav(known: words.Words, lang: str, here: str) -> list[dict[str, str]]:
    places = {
        "statements": rules.home_path(lang),
        "facts": f"/{lang}/facts/",
        "live": f"/{lang}/live/",
        "search": f"/{lang}/search/",
        "said": f"/{lang}/said/",
        **({"talks": rules.talks_path(lang)} if site.has(f"/{lang}/talks/index.html") else {}),
        "record": f"/{lang}/record/",
    }
    return [
        {"label": known[f"nav_{name}"], "url": url, "here": "true" if name == here else ""}
        for name, url in places.items()
    ]


def _when(edition: Edition, lang: str) -> str:
    at, zone = edition.released, edition.zone
    return f"{words.day_and_time(at, lang, zone)} {words.zone_name(at, lang, zone)}"


def _links(telling: Telling, langs: Sequence[str]) -> list[dict[str, str]]:
    return [{"lang": one, "url": rules.statement_path(one, telling.slug)} for one in langs]


def _earlier(telling: Telling, known: words.Words, edition: Edition, count: int) -> dict[str, str]:
    label = known["earlier_one"] if count == 1 else known.say("earlier", rev=edition.rev)
    return {"label": label, "url": rules.statement_path(known.lang, telling.slug, edition.rev)}


def _correction(
    telling: Telling, lang: str, edition: Edition, before: Edition | None
) -> dict[str, Any] | None:
    old, new = before.text(lang) if before else None, edition.text(lang)
    if before is None or old is None or new is None:
        return None
    changes, more = rules.differences(_words(old), _words(new), lang)
    return {
        "when": _when(edition, lang),
        "note": (edition.correction or {}).get(lang, ""),
        "changes": changes,
        "more": more,
        "url": rules.statement_path(lang, telling.slug, before.rev),
    }


def _words(text: EditionText) -> dict[str, str]:
    return {"title": text.title, "summary": text.summary, "body": text.body}


def _picture(one: Any, lang: str) -> dict[str, Any]:
    alt, _ = choose(one.alt, lang)
    return {"sha256": one.sha256, "width": one.width, "height": one.height, "alt": alt}


def _film(one: Film, lang: str) -> dict[str, Any]:
    title, title_lang = choose(one.titles, lang)
    # The reader's language first: where a browser knows no better, it offers the first.
    tongues = sorted(one.captions, key=lambda code: (code.partition("-")[0] != lang.partition("-")[0], code))
    return {
        "sha256": one.sha256,
        "media_type": one.media_type,
        "megabytes": max(1, round(one.size / 1_000_000)),
        "title": title,
        "title_lang": title_lang if title_lang != lang else "",
        "captions": [{"lang": code, "sha256": one.captions[code]} for code in tongues],
    }


def _cite(fact: CitedFact) -> str:
    return f"{fact.sheet}/{fact.number}"


def _anchor(fact: CitedFact) -> str:
    return f"#{fact.sheet}-{fact.number}"


def _fact(fact: CitedFact, lang: str) -> dict[str, Any]:
    text, text_lang = choose(fact.texts, lang)
    basis, _ = choose(fact.basis, lang)
    return {
        "anchor": _anchor(fact)[1:],
        "number": fact.number,
        "sheet": fact.sheet,
        "text": text,
        "lang": text_lang,
        "basis": basis.rstrip("."),
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
        "version": fact.version,
        "url": f"{rules.sheet_path(fact.sheet, lang)}#{fact.number}",
    }


def _verification(record: RecordRef, files: site.RecordFiles, known: words.Words) -> dict[str, Any]:
    return {
        "log_key": files.log_key,
        "witness_count": len(files.witnesses),
        "leaf": record.leaf_json if len(record.leaf_json) <= LEAF_LIMIT else "",
        "proof_name": _name(record),
        "verdicts": [{"key": key, "tone": tone, "words": known[key]} for key, tone in VERDICTS.items()],
    }


def _name(record: RecordRef) -> str:
    return record.proof_path.rpartition("/")[2]


def _standing(one: Notice, lang: str) -> dict[str, str]:
    """A notice as the banner of a page shows it."""
    text = one.text(lang)
    return {
        "id": f"{one.ref}:{one.rev}",
        "lang": text.lang,
        "title": text.title,
        "summary": text.summary,
        "url": rules.notice_path(lang, one.ref),
    }


def _copies(copies: Sequence[Elsewhere], known: words.Words) -> list[dict[str, Any]]:
    """Where else a text stands. What came after an account was compromised is shown without a link."""
    now = queries.register() if any(one.account for one in copies) else None
    accounts = {str(one["id"]): one for one in now.accounts} if now else {}
    shown = []
    for one in copies:
        if register.unofficial(accounts.get(one.account), one.at):
            label = {"label": one.label, "url": "", "offset": "", "words": known["state_unofficial"]}
            shown.append(label)
        else:
            shown.append(_copy(one, known))
    return shown


def _in_other_languages(copies: Sequence[Elsewhere], lang: str, known: words.Words) -> list[dict[str, Any]]:
    """The copies in each of the other languages, folded away under its name."""
    langs = sorted({one.lang for one in copies} - {"", lang})
    return [
        {"lang": each, "copies": _copies([one for one in copies if one.lang == each], known)}
        for each in langs
    ]


def safe(html: str) -> str:
    """HTML that `lib.markdown` has cleaned, as templates take it."""
    return mark_safe(html)  # noqa: S308  cleaned by lib.markdown


def _copy(one: Elsewhere, known: words.Words) -> dict[str, Any]:
    url = one.url if one.url.startswith(("https://", "http://")) else ""
    sent = one.state in ("sent", "published") and one.offset_ms is not None
    return {
        "label": one.label,
        "url": url,
        "offset": f"{'+' if one.offset_ms and one.offset_ms > 0 else ''}{_delay(one.offset_ms or 0)}"
        if sent
        else "",
        "words": known[STATES.get(one.state, "state_sending")] if one.state != "sent" else "",
    }


def _delay(milliseconds: int) -> str:
    if abs(milliseconds) < 10_000:
        return f"{milliseconds} ms"
    seconds = round(milliseconds / 1000)
    return f"{seconds} s" if abs(seconds) < 600 else f"{round(seconds / 60)} min"


def sheet(sheet: SheetPage, lang: str) -> dict[str, Any]:
    """What the page of a fact sheet shows: current facts, each with its earlier versions."""
    source = sheet.source_language
    title, title_lang = choose(sheet.titles, lang, source)
    summary, summary_lang = choose(sheet.summaries, lang, source)
    older: dict[str, list[dict[str, Any]]] = {}
    for fact in sheet.facts:
        if fact.superseded:
            older.setdefault(fact.number, []).append(_sheet_fact(fact, lang, source))
    current = [_sheet_fact(fact, lang, source) for fact in sheet.facts if not fact.superseded]
    return {
        "sheet": sheet,
        "title": title,
        "title_lang": title_lang,
        "summary": summary,
        "summary_lang": summary_lang,
        "facts": [{**fact, "older": older.get(fact["number"], [])} for fact in current],
    }


def sheet_json(sheet: SheetPage) -> dict[str, Any]:
    """The sheet for programs."""
    return {"id": f"{settings.DRAGOMAN.public_url}{rules.sheet_path(sheet.slug)}", **as_json(sheet)}


def _sheet_fact(fact: SheetFact, lang: str, source: str) -> dict[str, Any]:
    text, text_lang = choose(fact.texts, lang, source)
    basis, _ = choose(fact.basis, lang, source)
    return {
        "anchor": fact.number,
        "number": fact.number,
        "version": fact.version,
        "text": text,
        "lang": text_lang,
        "basis": basis.rstrip("."),
        "sources": [url for url in fact.sources if url.startswith(("https://", "http://"))],
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
        "superseded": fact.superseded,
    }
