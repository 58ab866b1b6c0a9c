"""Writes the pages of questions and answers: one for each fact sheet and language, without any script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from dragoman.lib import markdown
from dragoman.public import queries, render, rules, site, words
from dragoman.public.values import CitedFact, EditionText, PublicAnswer

# What a script element may not hold as it is (HTML, "restrictions for contents of script elements").
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def pages(sheet: str) -> None:
    """The page of one sheet in every language of the site, of the sheet and of its answers."""
    answers = queries.answers(sheet)
    if not answers:
        return
    found = queries.sheet(sheet)
    titles = dict(found.titles) if found else {}
    # also languages that only an earlier version had: its page must say that it was corrected or withdrawn
    spoken = [lang for versions in answers for one in versions for lang in one.langs]
    langs = tuple(dict.fromkeys((*queries.languages(), *titles, *spoken)))
    for lang in langs:
        source = found.source_language if found else "en"
        title, title_lang = render.choose(titles, lang, source)
        shown = [_shown(versions, lang) for versions in answers]
        data = render.page(
            "public/answers.html",
            lang,
            langs=langs,
            url=lambda one: rules.answers_path(sheet, one),
            here="facts",
            title=title or sheet,
            title_lang=title_lang if title else lang,
            sheet_url=rules.sheet_path(sheet, lang),
            answers=sorted(shown, key=lambda one: one["withdrawn"]),
            faq=faq([versions[0] for versions in answers], lang),
        )
        site.write(rules.answers_path(sheet, lang), data)


def faq(answers: Sequence[PublicAnswer], lang: str) -> SafeString:
    """The answers that this page has in its own language as schema.org's FAQPage, safe inside a script."""
    entities = []
    for one in answers:
        text = one.text(lang)
        if text is None or text.lang != lang or one.withdrawn:
            continue
        said = {"@type": "Answer", "text": markdown.to_plain(text.body), "dateCreated": one.at.isoformat()}
        entities.append({"@type": "Question", "name": text.question, "acceptedAnswer": said})
    if not entities:
        return SafeString("")
    value = {"@context": "https://schema.org", "@type": "FAQPage", "inLanguage": lang, "mainEntity": entities}
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter, escape in ESCAPES.items():
        written = written.replace(letter, escape)
    return mark_safe(written)  # noqa: S308  no letter is left in it that could end the element


def _shown(versions: Sequence[PublicAnswer], lang: str) -> dict[str, Any]:
    """One answer as the page shows it: the newest version first, the earlier ones folded away."""
    newest, older = versions[0], versions[1:]
    known = words.load(lang, site.home())
    last_said = next((one for one in versions if one.texts), newest)
    question = last_said.text(lang)
    note, note_lang = render.choose(newest.note, lang, newest.source_language)
    return {
        "ref": newest.ref,
        "question": question.question if question else newest.ref,
        "question_lang": question.lang if question else lang,
        "withdrawn": newest.withdrawn,
        "corrected": newest.rev > 1 and not newest.withdrawn,
        "note": note,
        "note_lang": note_lang,
        "zone": newest.zone,
        "now": _part(newest, lang, known),
        "older": [] if newest.withdrawn else [_part(one, lang, known) for one in older if one.texts],
    }


def _part(one: PublicAnswer, lang: str, known: words.Words) -> dict[str, Any]:
    text = one.text(lang)
    edition = EditionText(text.lang, text.question, "", text.body, text.sha256) if text else None
    return {
        "lang": text.lang if text else lang,
        "question": text.question if text else "",
        "body": render.body_html(edition, one.facts, known, lambda cite: _fact_url(cite, one, lang))
        if edition
        else "",
        "at": one.at,
        "rev": one.rev,
        "index": one.record.index,
        "proof": one.record.proof_path,
        "proof_name": one.record.proof_path.rpartition("/")[2],
        "facts": [_fact(fact, lang) for fact in one.facts],
    }


def _fact_url(cite: str, one: PublicAnswer, lang: str) -> str:
    sheet, _, number = cite.rpartition("/")
    return f"{rules.sheet_path(sheet or one.sheet, lang)}#{number}"


def _fact(fact: CitedFact, lang: str) -> dict[str, Any]:
    basis, _ = render.choose(fact.basis, lang)
    return {
        "number": fact.number,
        "url": f"{rules.sheet_path(fact.sheet, lang)}#{fact.number}",
        "basis": basis.rstrip("."),
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
    }
