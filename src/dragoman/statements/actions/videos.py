"""Films of a revision: add, name, caption, remove. A film is streamed to its file, never held in memory."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import transaction

from dragoman.lib import captions, files, films
from dragoman.lib.problems import Conflict, Invalid, NotFound, TooLarge
from dragoman.lib.text.languages import language_name
from dragoman.staff.models import Officer
from dragoman.statements import rules
from dragoman.statements.actions.drafts import editable, refresh
from dragoman.statements.models import Caption, Revision, Video

VIDEOS_LIMIT = 5
TITLE_LIMIT = 200


def add_video(*, by: Officer, revision: Revision, chunks: Iterable[bytes], name: str) -> Video:
    """Take a film in, as it is. Raises Invalid for what is no film, TooLarge, Conflict for one that is there.

    The bytes go to the disk as they come; the draft is locked only when they are all there.
    """
    with transaction.atomic():
        _room(editable(by, revision))
    place, sha256, size = _receive(chunks)
    try:
        with place.open("rb") as file:
            found = films.look(file)
        with transaction.atomic():
            revision = editable(by, revision)
            _room(revision)
            if revision.videos.filter(sha256=sha256).exists():
                raise Conflict("This very film is in the statement already.", code="film-twice")
            place.replace(_folder() / sha256)
            files.settle_folder(_folder())
            video = Video.objects.create(
                revision=revision,
                sha256=sha256,
                media_type=found.media_type,
                size=size,
                seconds=found.seconds,
                name=name[:200],
                place=revision.videos.count() + 1,
            )
            _changed(by, revision, "statements.add_video", sha256=sha256, size=size)
    finally:
        place.unlink(missing_ok=True)
    return video


@transaction.atomic
def name_video(*, by: Officer, revision: Revision, video_id: int, titles: Mapping[str, str]) -> Video:
    """Write its title, per language."""
    revision = editable(by, revision)
    video = _of(revision, video_id)
    for lang, words in titles.items():
        if not rules.is_language(lang):
            raise Invalid(f"{lang!r} is not a language code.", where=[{"field": f"title.{lang}"}])
        if len(words) > TITLE_LIMIT:
            raise Invalid(
                f"The title of the film ({lang}) has {len(words)} characters; {TITLE_LIMIT} are taken.",
                where=[{"field": f"title.{lang}"}],
            )
    video.titles = dict(titles)
    video.save(update_fields=["titles", "updated"])
    _changed(by, revision, "statements.name_video", sha256=video.sha256)
    return video


@transaction.atomic
def remove_video(*, by: Officer, revision: Revision, video_id: int) -> Revision:
    """Take a film out of the revision; its bytes stay while any revision shows them."""
    revision = editable(by, revision)
    video = _of(revision, video_id)
    sha256 = video.sha256
    video.delete()
    return _changed(by, revision, "statements.remove_video", sha256=sha256)


@transaction.atomic
def add_caption(*, by: Officer, revision: Revision, video_id: int, lang: str, data: bytes) -> Caption:
    """Put captions in, WebVTT or SubRip; those of the same language are replaced. Invalid names the line."""
    revision = editable(by, revision)
    video = _of(revision, video_id)
    if not rules.is_language(lang):
        raise Invalid(f"{lang!r} is not a language code.", mend="Choose the language of the captions.")
    text = captions.to_webvtt(data)
    digest = hashlib.sha256(text.encode()).hexdigest()
    caption, _ = Caption.objects.update_or_create(
        video=video, lang=lang, defaults={"text": text, "sha256": digest}
    )
    _changed(by, revision, "statements.add_caption", sha256=video.sha256, lang=lang)
    return caption


@transaction.atomic
def remove_caption(*, by: Officer, revision: Revision, video_id: int, lang: str) -> Revision:
    """Take the captions of one language out."""
    revision = editable(by, revision)
    video = _of(revision, video_id)
    if not video.captions.filter(lang=lang).delete()[0]:
        raise NotFound(f"The film has no captions in {language_name(lang)}.")
    return _changed(by, revision, "statements.remove_caption", sha256=video.sha256, lang=lang)


def _receive(chunks: Iterable[bytes]) -> tuple[Path, str, int]:
    """The bytes in a file of their own, their digest and how many there are."""
    most = settings.DRAGOMAN.largest_film_mb * 1_000_000
    files.make_folder(_folder(), mode=0o700)
    place = _folder() / f".film.{os.getpid()}-{secrets.token_hex(4)}"
    digest, size = hashlib.sha256(), 0
    try:
        with place.open("xb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise TooLarge(
                        f"The film is larger than {most // 1_000_000} MB.",
                        mend="Save it with a lower bit rate, or ask for a higher limit.",
                    )
                digest.update(chunk)
                file.write(chunk)
            # Released films get a second name in the public folder, so the bytes may be read by its server.
            os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return place, digest.hexdigest(), size


def _folder() -> Path:
    return Path(settings.DRAGOMAN.home) / "media"


def _room(revision: Revision) -> None:
    if revision.videos.count() >= VIDEOS_LIMIT:
        raise TooLarge(f"A statement takes at most {VIDEOS_LIMIT} films.")


def _of(revision: Revision, video_id: int) -> Video:
    video = revision.videos.filter(pk=video_id).first()
    if video is None:
        raise NotFound("There is no such film in this revision.")
    return video


def _changed(by: Officer, revision: Revision, verb: str, **data: object) -> Revision:
    revision.writers.add(by)
    return refresh(by=by, revision=revision, verb=verb, data=data)
