"""Filters of the pages of messages, calls for help and quality."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dragoman.inbox.queries.messages import Whole

register = template.Library()


@register.filter
def marked(whole: Whole) -> SafeString:
    """The whole text, with personal data marked: an officer who opens a message reads it as it is."""
    parts: list[tuple[SafeString | str]] = []
    place = 0
    for span in whole.covered:
        start, end = max(place, span.start), min(span.end, len(whole.text))
        if start >= end:
            continue
        parts.append((whole.text[place:start],))
        parts.append((format_html('<mark title="{}">{}</mark>', span.what, whole.text[start:end]),))
        place = end
    parts.append((whole.text[place:],))
    return format_html_join("", "{}", parts)


@register.filter
def percent(share: Any) -> str:
    """`86 %`; what is nearly all is never rounded to all."""
    value = float(share)
    if value < 1:
        value = min(value, 0.999)
    return f"{value * 100:.1f} %"


@register.filter
def of(part: Any, whole: Any) -> str:
    """The share of one number in another."""
    return percent(int(part) / int(whole)) if int(whole) else ""
