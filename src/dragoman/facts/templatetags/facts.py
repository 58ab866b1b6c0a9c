"""Filters of the facts pages."""

from django import template

from dragoman.facts import words
from dragoman.facts.values import ImportPlan

register = template.Library()


@register.filter
def change_words(name: str) -> str:
    """`texts.ar` as `text (ar)`."""
    return words.change_words(name)


@register.filter
def text_of(plan: ImportPlan, number: str) -> str:
    """What the file says under this number, in the source language."""
    found = (
        fact.texts.get(plan.draft.source_language, "") for fact in plan.draft.facts if fact.number == number
    )
    return next(found, "")
