"""Writes the files of talks for programs: entries as JSON, feeds, signed consents, parties' own versions.

They hold what the pages hold, in every language, and the number by which a gap is seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from dragoman.lib import markdown
from dragoman.public import feeds, render, rules, site, talks, talks_queries, words
from dragoman.public.talks import Entry
from dragoman.public.values import as_json
from dragoman.public.values_talks import TalksPage


def entries(page: TalksPage) -> None:
    """`entries.json`: the process as it stands, and its newest entries whole."""
    shown = talks_queries.newest(page.ref, rules.TALKS_CUT)
    confirmed = talks.last_confirmed(page, shown[0].at if shown else None)
    first = shown[-1].number if shown else 1
    older = talks.cut_of(first - 1) if first > 1 else 0
    data = {
        "v": 1,
        "process": page.ref,
        "titles": dict(page.titles),
        "summaries": dict(page.summaries),
        "languages": list(page.languages),
        "zone": page.zone,
        "host": page.mission,
        "state": page.state,
        "parties": [as_json(one) for one in page.parties],
        "protocol": page.protocol,
        "protocol_proof": page.record.proof_path,
        "keyring_index": page.keyring_index,
        "newest": shown[0].number if shown else 0,
        "last_confirmed": _utc(confirmed),
        "next_due": _utc(talks.next_due(page, confirmed)),
        "pulse_minutes": page.pulse_minutes,
        "stream": stream_url(page.ref),
        "older": cut_path(page.ref, older) if older else None,
        "entries": [entry_json(page.ref, one) for one in shown],
    }
    _write(rules.talks_file(page.ref, "entries.json"), data)


def cut(page: TalksPage, number: int) -> None:
    """One cut of the entries; those before the newest never change but by corrections and late copies."""
    data = {
        "v": 1,
        "process": page.ref,
        "cut": number,
        "older": cut_path(page.ref, number - 1) if number > 1 else None,
        "entries": [entry_json(page.ref, one) for one in talks_queries.cut(page.ref, number)],
    }
    _write(cut_path(page.ref, number), data)


def cut_path(ref: str, number: int) -> str:
    return rules.talks_file(ref, f"entries-{number}.json")


def stream_url(ref: str) -> str:
    """Where the live stream of one process is."""
    return f"{settings.DRAGOMAN.live_url}/pulse/{ref}"


def entry_json(process: str, one: Entry) -> dict[str, Any]:
    """An entry for programs: also what the script of the live page shows when it fills a gap."""
    return {
        "number": one.number,
        "event": one.event,
        "what": one.what,
        "ref": one.ref,
        "rev": one.rev,
        "at": _utc(one.at),
        "zone": one.zone,
        "index": one.record.index,
        "proof": one.record.proof_path,
        "withdrawn": one.withdrawn,
        "corrected_by": one.corrected_by,
        "consents": talks.consents_json(one.consents),
        "consent_note": talks.note_path(process, one.ref, one.rev) if note_of(one) else None,
        "texts": texts_json(process, one),
        "elsewhere": [] if one.withdrawn else [as_json(copy) for copy in one.elsewhere],
    }


def texts_json(process: str, one: Entry) -> dict[str, dict[str, str]]:
    """Every language whole; of what was withdrawn only where it stood."""
    return {
        text.lang: {
            "url": talks.url_of(process, one, text.lang),
            "name": words.language_name(text.lang),
            **({} if one.withdrawn else _text(text.title, text.summary, text.body, text.sha256)),
        }
        for text in one.texts
    }


def event_of(page: TalksPage, one: Entry) -> dict[str, Any]:
    """What goes over the live stream for an entry that is no statement."""
    return {
        "kind": "talks",
        "talks": {"process": page.ref, "number": one.number, "what": one.what},
        "ref": one.ref,
        "rev": one.rev,
        "at": one.at.isoformat(),
        "zone": one.zone,
        "proof": one.record.proof_path,
        "index": one.record.index,
        "consents": talks.consents_json(one.consents),
        "texts": texts_json(page.ref, one),
    }


def feed(page: TalksPage) -> None:
    """The newest entries as Atom and JSON Feed, in every language of the process."""
    shown = talks_queries.newest(page.ref, rules.FEED)
    for lang in page.languages:
        known = words.load(lang, site.home())
        title, _ = render.choose(page.titles, lang)
        items = [_item(page.ref, one, lang, known) for one in shown]
        for form, make in (("atom", feeds.atom), ("json", feeds.json_feed)):
            path = rules.talks_feed_path(page.ref, lang, form)
            head = feeds.Feed(
                title=title,
                author=page.mission or known["ministry"],
                lang=lang,
                home=absolute(rules.talks_path(lang, page.ref)),
                itself=absolute(path),
                items=items,
                hubs=settings.DRAGOMAN.hub_addresses,
            )
            site.write(path, make(head))


def consent_note(process: str, one: Entry) -> None:
    """The signed consents to a text as a file of their own, byte for byte what its entry holds."""
    if note := note_of(one):
        site.write(talks.note_path(process, one.ref, one.rev), note.encode(), fsync=True)


def note_of(one: Entry) -> str:
    """The signed consents that the record has with this entry; empty where nobody signed."""
    value = json.loads(one.record.leaf_json) if one.record.leaf_json else {}
    return str(value.get("consent") or "")


def versions(process: str, one: Entry) -> None:
    """Each party's own version of an agreed text; taken away when the text was withdrawn."""
    for version in one.alternats:
        path = talks.alternat_path(process, one.ref, one.rev, version)
        if one.withdrawn:
            site.remove(path)
        else:
            site.write(path, talks.alternat_text(version).encode())


def ledgers(page: TalksPage) -> None:
    """`ledger.json`: every ledger with where the record holds it, newest first. What was sealed stands there
    as it was: its canonical JSON has the digest that the entry names."""
    rows = [
        {
            "number": one.number,
            "index": one.record.index,
            "proof": one.record.proof_path,
            "ledger": one.content,
        }
        for one in talks_queries.ledgers(page.ref)
    ]
    if rows:
        _write(rules.talks_file(page.ref, "ledger.json"), {"v": 1, "process": page.ref, "ledgers": rows})


def absolute(path: str) -> str:
    return f"{settings.DRAGOMAN.public_url}{path}"


def _item(process: str, one: Entry, lang: str, known: words.Words) -> feeds.Item:
    url = absolute(talks.url_of(process, one, lang))
    text = one.text(lang)
    if one.withdrawn or text is None:
        title = f"{one.number}. {known['withdrawn_title']}"
        return feeds.Item(url, title, "", "", one.at, one.at)
    lead = f"<p>{feeds.escaped(text.summary)}</p>" if text.summary else ""
    title = text.title or known.say("talks_protocol_now", number=one.rev)
    if one.what in ("notice", "pulse", "fallback"):  # agreed lines are plain words
        lines = [line for line in text.body.split("\n") if line]
        html, title = "".join(f"<p>{feeds.escaped(line)}</p>" for line in lines), text.title or lines[0]
    else:
        html = lead + render.body_html(text, one.facts, known, lambda cite: "")
    return feeds.Item(url, f"{one.number}. {title}", text.summary, html, one.at, one.at)


def _text(title: str, summary: str, body: str, sha256: str) -> dict[str, str]:
    return {
        "title": title,
        "summary": summary,
        "body": body,
        "plain": markdown.to_plain(body),
        "sha256": sha256,
    }


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _write(path: str, data: Mapping[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"
    site.write(path, text.encode("utf-8"))
