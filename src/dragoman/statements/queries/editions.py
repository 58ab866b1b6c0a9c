"""A revision as the record seals it and as the public plane shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from dragoman.facts import queries as facts
from dragoman.facts.values import FactPage
from dragoman.lib import captions, markdown
from dragoman.lib.problems import Conflict
from dragoman.public.values import (
    Agreed,
    CitedFact,
    ConsentShown,
    Edition,
    EditionText,
    Film,
    Picture,
    RecordRef,
    SheetFact,
    SheetPage,
)
from dragoman.record import queries as record
from dragoman.record.values import MediaBlob, MediaFile, TextBlob
from dragoman.statements.models import Agreement, Release, Revision, Statement, Text
from dragoman.statements.queries.renditions import sealed_bytes, videos_of


def text_blobs(revision: Revision) -> tuple[TextBlob, ...]:
    """The sealed bytes of every language."""
    return tuple(
        TextBlob(lang=text.lang, media_type=markdown.MEDIA_TYPE, data=sealed_bytes(text))
        for text in revision.texts.all()
    )


def agreement_of(revision: Revision) -> Agreement | None:
    """What the parties signed; None for what the house says alone.

    Raises Conflict when a joint text has no agreement, or is not to the letter what was signed: then not
    one byte of it may go into the record.
    """
    if not revision.is_joint:
        return None
    agreement = Agreement.objects.filter(revision=revision, revoked_at__isnull=True).first()
    sealed = {blob.lang: hashlib.sha256(blob.data).hexdigest() for blob in text_blobs(revision)}
    more = revision.pictures.exists() or bool(videos_of(revision))  # of these the parties saw nothing
    if agreement is None or sealed != agreement.digests or more:
        raise Conflict(
            f"{revision} is not what the parties signed, so it is not put out.",
            mend="Compare the texts with the round; then put the right ones to the parties again.",
            code="not-what-was-signed",
        )
    return agreement


def media_blobs(revision: Revision) -> tuple[MediaBlob | MediaFile, ...]:
    """Each picture once, each film, and each film's captions once."""
    return (*_pictures(revision), *_films(revision))


def _films(revision: Revision) -> Iterator[MediaBlob | MediaFile]:
    seen = set()
    for video in videos_of(revision):
        yield MediaFile(video.media_type, video.sha256, video.size, video.path)
        for caption in video.captions.all():
            if caption.sha256 not in seen:
                seen.add(caption.sha256)
                yield MediaBlob(media_type=captions.MEDIA_TYPE, data=caption.text.encode())


def _pictures(revision: Revision) -> tuple[MediaBlob, ...]:
    found = {picture.media.sha256: picture.media for picture in revision.pictures.select_related("media")}
    return tuple(MediaBlob(media_type=media.media_type, data=media.read()) for media in found.values())


def previous_entry(revision: Revision) -> int | None:
    """The log index of the revision that this one replaces."""
    old = (
        revision.statement.revisions.filter(number__lt=revision.number, state__in=("released", "superseded"))
        .order_by("-number")
        .first()
    )
    return record.entry(revision.statement.ref, old.number).index if old else None


def newest_entry(statement: Statement) -> int | None:
    """The log index of the newest released revision."""
    newest = statement.revisions.filter(state__in=("released", "withdrawn")).order_by("-number").first()
    return record.entry(statement.ref, newest.number).index if newest else None


def record_ref(ref: str, rev: int) -> RecordRef:
    """Where the record holds it, as the public plane shows it."""
    sealed = record.sealed(ref, rev)
    return RecordRef(
        index=sealed.index,
        size=sealed.size,
        leaf_json=sealed.leaf.decode(),
        leaf_hash=sealed.leaf_hash,
        proof_path=sealed.proof_path,
        witnesses_signed=sealed.witnesses_signed,
        witnesses_needed=sealed.witnesses_needed,
    )


