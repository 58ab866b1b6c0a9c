"""Editions as the apps above hand them over: really sealed in the record of the test's own home."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from dragoman.base.actor import System
from dragoman.lib import markdown
from dragoman.public.values import CitedFact, Edition, EditionText, Picture, RecordRef, SheetFact, SheetPage
from dragoman.record import actions as record
from dragoman.record.values import MediaBlob, Sealed, TextBlob

BY = System("test")
NOON = datetime(2017, 1, 11, 9, 0, tzinfo=UTC)
EN = {
    "title": "Citizens of 80 countries may visit for five days without a visa from 12 February",
    "summary": "Travellers must arrive and leave by Minsk National Airport.",
    "body": (
        "From 12 February 2017, citizens of 80 countries may enter without a visa for up to five days, "
        "if they arrive and leave by Minsk National Airport.[F1][F3]\n\n"
        "Travellers need a valid ordinary passport, at least 25 euro for each day, and insurance of at "
        "least 10,000 US dollars that is valid in Belarus.[visa-free/F5] An identity card is not enough.\n\n"
        "## Whom the rule does not cover\n\n"
        "It does not apply to:\n\n- flights from or to **Russia**\n- *official* trips\n\n"
        "1. See the [edict](https://law.example/edict?n=8&y=2017).\n2. Ask an embassy.\n\n"
        "> The border authority decides  \n> on each entry."
    ),
}
AR = {
    "title": "لمواطني 80 دولة زيارة البلاد خمسة أيام من دون تأشيرة اعتباراً من 12 فبراير",
    "summary": "يجب أن يكون الوصول والمغادرة عبر مطار مينسك الوطني.",
    "body": "يحتاج المسافر إلى جواز سفر عادي ساري المفعول، وتأمين صحي لا يقل عن 10,000 دولار أمريكي.[F5]",
}
FACTS = tuple(
    CitedFact(
        sheet="visa-free",
        number=number,
        version=1,
        texts={"en": text},
        basis={"en": "Edict No. 8 of 9 January 2017"},
        valid_from=date(2017, 2, 12),
    )
    for number, text in (
        ("F1", "Citizens of 80 states."),
        ("F3", "Enter and leave only by Minsk National Airport."),
        ("F5", "Ordinary passport, means, insurance of 10,000 euro."),
    )
)


def edition(
    ref: str = "2017-4f7kq2",
    rev: int = 1,
    *,
    texts: Mapping[str, Mapping[str, str]] | None = None,
    pictures: tuple[tuple[Picture, bytes], ...] = (),
    **more: Any,
) -> Edition:
    """A sealed edition, ready to be published."""
    texts = texts or {"en": EN, "ar": AR}
    released = more.pop("released", NOON)
    blobs = [
        TextBlob(lang, markdown.MEDIA_TYPE, markdown.canonical(one["title"], one["summary"], one["body"]))
        for lang, one in texts.items()
    ]
    sealed = record.seal(
        by=BY,
        kind="correction" if rev > 1 else "statement",
        ref=ref,
        rev=rev,
        released=released,
        texts=blobs,
        media=[MediaBlob(picture.media_type, data) for picture, data in pictures],
    )
    slug = more.pop("slug", f"five-days-{ref}".lower())
    return Edition(
        ref=ref,
        rev=rev,
        slug=slug,
        kind="statement",
        released=released,
        zone="Europe/Minsk",
        mission="Press Service",
        texts=tuple(_text(lang, one) for lang, one in texts.items()),
        record=record_ref(sealed),
        facts=FACTS,
        media=tuple(picture for picture, _ in pictures),
        previous_rev=rev - 1 if rev > 1 else None,
        **more,
    )


def corrected(ref: str = "2017-4f7kq2") -> Edition:
    """Revision 2: dollars become euro, in English only is a note."""
    texts = {
        "en": {**EN, "body": EN["body"].replace("US dollars", "euro")},
        "ar": {**AR, "body": AR["body"].replace("دولار أمريكي", "يورو")},
    }
    note = {"en": "Paragraph 3 gave the insurance in dollars.", "ar": "ذكرت الفقرة الثالثة التأمين بالدولار."}
    return edition(ref, 2, texts=texts, correction=note, released=datetime(2017, 1, 12, 7, 20, tzinfo=UTC))


def withdrawal(ref: str = "2017-4f7kq2", rev: int = 3) -> RecordRef:
    """The record's entry of a withdrawal."""
    at = datetime(2017, 2, 1, 9, 0, tzinfo=UTC)
    return record_ref(record.seal(by=BY, kind="withdrawal", ref=ref, rev=rev, released=at, texts=[]))


def record_ref(sealed: Sealed) -> RecordRef:
    return RecordRef(
        index=sealed.index,
        size=sealed.size,
        leaf_json=sealed.leaf.decode(),
        leaf_hash=sealed.leaf_hash,
        proof_path=sealed.proof_path,
        witnesses_signed=sealed.witnesses_signed,
        witnesses_needed=sealed.witnesses_needed,
    )


def sheet(**more: Any) -> SheetPage:
    facts = (
        SheetFact("F1", 1, {"en": "Citizens of 80 states.", "ar": "مواطنو 80 دولة."}, {"en": "Edict No. 8"}),
        SheetFact(
            "F5", 2, {"en": "Insurance of 10,000 euro."}, {"en": "Edict No. 8"}, ("https://law.example/8",)
        ),
        SheetFact(
            "F5", 1, {"en": "Insurance of 10,000 dollars."}, superseded=datetime(2017, 1, 12, tzinfo=UTC)
        ),
    )
    given: dict[str, Any] = {
        "slug": "visa-free",
        "source_language": "en",
        "titles": {"en": "Five days without a visa", "ar": "خمسة أيام من دون تأشيرة"},
        "summaries": {"en": "What Edict No. 8 laid down."},
        "mission": "Press Service",
        "zone": "Europe/Minsk",
        "changed": datetime(2017, 1, 12, 7, 20, tzinfo=UTC),
        "facts": facts,
    }
    return SheetPage(**(given | more))


def text(lang: str = "en", **words: str) -> EditionText:
    return _text(lang, EN | words)


def _text(lang: str, one: Mapping[str, str]) -> EditionText:
    digest = markdown_digest(one)
    return EditionText(lang, one["title"], one["summary"], one["body"], digest)


def markdown_digest(one: Mapping[str, str]) -> str:
    return hashlib.sha256(markdown.canonical(one["title"], one["summary"], one["body"])).hexdigest()
