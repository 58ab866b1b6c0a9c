"""Pictures: words for those who cannot see them."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.lib.text.languages import language_name
from dragoman.lib.text.unicode_re import regex
from dragoman.statements.guidelines.model import Hit, PictureView, Rule
from dragoman.statements.guidelines.reading import Reading

_FILE_NAME = regex.compile(
    r"\s*(?:[\w()+. -]*\.(?:jpe?g|png|gif|webp|avif|heic|svg|bmp|tiff?)"
    r"|(?:IMG|DSC[NF]?|PXL|MVIMG|DCIM|WA|Screenshot)[-_ ]?\d[\w-]*)\s*",
    regex.IGNORECASE,
)
_EMPTY_WORDS = {
    "image",
    "picture",
    "photo",
    "photograph",
    "img",
    "alt",
    "untitled",
    "фото",
    "изображение",
    "bild",
    "imagen",
    "صورة",
    "图片",
}


def alternative_text(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """ACS-1: every picture that is not decoration has words in every language of the draft."""
    for number, picture in enumerate(reading.draft.pictures, 1):
        if picture.decorative:
            continue
        for text in reading.draft.languages:
            yield from _look(picture, number, text.lang)


def _look(picture: PictureView, number: int, lang: str) -> Iterator[Hit]:
    alt = picture.alt.get(lang, "")
    place = f"Picture {number} ({picture.name}), {language_name(lang)}"
    if not alt.strip():
        yield Hit(words=place, lang=lang, field="picture", beside=picture.name)
    elif _FILE_NAME.fullmatch(alt) or alt.strip() == picture.name:
        why = "This is a file's name, not words for people who cannot see the picture."
        yield Hit(words=alt, lang=lang, field="picture", why=why, beside=place)
    elif alt.strip().casefold().rstrip(".") in _EMPTY_WORDS:
        why = "These words say that there is a picture, not what it shows."
        yield Hit(words=alt, lang=lang, field="picture", why=why, beside=place)
