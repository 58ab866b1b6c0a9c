"""Writes the register of official accounts and the notices: pages, JSON, note, changes, trust.txt, banner.

As everything else in the public folder these files are made from rows alone, and can be made again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from dragoman.lib import markdown, trust_txt
from dragoman.public import feeds, queries, register, render, rules, site, words
from dragoman.public.values import Notice, Register
from dragoman.record import queries as record

TRUST = (
    "What this site controls and where its publisher speaks, for programs that judge sites.\n"
    "Format: journallist.net, trust.txt. The whole register, with dates: {site}/accounts/"
)
OWN_WORDS = ("contact", "member", "belongto", "controlledby", "disclosure", "datatrainingallowed")


def everything() -> None:
    """All of it, as `rebuild` does."""
    accounts()
    for notice in queries.notices():
        notice_pages(notice.ref)
    board()


def accounts() -> None:
    """The register in every form, when there is one."""
    now = queries.register()
    langs = queries.languages() or (_default(),)
    for lang in langs:
        accounts_page(lang, now, alone=lang == _default())
    if now is None:
        return
    site.write("/accounts.json", now.data.encode("utf-8"), fsync=True)
    site.write("/accounts.note", record.vouched_for("official-accounts", now.number), fsync=True)
    site.write("/accounts.atom", _changes())
    trust = _trust(now)
    for path in ("/trust.txt", "/.well-known/trust.txt"):
        site.write(path, trust)


def accounts_page(lang: str, now: Register | None, *, alone: bool) -> None:
    """The register as people read it."""
    found = now.accounts if now else []
    known = words.load(lang, site.home())
    data = render.page(
        "public/accounts.html",
        lang,
        langs=queries.languages() or (lang,),
        url=rules.accounts_path,
        here="accounts",
        register=now,
        groups=_groups(found, register.LIVE, known),
        past=_groups(found, register.PAST, known),
        proof_name=now.record.proof_path.rpartition("/")[2] if now else "",
    )
    for start in (f"/{lang}", *(("",) if alone else ())):
        site.write(f"{start}/accounts/", data)


def notices(ref: str) -> None:
    """One notice, and what tells every page whether it stands."""
    notice_pages(ref)
    board()


def board() -> None:
    """`/notices.json`: what stands now. Every page's script asks for it."""
    standing = [_on_board(one) for one in queries.standing_notices()]
    text = json.dumps({"v": 1, "notices": standing}, ensure_ascii=False, separators=(",", ":")) + "\n"
    site.write("/notices.json", text.encode("utf-8"))


def notice_pages(ref: str) -> None:
    """The page of a notice in every language of the site and of its own."""
    revisions = queries.notice_revisions(ref)
    if not revisions:
        return
    newest = revisions[-1]
    langs = tuple(dict.fromkeys((*queries.languages(), *newest.langs)))
    for lang in langs:
        parts = [_part(one, lang) for one in reversed(revisions)]
        data = render.page(
            "public/notice.html",
            lang,
            langs=langs,
            url=lambda one: rules.notice_path(one, ref),
            notice=newest,
            parts=parts,
            title=parts[0]["title"],
        )
        site.write(rules.notice_path(lang, ref), data, fsync=True)


def event_of(notice: Notice) -> dict[str, Any]:
    """What goes over the live stream."""
    return {
        "kind": "notice",
        "ref": notice.ref,
        "rev": notice.rev,
        "at": notice.at.isoformat(),
        "zone": notice.zone,
        "proof": notice.record.proof_path,
        "index": notice.record.index,
        "lifted": notice.lifted,
        "texts": {
            text.lang: {
                "title": text.title,
                "summary": text.summary,
                "plain": markdown.to_plain(text.body),
                "url": rules.notice_path(text.lang, notice.ref),
                "name": words.language_name(text.lang),
            }
            for text in notice.texts
        },
    }


def feed_items(lang: str) -> Iterable[feeds.Item]:
    """Notices as items of a language's feed; one that was lifted is the same item, changed."""
    for newest in queries.notices():
        first = queries.notice_revisions(newest.ref)[0]
        text = newest.text(lang)
        url = f"{settings.DRAGOMAN.public_url}{rules.notice_path(lang, newest.ref)}"
        lead = f"<p>{feeds.escaped(text.summary)}</p>" if text.summary else ""
        html = lead + _html(text.body)
        yield feeds.Item(url, text.title, text.summary, html, first.at, newest.at)


