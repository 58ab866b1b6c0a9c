"""What each channel will show of a revision, by the code that sends: what is seen is what goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from dragoman.channels import queries as channels
from dragoman.channels.connector import Picture as PictureValue
from dragoman.channels.connector import Piece, Rendition
from dragoman.channels.connector import Video as VideoValue
from dragoman.channels.models import Channel
from dragoman.lib import canonical, markdown
from dragoman.statements.models import Picture, Revision, Text, Video
from dragoman.statements.words import correction_title


@dataclass(frozen=True)
class Shown:
    """One rendition: a channel, a language, and what will be there."""

    channel: Channel
    lang: str
    rendition: Rendition


def url_of(revision: Revision, lang: str) -> str:
    """The page of the statement in one language, where every copy links to."""
    return f"{settings.DRAGOMAN.public_url}/{lang}/statements/{revision.statement.slug}/"


def piece_of(
    revision: Revision,
    text: Text,
    *,
    pictures: Sequence[Picture] | None = None,
    videos: Sequence[Video] | None = None,
) -> Piece:
    """One language of a revision as plain values, as connectors take it. `pictures` and `videos`: those that
    were read already."""
    title = correction_title(text.lang, text.title) if revision.is_correction else text.title
    return Piece(
        lang=text.lang,
        title=title,
        summary=text.summary,
        body=markdown.to_plain(text.body),
        url=url_of(revision, text.lang),
        tags=(),
        pictures=_in_language(media_of(revision) if pictures is None else pictures, text.lang),
        videos=_films(videos_of(revision) if videos is None else videos, text.lang),
    )


def media_of(revision: Revision) -> list[Picture]:
    """The pictures of a revision with their media, in one query."""
    return list(revision.pictures.select_related("media"))


def videos_of(revision: Revision) -> list[Video]:
    """The films of a revision with their captions."""
    return list(revision.videos.prefetch_related("captions"))


def _films(videos: Sequence[Video], lang: str) -> tuple[VideoValue, ...]:
    """The films with their title in one language, and their captions in all; the bytes stay in files."""
    return tuple(
        VideoValue(
            sha256=video.sha256,
            media_type=video.media_type,
            size=video.size,
            seconds=video.seconds,
            title=video.titles.get(lang, ""),
            captions={caption.lang: caption.text for caption in video.captions.all()},
        )
        for video in videos
    )


def _in_language(pictures: Sequence[Picture], lang: str) -> tuple[PictureValue, ...]:
    """The pictures with their words in one language; the bytes stay in their files."""
    return tuple(
        PictureValue(
            sha256=picture.media.sha256,
            media_type=picture.media.media_type,
            width=picture.media.width,
            height=picture.media.height,
            alt=picture.alt.get(lang, ""),
        )
        for picture in pictures
    )


def shown(revision: Revision) -> list[Shown]:
    """Every rendition, in the order of channels and languages."""
    pictures, videos = media_of(revision), videos_of(revision)
    pieces = [piece_of(revision, text, pictures=pictures, videos=videos) for text in revision.texts.all()]
    result = []
    for channel in revision.channels.order_by("id"):
        for piece in pieces:
            if channels.speaks(channel, piece.lang):
                rendition = channels.render(channel, piece)
                result.append(Shown(channel=channel, lang=piece.lang, rendition=rendition))
    return result


def sealed_bytes(text: Text) -> bytes:
    """The bytes whose digest goes into the public record."""
    return markdown.canonical(text.title, text.summary, text.body)


def binding(revision: Revision) -> dict[str, Any]:
    """Everything an approval binds, as plain values: who speaks, where, the texts, facts, pictures, films and
    every rendition. Not the moment and its zone, which are the releaser's to choose, nor the rules' version:
    the rules of the day judge again at the release."""
    statement = revision.statement
    videos = [_bound_video(video) for video in videos_of(revision)]
    return {
        "v": 2,
        "ref": statement.ref,
        "rev": revision.number,
        "slug": statement.slug,
        "mission": [statement.mission.slug, statement.mission.name],
        "kind": statement.kind,
        "risk": statement.risk,
        "lane": statement.lane,
        "source": statement.source_language,
        "sheet": revision.sheet,
        "note": revision.note,
        "texts": [
            {
                "lang": text.lang,
                "sealed": hashlib.sha256(sealed_bytes(text)).hexdigest(),
                "source": canonical.digest([text.title, text.summary, text.body]),
            }
            for text in revision.texts.all()
        ],
        "facts": [
            {
                "cite": citation.cite,
                "version": citation.fact.version,
                "says": citation.fact.content_digest(),
            }
            for citation in revision.citations.select_related("fact__mission")
        ],
        "pictures": [
            {
                "sha256": picture.media.sha256,
                "alt": picture.alt,
                "credit": picture.credit,
                "decorative": picture.decorative,
            }
            for picture in revision.pictures.select_related("media")
        ],
        "renditions": [
            {"channel": item.channel.pk, "lang": item.lang, "shows": item.rendition.as_json()}
            for item in shown(revision)
        ],
        # Named only where there are any, so that what was approved before films were known stays approved.
        **({"videos": videos} if videos else {}),
    }


def _bound_video(video: Video) -> dict[str, Any]:
    captions = {caption.lang: caption.sha256 for caption in video.captions.all()}
    return {"sha256": video.sha256, "titles": video.titles, "captions": captions}


def digest_of(revision: Revision) -> str:
    """SHA-256 of the canonical JSON of the binding, as it would be put out now."""
    return canonical.digest(binding(revision))
