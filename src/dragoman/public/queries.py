"""What the files of the public site are made from. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from dragoman.public import rules
from dragoman.public.models import (
    Answer,
    EditionRow,
    Language,
    Notice,
    Page,
    Pulse,
    Register,
    Sheet,
    Shelf,
    Story,
    Withdrawal,
)
from dragoman.public.values import Edition, Elsewhere, PublicAnswer, SheetPage, Tombstone
from dragoman.public.values import Notice as NoticeValue
from dragoman.public.values import Register as RegisterValue


@dataclass(frozen=True, slots=True)
class Telling:
    """One statement with everything its pages show."""

    ref: str
    slug: str
    month: str
    place: int
    editions: tuple[Edition, ...]
    elsewhere: dict[int, tuple[Elsewhere, ...]]
    tombstone: Tombstone | None

    @property
    def langs(self) -> tuple[str, ...]:
        """Every language it ever had, those of the newest revision first."""
        return tuple(dict.fromkeys(lang for edition in reversed(self.editions) for lang in edition.langs))

    def of(self, lang: str) -> tuple[Edition, ...]:
        """The revisions that have this language, oldest first."""
        return tuple(edition for edition in self.editions if edition.text(lang))


def telling(ref: str) -> Telling | None:
    """A statement by its ref; None when nothing of it was published."""
    story = Story.objects.prefetch_related("editions").select_related("withdrawal").filter(ref=ref).first()
    if story is None:
        return None
    rows = list(story.editions.all())
    withdrawal = getattr(story, "withdrawal", None)
    return Telling(
        ref=story.ref,
        slug=story.slug,
        month=story.month,
        place=story.place,
        editions=tuple(row.value for row in rows),
        elsewhere={row.rev: tuple(Elsewhere(**one) for one in row.elsewhere) for row in rows},
        tombstone=withdrawal.value if withdrawal else None,
    )


def languages() -> tuple[str, ...]:
    """All languages of the site, in the order in which they came."""
    return tuple(Language.objects.values_list("code", flat=True))


def newest(lang: str, count: int = rules.NEWEST) -> QuerySet[Page]:
    return Page.objects.filter(lang=lang).defer("words").order_by("-released", "-id")[:count]


def changed(lang: str, count: int = rules.FEED) -> QuerySet[Page]:
    """For feeds: a correction or a withdrawal brings a statement to the front again."""
    found = Page.objects.filter(lang=lang).defer("words").select_related("story")
    return found.prefetch_related("story__editions", "story__withdrawal").order_by("-changed", "-id")[:count]


def shard(lang: str, month: str, number: int, size: int) -> QuerySet[Page]:
    """One cut of a month, newest first; `number` counts from 1, oldest cut first."""
    first = (number - 1) * size
    found = Page.objects.filter(lang=lang, month=month, place__gte=first, place__lt=first + size)
    return found.order_by("-place")


def shard_of_all(month: str, number: int, size: int) -> QuerySet[Page]:
    """The same in all languages, for the site map."""
    first = (number - 1) * size
    found = Page.objects.filter(month=month, place__gte=first, place__lt=first + size)
    return found.only("lang", "slug", "changed").order_by("place", "lang")


def months(lang: str) -> list[tuple[str, int]]:
    """Month and number of statements in this language; newest first."""
    rows = Shelf.objects.filter(lang=lang).values("month").annotate(n=Sum("count")).order_by("-month")
    return [(row["month"], row["n"]) for row in rows]


def cuts(lang: str) -> list[tuple[str, int]]:
    """Every cut of every month that holds something in this language, as month and number; newest first."""
    rows = Shelf.objects.filter(lang=lang).order_by("-month", "-part")
    return list(rows.values_list("month", "part"))


def neighbours(lang: str, month: str, number: int, size: int) -> tuple[int | None, int | None]:
    """The next older and next newer cut of a month that holds something in this language."""
    here = Page.objects.filter(lang=lang, month=month)
    older = here.filter(place__lt=(number - 1) * size).aggregate(top=Max("place"))["top"]
    newer = here.filter(place__gte=number * size).aggregate(low=Min("place"))["low"]
    return (
        None if older is None else rules.page_of(older, size),
        None if newer is None else rules.page_of(newer, size),
    )


def languages_of(month: str) -> tuple[str, ...]:
    """The languages in which something was said in a month."""
    known = set(Shelf.objects.filter(month=month).values_list("lang", flat=True))
    return tuple(one for one in languages() if one in known)


def cuts_of_all() -> list[tuple[str, int]]:
    """The same in any language."""
    return list(Shelf.objects.values_list("month", "part").distinct().order_by("-month", "-part"))


def highest_place(month: str) -> int:
    """-1 in a month without statements."""
    top = Story.objects.filter(month=month).aggregate(top=Max("place"))["top"]
    return -1 if top is None else int(top)


def sheets() -> tuple[SheetPage, ...]:
    return tuple(row.value for row in Sheet.objects.all())


def sheet(slug: str) -> SheetPage | None:
    row = Sheet.objects.filter(slug=slug).first()
    return row.value if row else None


def register() -> RegisterValue | None:
    """The newest published version of the register of official accounts."""
    row = Register.objects.last()
    return row.value if row else None


def registers(count: int = rules.FEED) -> list[RegisterValue]:
    """The newest versions of the register, newest first."""
    return [row.value for row in Register.objects.order_by("-number")[:count]]


def standing_notices() -> list[NoticeValue]:
    """What stands on top of every page, newest first."""
    return [row.value for row in Notice.objects.filter(standing=True).order_by("-id")]


def notice_revisions(ref: str) -> list[NoticeValue]:
    """All revisions of one notice, oldest first."""
    return [row.value for row in Notice.objects.filter(ref=ref).order_by("rev")]


def notices(count: int = rules.FEED) -> list[NoticeValue]:
    """The newest revision of each notice, the newest notice first."""
    newest: dict[str, NoticeValue] = {}
    for row in Notice.objects.order_by("-id"):
        newest.setdefault(row.ref, row.value)
    return list(newest.values())[:count]


def answers(sheet: str) -> list[list[PublicAnswer]]:
    """The answers of one sheet in the order in which they came, each with its versions, the newest first."""
    found: dict[str, list[PublicAnswer]] = {}
    for row in Answer.objects.filter(sheet=sheet).order_by("id"):
        found.setdefault(row.ref, []).append(row.value)
    return [sorted(versions, key=lambda one: -one.rev) for versions in found.values()]


def answered_sheets() -> list[str]:
    """The sheets that have a page of questions and answers."""
    return list(Answer.objects.order_by("sheet").values_list("sheet", flat=True).distinct())


def pulses(count: int = rules.LIVE) -> list[Pulse]:
    """The newest events of the live stream, newest first. Lines that only say that talks go on stand on the
    page of those talks and are left out here."""
    shown = Pulse.objects.filter(~Q(kind="talks") | ~Q(data__talks__what="pulse"))
    return list(shown.order_by("-number")[:count])


def newest_event() -> int:
    """The number of the newest event; 0 before the first."""
    return Pulse.objects.order_by("-number").values_list("number", flat=True).first() or 0


def refs() -> list[str]:
    """All statements in the order of their publication."""
    return list(Story.objects.order_by("id").values_list("ref", flat=True))


def unannounced() -> list[tuple[Edition | None, Tombstone | None]]:
    """Editions and tombstones whose event is missing: cut off between their page and their event."""
    found: list[tuple[Edition | None, Tombstone | None]] = []
    rows = EditionRow.objects.filter(story__withdrawal=None).annotate(
        heard=Exists(Pulse.objects.filter(ref=OuterRef("story__ref"), rev=OuterRef("rev")))
    )
    found += [(row.value, None) for row in rows.filter(heard=False).order_by("id")[:100]]
    stones = Withdrawal.objects.annotate(
        heard=Exists(Pulse.objects.filter(ref=OuterRef("story__ref"), kind="withdrawal"))
    )
    found += [(None, row.value) for row in stones.filter(heard=False).order_by("id")[:100]]
    return found


def oldest_unannounced() -> datetime | None:
    """When the oldest of these was begun."""
    heard = Exists(Pulse.objects.filter(ref=OuterRef("story__ref"), rev=OuterRef("rev")))
    rows = EditionRow.objects.filter(story__withdrawal=None).annotate(heard=heard).filter(heard=False)
    return rows.order_by("created").values_list("created", flat=True).first()


def witnesses_shown(ref: str, rev: int) -> int:
    """How many witnesses the published pages of a revision name."""
    row = EditionRow.objects.filter(story__ref=ref, rev=rev).first()
    return int(row.payload["record"]["witnesses_signed"]) if row else 0
