"""An approved answer as the record seals it and as the public plane shows it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from dragoman.inbox.models import AnswerText, AnswerVersion
from dragoman.inbox.queries.answers_findings import sealed_bytes
from dragoman.lib import markdown
from dragoman.public.values import AnswerText as PublicText
from dragoman.public.values import CitedFact, PublicAnswer, SheetPage
from dragoman.record.values import TextBlob
from dragoman.statements.queries.editions import record_ref, sheet_page


def record_id(version: AnswerVersion) -> str:
    """The id of its entries in the record."""
    return version.answer.ref.lower()


def approved_at(version: AnswerVersion) -> datetime:
    """The moment that the record states, to the second."""
    if version.approved_at is None:
        raise ValueError("only what is approved is sealed")
    return version.approved_at.replace(microsecond=0)


def texts_of(version: AnswerVersion) -> list[AnswerText]:
    """Those with words in them, the source language first."""
    source = version.answer.source_language
    rows = [text for text in version.texts.all() if text.body.strip()]
    return sorted(rows, key=lambda text: (text.lang != source, text.lang))


def text_blobs(version: AnswerVersion) -> tuple[TextBlob, ...]:
    """The bytes that are sealed: of a tombstone, the reasons that the public reads."""
    if not version.texts.exists():
        said = {lang: markdown.canonical("", "", words) for lang, words in version.note.items()}
    else:
        said = {text.lang: sealed_bytes(text.question, text.body) for text in texts_of(version)}
    return tuple(
        TextBlob(lang=lang, media_type=markdown.MEDIA_TYPE, data=data) for lang, data in said.items()
    )


def sheets_of(version: AnswerVersion) -> list[SheetPage]:
    """The sheet that it belongs to, and any other that it cites, as they are now."""
    cited = version.citations.values_list("fact__sheet__slug", flat=True)
    return [sheet_page(slug) for slug in sorted({version.answer.sheet, *cited})]


def unsealed_before(version: AnswerVersion) -> list[AnswerVersion]:
    """Earlier versions that were approved and never sealed, in their order."""
    rows = version.answer.versions.filter(
        number__lt=version.number, approved_at__isnull=False, sealed_at__isnull=True
    )
    return list(rows.select_related("answer__mission").order_by("number"))


def edition_of(version: AnswerVersion) -> PublicAnswer:
    """All that the page of questions and answers shows of one version."""
    answer = version.answer
    return PublicAnswer(
        ref=record_id(version),
        rev=version.number,
        sheet=answer.sheet,
        source_language=answer.source_language,
        mission=answer.mission.name,
        zone=answer.mission.zone,
        at=approved_at(version),
        texts=tuple(
            PublicText(
                lang=text.lang,
                question=markdown.one_line(text.question),
                body=text.body,
                sha256=hashlib.sha256(sealed_bytes(text.question, text.body)).hexdigest(),
            )
            for text in texts_of(version)
        ),
        record=record_ref(record_id(version), version.number),
        facts=tuple(
            CitedFact(
                sheet=one.fact.sheet.slug,
                number=one.fact.number,
                version=one.fact.version,
                texts=one.fact.texts,
                basis=one.fact.basis,
                source_url=one.fact.source_url,
                valid_from=one.fact.valid_from,
                valid_to=one.fact.valid_to,
            )
            for one in version.citations.select_related("fact__sheet").order_by("fact__position")
        ),
        note=dict(version.note),
        withdrawn=not version.texts.exists(),
    )
