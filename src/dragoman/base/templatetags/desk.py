"""Tags and filters of the desk's pages: states, moments, digests, facts, languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dragoman.base import clock

register = template.Library()

# word in the database -> (colour class, shape, word on the page)
STATES: dict[str, tuple[str, str, str]] = {
    "draft": ("", "draft", "Draft"),
    "review": ("wait", "half", "In review"),
    "approved": ("brand", "checko", "Approved"),
    "armed": ("brand", "armed", "Armed"),
    "planned": ("brand", "armed", "Planned"),
    "releasing": ("wait", "sending", "Releasing"),
    "released": ("good", "sent", "Released"),
    "superseded": ("ask", "corrected", "Corrected"),
    "corrected": ("ask", "corrected", "Corrected"),
    "withdrawn": ("", "withdrawn", "Withdrawn"),
    "voided": ("", "withdrawn", "Voided"),
    "queued": ("", "queued", "Queued"),
    "sending": ("wait", "sending", "Sending"),
    "sent": ("good", "sent", "Sent"),
    "unsure": ("ask", "unsure", "Unsure"),
    "refused": ("bad", "refused", "Refused"),
    "expired": ("", "expired", "Expired"),
    "late": ("ask", "expired", "Late"),
    "cancelled": ("", "cancelled", "Cancelled"),
    "paused": ("wait", "paused", "Paused"),
    "live": ("brand", "live", "Live"),
    "waiting": ("wait", "half", "Waiting"),
    "blocks": ("bad", "refused", "Blocks"),
    "reason": ("ask", "unsure", "Needs a reason"),
    "needs_reason": ("ask", "unsure", "Needs a reason"),
    "needs-reason": ("ask", "unsure", "Needs a reason"),
    "cleared": ("brand", "checko", "Reason given"),
    "warns": ("wait", "warn", "Warns"),
    "ok": ("good", "sent", "Working"),
    "active": ("good", "sent", "Working"),
    "open": ("good", "sent", "Open"),
    "closed": ("", "cancelled", "Closed"),
    "failed": ("bad", "refused", "Failed"),
    "done": ("good", "sent", "Done"),
    "signed": ("good", "sent", "Signed"),
    "verified": ("good", "sent", "Verified"),
    "missing": ("wait", "half", "Missing"),
    "complete": ("good", "sent", "Complete"),
    "proposed": ("wait", "half", "Proposed"),
    "confirmed": ("good", "sent", "Confirmed"),
    "compromised": ("bad", "refused", "Compromised"),
    "retired": ("", "cancelled", "Retired"),
    "discarded": ("", "cancelled", "Refused"),
    "good": ("good", "sent", ""),
    "ask": ("ask", "unsure", ""),
    "bad": ("bad", "refused", ""),
    "wait": ("wait", "half", ""),
}

RTL_SCRIPTS = {"Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm"}
RTL_LANGUAGES = {"ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@register.simple_tag
def state(value: Any, word: str = "") -> SafeString:
    """`{% state "released" %}`: colour, shape and word. A second argument replaces the word."""
    colour, shape, own = STATES.get(str(value), ("", "queued", str(value).replace("_", " ").capitalize()))
    return format_html(
        '<span class="st {}"><svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<use href="#s-{}"/></svg>{}</span>',
        colour,
        shape,
        word or own,
    )


@register.filter
def state_word(value: Any) -> str:
    """The word of a state, for option lists."""
    return STATES.get(str(value), ("", "", str(value).capitalize()))[2]


@register.filter
def state_shape(value: Any) -> str:
    """The sprite's name of a state, for plots."""
    return STATES.get(str(value), ("", "queued", ""))[1]


@register.filter
def state_colour(value: Any) -> str:
    """The colour word of a state, for plots (`k-good` and so on)."""
    return STATES.get(str(value), ("", "queued", ""))[0] or "mute"


def zone_of(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name or "UTC"))
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


def zone_label(name: Any) -> str:
    """`Europe/Minsk` -> `Minsk`."""
    text = str(name or "UTC")
    return text.rpartition("/")[2].replace("_", " ")


@register.filter
def city(zone: Any) -> str:
    return zone_label(zone)


@register.filter
def wall(at: datetime | None, zone: Any) -> str:
    """Hour and minute on the clock of a zone. Write the zone beside it."""
    return f"{at.astimezone(zone_of(zone)):%H:%M}" if at else ""


@register.filter
def offset_of(at: datetime, zone: Any) -> str:
    """`UTC+3`, as the zone stands at that moment."""
    delta = at.astimezone(zone_of(zone)).utcoffset() or timedelta()
    minutes = int(delta.total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


@register.simple_tag
def moment(at: datetime | None, zone: Any = "UTC", form: str = "") -> SafeString | str:
    """A time with its zone. Forms: "" (day and minute), "minute", "clock" (second), "full" (ms), "day"."""
    if at is None:
        return ""
    local = at.astimezone(zone_of(zone))
    day = f"{local.day} {MONTHS[local.month - 1]} {local.year}"
    where = zone_label(zone)
    text = {
        "clock": f"{local:%H:%M:%S} {where}",
        "minute": f"{local:%H:%M} {where}",
        "full": f"{day} {local:%H:%M:%S}.{local.microsecond // 1000:03d} {where} ({offset_of(at, zone)})",
        "day": day,
    }.get(form, f"{day} {local:%H:%M} {where}")
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        f"{utc:%H:%M:%S} UTC",
        text,
    )


