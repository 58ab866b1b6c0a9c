"""Reads for people who ask: the answer to a receipt, and answers by their words. Nothing of anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dragoman.facts.models import Sheet
from dragoman.inbox.models import AnswerText, AnswerVersion, Message, Reply
from dragoman.inbox.queries import answers
from dragoman.inbox.triage import normal
from dragoman.lib import markdown
from dragoman.staff.models import Mission

MOST = 20
TOLD = ("sent", "queued", "sending")
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Receipt:
    """How a question stands: `state` is waiting, answered, closed or help."""

    state: str
    asked_at: datetime
    answered_at: datetime | None = None
    question: str = ""
    text: str = ""
    lang: str = ""
    corrected: bool = False


@dataclass(frozen=True)
class Found:
    """One approved answer in one language."""

    ref: str
    sheet: str
    lang: str
    question: str
    text: str


def receipt(outside_id: str) -> Receipt | None:
    """What became of a question from the form; None when there is no such number."""
    message = Message.objects.filter(way="form", outside_id=outside_id).first() if outside_id else None
    if message is None:
        return None
    told = (
        Reply.objects.filter(message=message, state__in=TOLD)
        .select_related("version__answer")
        .order_by("-version__number", "-id")
        .first()
    )
    if told is None:
        state = {"help": "help", "closed": "closed"}.get(message.state, "waiting")
        return Receipt(state, message.at)
    # An answer that was corrected since is given in its newest version: nobody acts on the old one.
    standing = answers.standing_of(told.version.answer.ref) or told.version
    text = _text(standing, told.lang) or _text(told.version, told.lang)
    return Receipt(
        "answered",
        message.at,
        told.sent_at or message.answered_at,
        text.question if text else "",
        markdown.to_plain(text.body) if text else "",
        text.lang if text else told.lang,
        standing.number != told.version.number,
    )


def search(words: str, *, lang: str = "", sheet: str = "") -> list[Found]:
    """Approved answers that hold all of these words, in the reader's language first."""
    wanted = normal.fold(words[:LONGEST_SEARCH]).split()
    found = []
    for answer in answers.library():
        if sheet and answer.sheet != sheet:
            continue
        asked = dict(reversed(answer.questions))
        for code, text in answer.texts.items():
            held = normal.fold(f"{asked.get(code, '')} {text}")
            if all(word in held for word in wanted):
                found.append(Found(answer.ref, answer.sheet, code, asked.get(code, ""), text))
    return _best(found, lang)


def near(text: str, *, lang: str = "") -> list[Found]:
    """Answers that share words with what somebody is about to ask: shown before it is sent, never instead."""
    asked = {word for word in normal.fold(text[:2000]).split() if len(word) > 3}
    if not asked:
        return []
    scored = []
    for one in search("", lang=lang):
        if one.lang == lang or not lang:
            held = set(normal.fold(f"{one.question} {one.text}").split())
            scored.append((len(asked & held) / len(asked), one))
    return [one for share, one in sorted(scored, key=lambda pair: -pair[0])[:3] if share >= 0.5]


def mission_for(sheet: str) -> Mission | None:
    """Who answers: the mission of the fact sheet that is asked about, else the ministry itself."""
    about = Sheet.objects.select_related("mission").filter(slug=sheet).first() if sheet else None
    return about.mission if about else Mission.objects.filter(parent__isnull=True).order_by("pk").first()


def sheet_title(slug: str, lang: str) -> str:
    """What is asked about, in the reader's language; empty when there is no such sheet."""
    sheet = Sheet.objects.filter(slug=slug).first() if slug else None
    return str(sheet.titles.get(lang) or sheet.title) if sheet else ""


def _text(version: AnswerVersion, lang: str) -> AnswerText | None:
    texts: Sequence[AnswerText] = list(version.texts.all())
    return next((one for one in texts if one.lang == lang), None)


def _best(found: Sequence[Found], lang: str) -> list[Found]:
    """Each answer once: in the reader's language, else in English, else as it is."""
    chosen: dict[str, Found] = {}
    for one in sorted(found, key=lambda item: (item.lang != lang, item.lang != "en", item.lang)):
        chosen.setdefault(one.ref, one)
    return list(chosen.values())[:MOST]
