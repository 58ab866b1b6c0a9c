"""Tags and filters of the inbox's pages."""

from __future__ import annotations

from typing import Any

from babel import Locale
from django import template

from dragoman.inbox.models import Message

register = template.Library()

WAYS = {"form": "question form", "mail": "e-mail", "replay": "replay"}
# Kept in step with the number of letters, so that what stands beside it stays where it was.
MASK = "•"


@register.filter
def masked(message: Message) -> str:
    """The text with personal data blotted out, as lists show it."""
    text = message.text
    for span in sorted(message.personal, key=lambda one: -int(one["start"])):
        start, end = int(span["start"]), int(span["end"])
        text = text[:start] + MASK * max(0, min(end, len(text)) - start) + text[end:]
    return text


@register.filter
def country(code: Any) -> str:
    """The English name of a country."""
    return str(Locale("en").territories.get(str(code).upper(), str(code)))


@register.filter
def way(message: Message) -> str:
    """By which way it came: the channel's label, or our own form."""
    return message.channel.label if message.channel is not None else WAYS.get(message.way, message.way)


@register.filter
def cite(label: Any) -> tuple[str, str]:
    """ "visa-free/F2" as sheet and number."""
    sheet, _, number = str(label).partition("/")
    return sheet, number


@register.filter
def sureness(value: Any) -> str:
    """A calibrated confidence as the desk writes it: .94, and never a rounded 1."""
    share = min(0.99, max(0.0, float(value)))
    return f"{share:.2f}"[1:]