@register.filter
def long_day(at: datetime, zone: Any) -> str:
    """The day as a heading: `Thursday 12 January 2017`."""
    local = at.astimezone(zone_of(zone))
    return f"{local:%A} {local.day} {local:%B} {local.year}"


@register.filter
def span(delta: timedelta | None) -> str:
    """A length of time in words: `41 s`, `16 min`, `1 h 48`, `3 days`."""
    if delta is None:
        return ""
    seconds = int(abs(delta.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d}"
    days = seconds // 86400
    return f"{days} day" if days == 1 else f"{days} days"


@register.filter
def ago(at: datetime | None) -> str:
    """How long ago, or until: `4 min ago`, `in 16 min`."""
    if at is None:
        return ""
    delta = clock.now() - at
    return f"in {span(delta)}" if delta < timedelta() else f"{span(delta)} ago"


@register.filter
def fours(value: Any, count: int = 0) -> str:
    """A digest in groups of four, all or the first `count` figures."""
    text = str(value or "")
    text = text[:count] if count else text
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


@register.simple_tag
def digest(value: Any, form: str = "short") -> SafeString | str:
    """Evidence: shortened by default; "eight" is the first eight figures, "whole" all, with a copy button."""
    text = str(value or "")
    if not text:
        return ""
    if form == "whole":
        return format_html(
            '<bdi class="digest" dir="ltr"><b>{}</b> {}</bdi> '
            '<button class="copy" type="button" data-copy="{}">Copy</button>',
            fours(text[:8]),
            fours(text[8:]),
            text,
        )
    if form == "eight" or len(text) <= 24:
        return format_html('<bdi class="digest" dir="ltr" title="{}">{}</bdi>', text, fours(text[:8]))
    return format_html(
        '<bdi class="digest" dir="ltr" title="{}">{} … {}</bdi>', text, fours(text[:16]), text[-4:]
    )


@register.simple_tag
def fact_chip(sheet: Any, number: Any) -> SafeString:
    """A fact's chip; links to the fact and its version."""
    try:
        href = reverse("facts:fact", args=[sheet, number])
    except NoReverseMatch:
        href = ""
    if not href:
        return format_html('<span class="fact"><span class="vh">fact </span>{}</span>', number)
    return format_html('<a class="fact" href="{}"><span class="vh">fact </span>{}</a>', href, number)


def direction(code: Any) -> str:
    """`rtl` for languages written from the right, by script when the code names one."""
    parts = str(code or "").replace("_", "-").split("-")
    scripts = {part.title() for part in parts[1:] if len(part) == 4}
    if scripts:
        return "rtl" if scripts & RTL_SCRIPTS else "ltr"
    return "rtl" if parts[0].lower() in RTL_LANGUAGES else "ltr"


@register.simple_tag
def lang_attrs(code: Any) -> SafeString:
    """`lang="ar" dir="rtl"` for the element that holds a text."""
    return format_html('lang="{}" dir="{}"', code, direction(code))


@register.filter
def own_name(code: Any) -> str:
    """A language's name in its own script: `العربية`."""
    return _language(code, None)


@register.filter
def english_name(code: Any) -> str:
    """A language's name in English, for screen readers and lists of the desk."""
    return _language(code, "en")


def _language(code: Any, shown_in: str | None) -> str:
    text = str(code or "")
    try:
        name = Locale.parse(text, sep="-" if "-" in text else "_").get_display_name(shown_in)
    except (UnknownLocaleError, ValueError, TypeError):
        return text
    return (name[:1].upper() + name[1:]) if name else text


@register.filter
def unquoted(text: str) -> str:
    """Words without the quotation marks that some rules put around them; the page sets its own."""
    return text[1:-1] if text[:1] == "“" and text[-1:] == "”" else text


@register.filter
def words(text: str) -> list[str]:
    """`"auto light dark"|words`: a short list written in a template."""
    return text.split()


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`{{ errors|get:lang }}`: a value of a dict by a variable key."""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""


@register.inclusion_tag("base/_empty.html")
def empty(what: str, then: str = "") -> dict[str, str]:
    """One bold sentence of what is so, one of what will appear."""
    return {"what": what, "then": then}


@register.inclusion_tag("base/_field.html")
def field(bound: Any, hint: str = "") -> dict[str, Any]:
    """A form's field: label, hint above, error between label and field."""
    return {"field": bound, "hint": hint or bound.help_text}


@register.inclusion_tag("base/_meter.html")
def meter(count: int, limit: int | None) -> dict[str, Any]:
    """How full a part is. Decoration: the words beside it say the same."""
    share = 0 if not limit else min(100, round(100 * count / limit))
    kind = "bad" if limit and count > limit else "near" if share >= 95 else ""
    return {"share": share, "kind": kind}


@register.inclusion_tag("base/_problem.html")
def problem_note(problem: Any) -> dict[str, Any]:
    """A Problem in place: what is wrong, where, how to mend it."""
    return {"problem": problem}