def edition_of(release: Release) -> Edition:
    """Everything that the public plane shows of a release."""
    revision = release.revision
    statement = revision.statement
    if release.released is None:
        raise ValueError("a release has a time before it has an edition")
    return Edition(
        ref=statement.ref,
        rev=revision.number,
        slug=statement.slug,
        kind=statement.kind,
        released=release.released,
        zone=release.zone,
        mission=statement.mission.name,
        texts=tuple(
            EditionText(
                lang=text.lang,
                title=text.title,
                summary=text.summary,
                body=text.body,
                sha256=hashlib.sha256(sealed_bytes(text)).hexdigest(),
            )
            for text in _source_first(revision)
        ),
        record=record_ref(statement.ref, revision.number),
        facts=_cited(revision),
        media=_media(revision),
        films=_shown_films(revision),
        correction=revision.note if revision.is_correction else None,
        previous_rev=_previous_number(revision),
        talks=_agreed(revision),
    )


def _agreed(revision: Revision) -> Agreed | None:
    """What pages say of the parties' agreement, where the text belongs to talks."""
    agreement = agreement_of(revision)
    if agreement is None or not agreement.process:
        return None
    return Agreed(
        process=agreement.process,
        consents=tuple(ConsentShown(**one) for one in agreement.shown.get("consents", ())),
        keyring=agreement.shown.get("keyring", ""),
        keyring_index=agreement.parties,
    )


def sheets_of(revision: Revision) -> list[SheetPage]:
    """The fact sheets that the revision leans on, as they are now."""
    slugs = sorted({citation.cite.split("/")[0] for citation in revision.citations.all()})
    return [sheet_page(slug) for slug in slugs]


def sheet_page(slug: str) -> SheetPage:
    """One sheet for the public plane."""
    sheet = facts.sheet_page(slug)
    return SheetPage(
        slug=sheet.slug,
        source_language=sheet.source_language,
        titles=sheet.titles,
        summaries=sheet.summaries,
        mission=sheet.mission_name,
        zone=sheet.zone,
        changed=sheet.updated,
        facts=tuple(_sheet_fact(fact) for fact in (*sheet.facts, *sheet.history)),
        checker=facts.checker_of(slug),
    )


def _sheet_fact(fact: FactPage) -> SheetFact:
    return SheetFact(
        number=fact.number,
        version=fact.version,
        texts=fact.texts,
        basis=fact.basis,
        sources=fact.sources,
        valid_from=fact.valid_from,
        valid_to=fact.valid_to,
        superseded=fact.superseded_at,
    )


def _source_first(revision: Revision) -> list[Text]:
    source = revision.statement.source_language
    return sorted(revision.texts.all(), key=lambda text: (text.lang != source, text.lang))


def _cited(revision: Revision) -> tuple[CitedFact, ...]:
    found = [
        CitedFact(
            sheet=citation.fact.sheet.slug,
            number=citation.fact.number,
            version=citation.fact.version,
            texts=citation.fact.texts,
            basis=citation.fact.basis,
            source_url=citation.fact.source_url,
            valid_from=citation.fact.valid_from,
            valid_to=citation.fact.valid_to,
        )
        for citation in revision.citations.select_related("fact__sheet")
    ]
    return tuple(sorted(found, key=lambda fact: (fact.sheet, int(fact.number[1:]))))


def _media(revision: Revision) -> tuple[Picture, ...]:
    return tuple(
        Picture(
            sha256=picture.media.sha256,
            media_type=picture.media.media_type,
            width=picture.media.width,
            height=picture.media.height,
            alt=picture.alt,
        )
        for picture in revision.pictures.select_related("media")
    )


def _shown_films(revision: Revision) -> tuple[Film, ...]:
    return tuple(
        Film(
            sha256=video.sha256,
            media_type=video.media_type,
            size=video.size,
            seconds=video.seconds,
            titles=video.titles,
            captions={caption.lang: caption.sha256 for caption in video.captions.all()},
        )
        for video in videos_of(revision)
    )


def _previous_number(revision: Revision) -> int | None:
    old = revision.statement.revisions.filter(
        number__lt=revision.number, state__in=("released", "superseded", "withdrawn")
    )
    newest = old.order_by("-number").first()
    return newest.number if newest else None
