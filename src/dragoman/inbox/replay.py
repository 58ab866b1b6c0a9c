"""A sample day of questions, played again: what people might have written on the day after the decree.

Invented wordings (`dragoman/sample/questions/`) are drawn, spoiled as haste spoils them, and spread over one
day by the hour of each part of the world. The same seed gives the same day. Nobody in it exists.
"""

from __future__ import annotations

import functools
import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources

from dragoman.inbox import spoiling

DAY = 86_400
# Of a hundred messages, about how many are what. Calls for help are few, and never fewer than one in 500.
MIX = {
    "question": 68.0,
    "wrong": 7.0,
    "thanks": 6.0,
    "other": 6.5,
    "spam": 4.5,
    "critic": 2.5,
    "complaint": 2.0,
    "abuse": 1.4,
    "press": 0.9,
    "help": 0.7,
    "data": 0.5,
}
# Some questions are asked far more often than others.
OFTEN = {
    "count": 5,
    "out": 4,
    "list": 4,
    "russia": 3,
    "card": 3,
    "cover": 3,
    "start": 3,
    "money": 2,
    "nine": 2,
}
NETWORKS = {"facebook": 22, "telegram": 22, "x": 16, "instagram": 10, "email": 10, "form": 8, "mastodon": 6}
NETWORKS |= {"bluesky": 3, "threads": 2, "youtube": 1}
# How awake people are at each hour of their own clock.
HOURS = (3, 2, 1, 1, 1, 2, 4, 9, 14, 17, 18, 18, 19, 18, 17, 16, 16, 17, 19, 21, 21, 18, 12, 6)
NAMES = [
    "anna",
    "marek",
    "tomas",
    "lena",
    "juris",
    "katja",
    "paulo",
    "mina",
    "hiro",
    "ravi",
    "linh",
    "omar",
    "elif",
    "sofia",
    "nils",
    "vera",
    "igor",
    "aija",
]
THINGS = [
    "travels",
    "minsk",
    "on_tour",
    "weekend",
    "bike",
    "photo",
    "fly",
    "map",
    "summer",
    "north",
    "chess",
    "coffee",
    "trip",
    "rail",
    "snow",
    "blue",
]
ANSWERS_TO = 0.35  # of the messages on open networks, how many stand under the ministry's announcement
# A wrong belief comes in a wave: the hour (UTC) when most repeat it, before the correction has gone round.
WAVES = {"M1": 7.0, "M2": 10.0, "M3": 12.5, "M4": 9.0, "M5": 15.0, "M6": 17.0, "M8": 6.0}
# One advertisement is posted by many handles within an hour, each a little changed.
CAMPAIGN_AT, CAMPAIGN_EACH = 13.2, 250
COPIES = 0.05  # how many repeat an earlier message to the letter, as with copy and paste
SERIOUS = ("help", "press", "data")  # never spoiled for show


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message of the day. `number` counts from 0 in order of time; `at_offset` is in seconds
    from midnight UTC.

    `in_reply_to` is the number of an earlier message of the same thread, or None; `to_statement` says that it
    stands under the ministry's announcement. `kind` and `about` say what it was drawn as (the intent of a
    question, or the misunderstanding M1 to M12): for checking what triage makes of it,
    never to be shown to triage.
    """

    number: int
    at_offset: float
    network: str
    author: str
    text: str
    lang: str
    country: str | None
    kind: str
    about: str = ""
    in_reply_to: int | None = None
    to_statement: bool = False


@dataclass(frozen=True, slots=True)
class Wordings:
    """What is said in one language."""

    lang: str
    utc_offset: float
    weight: float
    countries: tuple[str, ...]
    openings: tuple[str, ...]
    closings: tuple[str, ...]
    by_kind: Mapping[str, Mapping[str, tuple[str, ...]]]


@functools.cache
def wordings() -> tuple[Wordings, ...]:
    """All languages of the sample day, in order of their tags."""
    folder = resources.files("dragoman.sample") / "questions"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(_read(file.name.removesuffix(".toml"), file.read_text("utf-8")) for file in files)


def _read(lang: str, text: str) -> Wordings:
    told = tomllib.loads(text)
    by_kind = {
        "question": {about: tuple(said) for about, said in told["questions"].items()},
        "wrong": {about: tuple(said) for about, said in told["wrong"].items()},
        **{kind: {"": tuple(said)} for kind, said in told["said"].items()},
    }
    return Wordings(
        lang=lang,
        utc_offset=float(told["utc_offset"]),
        weight=float(told["weight"]),
        countries=tuple(told["countries"]),
        openings=tuple(told["openings"]),
        closings=tuple(told["closings"]),
        by_kind=by_kind,
    )


def day(count: int, seed: int) -> Iterator[Spoken]:
    """`count` messages of one day, in order of time. The same `count` and `seed` give the same day."""
    if count < 0:
        raise ValueError("a day has no fewer than 0 messages")
    chance = random.Random(f"day {seed}")  # noqa: S311 - a play that can be repeated, no secret
    drawn = _campaign([_drawn(chance) for _ in range(count)], chance)
    drawn.sort(key=lambda one: (one.at_offset, one.text, one.author))
    calls = sum(one.kind == "help" for one in drawn)
    for _ in range(calls, count // 500 + (count >= 20)):
        place = chance.randrange(count)
        drawn[place] = _filled(replace(drawn[place], kind="help", in_reply_to=None), chance)
    yield from _threads([replace(one, number=number) for number, one in enumerate(drawn)], chance)


def _pick(chance: random.Random, weights: Mapping[str, float]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _drawn(chance: random.Random) -> Spoken:
    spoken = chance.choices(wordings(), [one.weight for one in wordings()])[0]
    network = _pick(chance, NETWORKS)
    empty = Spoken(
        number=0,
        at_offset=_moment(chance, spoken.utc_offset),
        network=network,
        author=_author(chance, network),
        text="",
        lang=spoken.lang,
        country=chance.choice(spoken.countries) if chance.random() < 0.6 else None,
        kind=_pick(chance, MIX),
        to_statement=network not in ("email", "form") and chance.random() < ANSWERS_TO,
    )
    return _waved(_filled(empty, chance), chance)


def _waved(one: Spoken, chance: random.Random) -> Spoken:
    """A wrong belief at the hour of its wave; anything else when it came."""
    peak = WAVES.get(one.about) if one.kind == "wrong" else None
    if peak is None or chance.random() < 0.2:
        return one
    seconds = chance.gauss(peak, 1.4) * 3600
    return replace(one, at_offset=min(max(round(seconds, 3), 0.0), DAY - 1.0))


def _campaign(drawn: list[Spoken], chance: random.Random) -> list[Spoken]:
    """Some of the advertising as one advertisement under many handles, within the same hour."""
    places = [place for place, one in enumerate(drawn) if one.kind == "spam"][: len(drawn) // CAMPAIGN_EACH]
    for place in places[1:]:
        first = drawn[places[0]]
        text = chance.choice((first.text, f"{first.text} {chance.randrange(100)}", f"{first.text}!"))
        at = (CAMPAIGN_AT + chance.random()) * 3600
        drawn[place] = replace(drawn[place], text=text, lang=first.lang, at_offset=round(at, 3))
    return drawn


def _filled(one: Spoken, chance: random.Random) -> Spoken:
    """The same message with words of its kind in its language; English where that language has none."""
    spoken = next(w for w in wordings() if w.lang == one.lang)
    if not spoken.by_kind.get(one.kind):
        spoken = next(w for w in wordings() if w.lang == "en")
    said = spoken.by_kind[one.kind]
    about = _pick(chance, {about: OFTEN.get(about, 1) for about in said})
    text = chance.choice(said[about])
    if one.kind not in SERIOUS and one.kind != "spam":
        text = _phrased(text, one, spoken, chance)
        text = spoiling.spoiled(text, one.lang if spoken.lang == one.lang else "en", chance)
    return replace(one, text=text, lang=spoken.lang, about=about)


def _phrased(text: str, one: Spoken, spoken: Wordings, chance: random.Random) -> str:
    """With a greeting before it or a thanks behind it, as mail has more often than a comment."""
    polite = 0.6 if one.network in ("email", "form") else 0.18
    if one.kind in ("question", "wrong", "complaint") and spoken.openings and chance.random() < polite:
        text = f"{chance.choice(spoken.openings)} {text}"
    if one.kind == "question" and spoken.closings and chance.random() < polite:
        text = f"{text} {chance.choice(spoken.closings)}"
    return text


def _moment(chance: random.Random, utc_offset: float) -> float:
    hour = chance.choices(range(24), HOURS)[0]
    seconds = hour * 3600 + chance.random() * 3600 - utc_offset * 3600
    return round(seconds % DAY, 3) % DAY


def _author(chance: random.Random, network: str) -> str:
    """An invented handle; the domains are those that RFC 2606 keeps for examples."""
    name = f"{chance.choice(NAMES)}_{chance.choice(THINGS)}{chance.randrange(10_000)}"
    if network == "form":
        return ""
    if network == "email":
        return f"{name}@mail.example"
    if network == "mastodon":
        return f"@{name}@social.example"
    return f"@{name}"


def _threads(drawn: Sequence[Spoken], chance: random.Random) -> Iterator[Spoken]:
    """Copies of earlier words, and replies to earlier messages on the same network."""
    last: dict[str, Spoken] = {}
    copied: list[Spoken] = []
    for one in drawn:
        kept = one
        if copied and one.kind in ("question", "spam", "critic") and chance.random() < COPIES:
            source = chance.choice(copied[-200:])
            if source.kind == one.kind:
                kept = replace(one, text=source.text, lang=source.lang, about=source.about)
        before = last.get(one.network)
        open_network = one.network not in ("email", "form")
        if before and open_network and not one.to_statement and chance.random() < 0.15:
            kept = replace(kept, in_reply_to=before.number)
        last[one.network] = kept
        if kept.kind in ("question", "spam", "critic"):
            copied.append(kept)
        yield kept
