"""The words of the pages where people subscribe, in the language of the page around them."""

from __future__ import annotations

from django import template
from django.template import Context

from dragoman.channels import wording
from dragoman.lib.text.languages import locale_of

register = template.Library()


@register.simple_tag(takes_context=True)
def wordings(context: Context) -> wording.Words:
    """The words in the page's language; English, where that has none here."""
    return wording.load(str(context.get("lang", wording.FALLBACK)))


@register.filter
def tongue_name(lang: str) -> str:
    """The language's own name."""
    locale = locale_of(lang)
    name = locale.get_display_name() if locale else None
    return f"{name[:1].upper()}{name[1:]}" if name else lang
