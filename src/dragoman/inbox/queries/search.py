"""Messages by words: PostgreSQL's full text in the message's language, parts of words where it has none."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Max, OuterRef
from django.db.models.expressions import RawSQL

from dragoman.inbox.models import Message
from dragoman.inbox.models.message import MessageQuerySet
from dragoman.inbox.queries.messages import PAGE, Filters, Page, later_than, missions_of, narrowed, paged
from dragoman.inbox.search_configs import CONFIGS, UNKNOWN, config_of, configs_for
from dragoman.staff.models import Mission, Officer

# Trigrams need three letters: fewer would read the whole table.
FEWEST = 3
LONGEST = 200
# So many of the newest are looked through before the whole is asked.
WINDOW = 2000
MANY_MISSIONS = 20
# As the partial index says it.
KNOWN = ", ".join(f"'{lang}'" for lang in (*CONFIGS, UNKNOWN))
PARTS = f"(split_part(inbox_message.lang, '-', 1) NOT IN ({KNOWN}) AND inbox_message.text ILIKE %s)"


def found(officer: Officer, filters: Filters, *, after: str = "", limit: int = PAGE) -> Page:
    """The newest messages that have these words, as `messages.page` gives them; nothing for no words.

    Words in quotation marks stand together, a minus before a word leaves it out (PostgreSQL's websearch).
    """
    words = " ".join(filters.q.replace("\0", " ").split())[:LONGEST]
    if not words:
        return Page((), "", not after)
    here = list(missions_of(officer, filters).order_by().values_list("pk", flat=True))
    asked = has_words(words, filters.lang)
    ids = _lately(here, filters, asked, after, limit)
    if ids is None:
        rows = narrowed(Message.objects.filter(mission__in=here), filters).filter(asked)
        ids = _newest(later_than(rows, after) if after else rows, limit)
    return paged(ids, after, limit)


def _lately(here: list[int], filters: Filters, asked: RawSQL, after: str, limit: int) -> list[int] | None:
    """A page from the newest messages alone, when that is surely the page: a common word has so many hits
    that sorting them all takes longer the more there are. None when all must be asked."""
    if len(here) > MANY_MISSIONS:
        return None
    rows = narrowed(Message.objects.filter(mission=OuterRef("pk")), filters)
    if after:
        rows = later_than(rows, after)
    newest = ArraySubquery(rows.order_by("-at", "-pk").values("pk")[:WINDOW])
    missions = Mission.objects.filter(pk__in=here).annotate(newest=newest).order_by()
    lists = list(missions.values_list("newest", flat=True))
    found = Message.objects.filter(pk__in=[pk for some in lists for pk in some]).filter(asked)
    cut = [some[-1] for some in lists if len(some) == WINDOW]
    if not cut:
        return _newest(found, limit)
    # Behind the nearest end of a window there may be others that stand before what was found.
    floor = Message.objects.filter(pk__in=cut).aggregate(at=Max("at"))["at"]
    ids = _newest(found.filter(at__gt=floor), limit)
    return ids if len(ids) > limit else None


def _newest(rows: MessageQuerySet, limit: int) -> list[int]:
    return list(rows.order_by("-at", "-pk").values_list("pk", flat=True)[: limit + 1])


def has_words(words: str, lang: str = "") -> RawSQL:
    """The condition. Without a language every configuration that may know the letters is asked."""
    configs = (config_of(lang),) if lang else configs_for(words)
    asked = " || ".join(f"websearch_to_tsquery('pg_catalog.{name}', %s)" for name in configs)
    sql, params = f"inbox_message.search @@ ({asked})", [words] * len(configs)
    if len(words) >= FEWEST and (not lang or config_of(lang) == "simple"):
        sql, params = f"({sql} OR {PARTS})", [*params, f"%{_literal(words)}%"]
    return RawSQL(sql, params, output_field=BooleanField())  # noqa: S611 - names of our own; words are bound


def _literal(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
