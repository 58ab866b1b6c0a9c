"""What the page of a text says of talks: that parties signed it and with what, or that they did not."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings

from dragoman.public import rules, talks, talks_queries, talks_words, words
from dragoman.public.values import Edition
from dragoman.public.values_talks import TalksPage

TALKS = re.compile(r"/talks/([a-z0-9][a-z0-9-]{0,39})/")
STATEMENT = re.compile(r"/statements/([a-z0-9-]{1,120})/")


def box(edition: Edition, known: words.Words) -> dict[str, Any] | None:
    """The box of an agreed text: who signed with what, by which rule, how to check it. None for others."""
    agreed = edition.talks
    page = talks_queries.page(agreed.process) if agreed else None
    if agreed is None or page is None:
        return None
    lang = known.lang
    number = talks_queries.number_of(edition.ref, edition.rev) or 0
    rule = talks.rule_of(agreed.keyring)
    signed = {one.party for one in agreed.consents}
    return {
        "consents": [
            {
                "party": talks_words.name(page, one.party, lang),
                "kind": known[f"agr_kind_{one.kind}"],
                "proves": known[f"agr_proves_{one.kind}"],
                "cannot": known[f"agr_cannot_{one.kind}"],
            }
            for party in talks_words.in_order(page, dict.fromkeys(one.party for one in agreed.consents))
            for one in agreed.consents
            if one.party == party and f"agr_kind_{one.kind}" in known
        ],
        "rule": talks_words.rule_words(page, agreed.keyring, known),
        "met": rule is None or talks.satisfied(rule, signed),
        "note": talks.note_path(page.ref, edition.ref, edition.rev),
        "entry": number,
        "url": rules.talks_path(lang, page.ref, talks.cut_of(number)) + f"#e{number}" if number else "",
        "talks": _title(page, lang),
        "live": rules.talks_path(lang, page.ref),
        "command": f"dragoman verify {settings.DRAGOMAN.public_url} --statement {edition.ref}-{edition.rev}",
        "versions": [
            {
                "party": talks_words.name(page, one.party, lang),
                "url": talks.alternat_path(page.ref, edition.ref, edition.rev, one),
            }
            for one in talks_queries.alternats(edition.ref, edition.rev)
            if one.lang == lang
        ],
    }


def host_alone(edition: Edition, lang: str) -> dict[str, str] | None:
    """The mark on a text of the house that speaks of talks or of a text agreed in them, by a link to either:
    nobody may take it for an agreed one. None for all others."""
    if edition.talks is not None:
        return None
    bodies = "\n".join(text.body for text in edition.texts)
    found = talks_queries.named(TALKS.findall(bodies), STATEMENT.findall(bodies))
    page = talks_queries.page(found) if found else None
    return {"talks": _title(page, lang), "url": rules.talks_path(lang, page.ref)} if page else None


def _title(page: TalksPage, lang: str) -> str:
    return page.titles.get(lang) or page.titles[page.languages[0]]
