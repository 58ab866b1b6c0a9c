"""Pictures of a revision: add, describe, remove."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from dragoman.lib import files, pictures
from dragoman.lib.problems import Invalid, NotFound, TooLarge
from dragoman.staff.models import Officer
from dragoman.statements import rules
from dragoman.statements.actions.drafts import editable, refresh
from dragoman.statements.models import Media, Picture, Revision

PICTURES_LIMIT = 20
ALT_LIMIT = 1_000


@transaction.atomic
def add_picture(
    *, by: Officer, revision: Revision, data: bytes, name: str, alt: Mapping[str, str], credit: str = ""
) -> Picture:
    """Re-encode a picture, drop its metadata, keep it under its digest. Raises Invalid, TooLarge."""
    revision = editable(by, revision)
    if revision.pictures.count() >= PICTURES_LIMIT:
        raise TooLarge(f"A statement takes at most {PICTURES_LIMIT} pictures.")
    _check_alt(alt)
    encoded = pictures.reencode(data)
    media, made = Media.objects.get_or_create(
        sha256=encoded.sha256,
        defaults={
            "media_type": encoded.media_type,
            "width": encoded.width,
            "height": encoded.height,
            "size": len(encoded.data),
        },
    )
    if made or not media.path.exists():
        media.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write_atomic(media.path, encoded.data)
    picture = Picture.objects.create(
        revision=revision,
        media=media,
        name=name[:200],
        alt=dict(alt),
        credit=credit[:200],
        place=revision.pictures.count() + 1,
    )
    revision.writers.add(by)
    refresh(by=by, revision=revision, verb="statements.add_picture", data={"sha256": media.sha256})
    return picture


@transaction.atomic
def describe_picture(
    *,
    by: Officer,
    revision: Revision,
    picture_id: int,
    alt: Mapping[str, str],
    credit: str = "",
    decorative: bool = False,
) -> Picture:
    """Write the words for those who cannot see it, per language."""
    revision = editable(by, revision)
    picture = _of(revision, picture_id)
    _check_alt(alt)
    picture.alt, picture.credit, picture.decorative = dict(alt), credit[:200], decorative
    picture.save(update_fields=["alt", "credit", "decorative", "updated"])
    revision.writers.add(by)
    refresh(by=by, revision=revision, verb="statements.describe_picture")
    return picture


@transaction.atomic
def remove_picture(*, by: Officer, revision: Revision, picture_id: int) -> Revision:
    """Take a picture out of the revision; its bytes stay while any revision shows them."""
    revision = editable(by, revision)
    _of(revision, picture_id).delete()
    revision.writers.add(by)
    return refresh(by=by, revision=revision, verb="statements.remove_picture")


def _of(revision: Revision, picture_id: int) -> Picture:
    picture = revision.pictures.filter(pk=picture_id).first()
    if picture is None:
        raise NotFound("There is no such picture in this revision.")
    return picture


def _check_alt(alt: Mapping[str, str]) -> None:
    for lang, words in alt.items():
        if not rules.is_language(lang):
            raise Invalid(f"{lang!r} is not a language code.", where=[{"field": f"alt.{lang}"}])
        if len(words) > ALT_LIMIT:
            raise Invalid(
                f"The words for the picture ({lang}) are {len(words):,} characters; {ALT_LIMIT:,} are taken.",
                where=[{"field": f"alt.{lang}"}],
            )
