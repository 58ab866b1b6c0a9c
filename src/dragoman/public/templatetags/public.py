"""Words, dates and numbers in the page's own language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.template import Context
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from dragoman.public import rules, words

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, key: str, **parts: Any) -> str:
    """A sentence of the chrome with its gaps filled."""
    return format_html(escape(_words(context)[key]), **parts)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime, zone: str) -> SafeString:
    """A time element: 11 January 2017, 12:00."""
    shown = words.day_and_time(at, _words(context).lang, zone)
    return format_html('<time datetime="{}">{}</time>', _iso(at, zone), shown)


@register.simple_tag(takes_context=True)
def zoned(context: Context, at: datetime, zone: str) -> str:
    """Minsk (UTC+3)."""
    return words.zone_name(at, _words(context).lang, zone)


@register.simple_tag(takes_context=True)
def day(context: Context, at: datetime | date, zone: str = "UTC") -> SafeString:
    """A time element: 11 January 2017."""
    iso = _iso(at, zone) if isinstance(at, datetime) else at.isoformat()
    return format_html('<time datetime="{}">{}</time>', iso, words.day(at, _words(context).lang, zone))


@register.simple_tag(takes_context=True)
def count(context: Context, value: int) -> str:
    """1,288 or 1 288, as the language groups digits."""
    return words.number(value, _words(context).lang)


@register.simple_tag
def lang_attrs(lang: str) -> SafeString:
    """`lang` and `dir` of a text in another language than the page."""
    return format_html('lang="{}" dir="{}"', lang, rules.direction(lang))


@register.filter
def tongue(lang: str) -> str:
    """The language's own name."""
    return words.language_name(lang)


def _words(context: Context) -> words.Words:
    found: words.Words = context["w"]
    return found


def _iso(at: datetime, zone: str) -> str:
    return at.astimezone(rules.zone(zone)).isoformat(timespec="seconds")
