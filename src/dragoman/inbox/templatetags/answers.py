"""The panel of a question's answer, for the page that shows it."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from dragoman.inbox import answer_rules as rules
from dragoman.inbox.models import Question
from dragoman.inbox.queries import answers_pages, answers_panel
from dragoman.staff.models import Officer

register = template.Library()

WORDS = {
    "gone": "Taken back by its writer",
    "erased": "Erased",
    "help": "A call for help",
    "spam": "Labelled as spam or abuse",
    "hidden": "Hidden for personal data",
    "old": "Written more than a month ago",
    "no-text": "No text yet in their language",
    "no-reply": "The network takes no reply",
    "channel-off": "The channel is off",
    "unofficial": "The channel may not speak",
    "no-mail": "No channel sends letters",
    "no-address": "The address is not kept",
    "too-long": "Too long for the network",
    "refused": "Refused by the network",
    "expired": "Waited too long",
    "answered": "Answered by hand",
    "": "Unsure whether it left",
}


@register.simple_tag
def answer_panel(question: Question, officer: Officer, chosen: str = "") -> answers_panel.Panel:
    """Everything that `inbox/_answer_panel.html` shows."""
    return answers_panel.panel(question, officer, chosen=chosen)


@register.filter
def answer_html(body: str, sheet: str) -> SafeString:
    """A text as the public page shows it, its citations leading to the facts on the desk."""
    return mark_safe(answers_pages.html_of(body, sheet))  # noqa: S308  cleaned by lib.markdown


@register.filter
def stuck_word(reason: str) -> str:
    """Why somebody is not told by the desk, in a few words."""
    return WORDS.get(reason, reason)


@register.filter
def instead(reason: str) -> str:
    """What a person does instead."""
    return rules.INSTEAD.get(reason, "Look at the message and decide.")
