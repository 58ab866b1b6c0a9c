"""Words, times, digests and marks of the table's pages, in the page's own language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dragoman.base import clock
from dragoman.lib.problems import Problem
from dragoman.negotiations.table import words_of
from dragoman.public import rules, words

register = template.Library()

_RING = '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.8"/>'
_CLOCK = (
    '<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M8 4.2V8l2.8 1.8" fill="none" stroke="currentColor" stroke-width="1.6"/>'
)
SHAPES = {
    "open": f'{_RING}<path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>',
    "agreed": f'{_RING}<path d="m5.2 8.2 2 2 3.6-4.2" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "armed": f'{_RING}<circle cx="8" cy="8" r="2.8" fill="currentColor"/>',
    "releasing": '<path d="M1.5 8h11M8.5 3.5 13 8l-4.5 4.5" fill="none" stroke="currentColor"'
    ' stroke-width="2"/>',
    "released": '<circle cx="8" cy="8" r="7" fill="currentColor"/>'
    '<path d="m4.8 8.2 2.3 2.3 4.1-4.8" fill="none" class="knock" stroke-width="1.9"/>',
    "declined": '<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="currentColor"/>'
    '<path d="m5.2 5.2 5.6 5.6m0-5.600-5.600 5.600" class="knock" stroke-width="1.9"/>',
    "expired": _CLOCK,
    "replaced": f'{_RING}<path d="m3.6 12.4 8.8-8.8" stroke="currentColor" stroke-width="1.6"/>',
    "frozen": f'{_RING}<path d="M6.2 5.2v5.6m3.6-5.6v5.6" stroke="currentColor" stroke-width="1.8"/>',
    "waiting": _RING,
}
SHAPES |= {
    "cancelled": SHAPES["replaced"],
    "consent": SHAPES["released"],
    "decline": SHAPES["declined"],
    "in_force": SHAPES["released"],
    "paused": SHAPES["frozen"],
    "founding": SHAPES["open"],
    "closed": SHAPES["replaced"],
}
TONES = {
    "open": "wait",
    "agreed": "good",
    "armed": "wait",
    "releasing": "wait",
    "released": "good",
    "declined": "bad",
    "expired": "ask",
    "consent": "good",
    "decline": "bad",
    "frozen": "bad",
    "in_force": "good",
    "waiting": "ask",
    "paused": "ask",
    "founding": "wait",
}


@register.simple_tag(takes_context=True)
def say(context: Context, key: str, **parts: Any) -> SafeString:
    """A sentence with its gaps filled; what fills them is escaped unless it is markup of ours."""
    sentence = str(conditional_escape(context["t"][key]))
    return mark_safe(sentence.format(**{name: conditional_escape(part) for name, part in parts.items()}))  # noqa: S308 - every part was escaped


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime, zone: str) -> SafeString:
    """A time element: 11 January 2017, 12:00 Riverton (UTC+3)."""
    lang = context["lang"]
    shown, place = words.day_and_time(at, lang, zone), words.zone_name(at, lang, zone)
    iso = at.astimezone(rules.zone(zone)).isoformat(timespec="seconds")
    return format_html('<time datetime="{}"><b>{}</b> <bdi>{}</bdi></time>', iso, shown, place)


@register.simple_tag(takes_context=True)
def left(context: Context, at: datetime) -> str:
    """How long until then: "1 h 48 min", "3 d 2 h"; the word for over when it has passed."""
    return span(at - clock.now(), context["lang"])


def span(rest: timedelta, lang: str) -> str:
    """A stretch of time in two units."""
    known = words_of.load(lang)
    minutes = int(rest.total_seconds() // 60)
    if minutes < 0:
        return known["over"]
    days, hours, rest_minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return known["days_hours"].format(days=days, hours=hours)
    if hours:
        return known["hours_minutes"].format(hours=hours, minutes=rest_minutes)
    return known["minutes"].format(minutes=rest_minutes)


@register.simple_tag
def lang_attrs(lang: str) -> SafeString:
    """`lang` and `dir` of a text in another language than the page."""
    return format_html('lang="{}" dir="{}"', lang, rules.direction(lang))


@register.filter
def tongue(lang: str) -> str:
    """The language's own name."""
    return words.language_name(lang)


@register.simple_tag(takes_context=True)
def named(context: Context, titles: dict[str, str], fallback: str = "") -> SafeString:
    """A title in the page's language or, marked as such, in the first that there is."""
    lang = context["lang"]
    if lang in titles:
        return format_html("{}", titles[lang])
    for other, title in titles.items():
        return format_html('<bdi lang="{}">{}</bdi>', other, title)
    return format_html("{}", fallback)


@register.filter
def groups(digest: str) -> SafeString:
    """A digest in groups of four, readable aloud."""
    parts = [digest[place : place + 4] for place in range(0, len(digest), 4)]
    return format_html('<bdi dir="ltr">{}</bdi>', " ".join(parts))


@register.simple_tag(takes_context=True)
def term(context: Context, prefix: str, name: str) -> str:
    """The word for a state, a kind or a deed; its own name where there is none. What a deed was about, after
    its word, is left out."""
    known, key = context["t"], prefix + "".join(letter if letter.isalnum() else "_" for letter in name)
    if key not in known:
        begins = (one for one in known if one.startswith(prefix) and key.startswith(f"{one}_"))
        key = max(begins, key=len, default=key)
    return str(known.get(key, name))


@register.simple_tag(takes_context=True)
def refusal(context: Context, problem: Problem) -> SafeString:
    """Why something was not done, and what to do: in the page's language where it has words for the code,
    else in the English of the rules, marked as such."""
    words_for_it = context["t"].get(f"why_{problem.code.replace('-', '_')}", "")
    if words_for_it:
        return format_html("<p>{}</p>", words_for_it)
    says = f"{problem.detail} {problem.mend}".strip()
    return format_html('<p lang="en" dir="ltr">{}</p>', says)


@register.simple_tag(takes_context=True)
def state(context: Context, name: str, prefix: str = "state_") -> SafeString:
    """A state as colour, shape and word, always all three."""
    label = context["t"].get(prefix + name, name)
    shape = mark_safe(SHAPES.get(name, _RING))  # noqa: S308 - shapes of ours
    return format_html(
        '<span class="st {}"><svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>{}</span>',
        TONES.get(name, "mute"),
        shape,
        label,
    )


@register.simple_tag
def pieces(found: Any) -> SafeString:
    """A text with what was removed and what was added marked as such."""
    tags = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}
    return format_html_join("", "{}", ((format_html(tags[one.kind], one.text),) for one in found))
