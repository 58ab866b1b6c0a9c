"""The words around the texts on public pages, by language; English stands in for what a language lacks.

A ministry puts its own over them in `$DRAGOMAN_HOME/words/<lang>.toml`: its name, its crest, any sentence.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_decimal

from dragoman.public import rules

PACKAGED = Path(__file__).parent / "words"
FALLBACK = "en"
LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN", "pt": "pt_PT"}


class Words(Mapping[str, str]):
    """The words of one language, asked for by key."""

    def __init__(self, lang: str, known: Mapping[str, str]) -> None:
        self.lang = lang
        self.known = known

    def __getitem__(self, key: str) -> str:
        return self.known[key]

    def __iter__(self):  # type: ignore[no-untyped-def]  # the type is that of Mapping
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def say(self, key: str, **parts: object) -> str:
        """A sentence with its gaps filled."""
        return self.known[key].format(**parts)


def load(lang: str, home: Path | None = None) -> Words:
    """The words of a language: English, then the package's, then the ministry's own, later over earlier."""
    own = home / "words" if home else None
    known: dict[str, str] = {}
    for folder in (PACKAGED, own):
        for code in dict.fromkeys((FALLBACK, lang.partition("-")[0], lang)):
            if folder is not None:
                place = folder / f"{code}.toml"
                known |= _read(place, place.stat().st_mtime_ns if place.exists() else 0)
    return Words(lang, known)


@lru_cache(maxsize=1)
def packaged() -> frozenset[str]:
    """The languages that the package itself has words for."""
    return frozenset(place.stem for place in PACKAGED.glob("*.toml"))


@lru_cache(maxsize=256)
def _read(place: Path, version: int) -> Mapping[str, str]:
    if not version:
        return {}
    return {str(key): str(value) for key, value in tomllib.loads(place.read_text("utf-8")).items()}


@lru_cache(maxsize=256)
def locale(lang: str) -> Locale:
    try:
        return Locale.parse(LOCALES.get(lang, lang.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def language_name(lang: str) -> str:
    """The language's own name in its own script; the tag for a language nobody here knows."""
    try:
        name = Locale.parse(lang.replace("-", "_")).get_display_name() or lang
    except (UnknownLocaleError, ValueError):
        return lang
    return name[:1].upper() + name[1:]


def day(moment: datetime | date, lang: str, zone: str = "UTC") -> str:
    """11 January 2017, as the language writes it, in the zone."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(rules.zone(zone))
    return format_date(moment, "long", locale(lang))


def day_and_time(moment: datetime, lang: str, zone: str) -> str:
    """11 January 2017, 12:00."""
    words = load(lang)
    local = moment.astimezone(rules.zone(zone))
    return words.say("day_time", day=day(moment, lang, zone), time=local.strftime("%H:%M"))


def zone_name(moment: datetime, lang: str, zone: str) -> str:
    """Minsk (UTC+3). For UTC itself just that."""
    known = rules.zone(zone)
    if known == ZoneInfo("UTC"):
        return "UTC"
    offset = moment.astimezone(known).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    shift = f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"
    city = get_timezone_location(zone, locale=locale(lang), return_city=True)
    return f"{city} ({shift})"


def month_name(month: str, lang: str) -> str:
    """January 2017."""
    first = date.fromisoformat(f"{month}-01")
    text = format_date(first, load(lang)["month_form"], locale(lang))
    return text[:1].upper() + text[1:]


def number(value: int, lang: str) -> str:
    return format_decimal(value, locale=locale(lang))