def _part(one: Notice, lang: str) -> dict[str, Any]:
    text = one.text(lang)
    return {
        "lang": text.lang,
        "title": text.title,
        "summary": text.summary,
        "body": _html(text.body),
        "at": one.at,
        "rev": one.rev,
        "lifted": one.lifted,
        "index": one.record.index,
        "proof": one.record.proof_path,
        "proof_name": one.record.proof_path.rpartition("/")[2],
    }


def _html(body: str) -> str:
    return render.safe(markdown.to_html(body, fact_url=lambda cite: None, fact_label=str))


def _on_board(one: Notice) -> dict[str, Any]:
    texts = {
        text.lang: {
            "title": text.title,
            "summary": text.summary,
            "url": rules.notice_path(text.lang, one.ref),
            "dir": rules.direction(text.lang),
        }
        for text in one.texts
    }
    return {"ref": one.ref, "rev": one.rev, "texts": texts}


def _groups(found: list[dict[str, Any]], states: tuple[str, ...], known: words.Words) -> list[dict[str, Any]]:
    by_ref = {one["id"]: one for one in found}
    return [
        {"network": network, "accounts": [_shown(one, by_ref, known) for one in accounts]}
        for network, accounts in register.groups(found, states)
    ]


def _shown(one: register.Account, by_ref: dict[str, Any], known: words.Words) -> dict[str, Any]:
    verified = one["verified"]
    stretches = [
        {"since": datetime.fromisoformat(part["from"]), "until": _moment(part["to"])}
        for part in one["not_official"]
    ]
    return {
        **one,
        "link": register.link_of(one) if one["state"] != "compromised" else "",
        "how": known[f"acc_how_{str(verified['how']).replace('-', '_')}"] if verified["how"] else "",
        "checked": register.day(verified["checked"]),
        "valid_from": register.day(one["valid_from"]),
        "valid_to": register.day(one["valid_to"]),
        "successor": _named(by_ref.get(one["successor"]), known.lang),
        "stretches": stretches,
        "since": _moment(one["compromised_from"]),
    }


def _named(one: register.Account | None, lang: str) -> dict[str, str] | None:
    return {"id": str(one["id"]), "handle": rules.isolated(str(one["handle"]), lang)} if one else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _changes() -> bytes:
    """`/accounts.atom`: each version of the register, and what it changed."""
    lang = _default()
    known = words.load(lang, site.home())
    base = settings.DRAGOMAN.public_url
    versions = queries.registers()
    items = []
    for place, one in enumerate(versions):
        before = versions[place + 1].accounts if place + 1 < len(versions) else []
        said = [
            known.say(change.key, name=f"{change.account['handle']} ({change.account['network']})")
            for change in register.changes(before, one.accounts)
        ] or [known["acc_checked_again"]]
        title = known.say("acc_version", number=one.number)
        html = "".join(f"<p>{feeds.escaped(line)}</p>" for line in said)
        url = f"{base}{rules.accounts_path(lang)}#v{one.number}"
        items.append(feeds.Item(url, title, " ".join(said), html, one.at, one.at))
    head = {
        "title": f"{known['ministry']}: {known['acc_title']}",
        "author": known["ministry"],
        "lang": lang,
        "home": f"{base}{rules.accounts_path(lang)}",
        "itself": f"{base}/accounts.atom",
    }
    return feeds.atom(feeds.Feed(**head, items=items))


def _trust(now: Register) -> bytes:
    """What the register says, with the ministry's own lines of `trust.txt` in its home."""
    own = site.home() / "trust.txt"
    given = trust_txt.parse(own.read_text("utf-8", "replace")) if own.is_file() else ()
    rows = [*[row for row in given if row[0] in OWN_WORDS], *register.trust_rows(now.accounts)]
    head = TRUST.format(site=settings.DRAGOMAN.public_url)
    when = now.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return trust_txt.dumps(rows, head=f"{head}\nVersion {now.number} of {when}").encode("utf-8")


def _default() -> str:
    langs = queries.languages()
    return "en" if "en" in langs or not langs else langs[0]
