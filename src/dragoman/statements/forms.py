"""What officers hand in about statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.facts.models import Sheet
from dragoman.lib.text.languages import language_name
from dragoman.staff.models import Mission, Officer
from dragoman.statements import rules
from dragoman.statements.models import Revision
from dragoman.statements.queries import pages

KIND_WORDS = {
    "statement": "Statement: the ministry's position",
    "announcement": "Announcement: something will happen",
    "explanation": "Explanation: how a rule works",
    "advice": "Advice: what people should do",
    "comment": "Comment: an answer to an event",
    "notice": "Notice: opening hours, addresses, closures",
}
RISK_WORDS = {
    "ordinary": "Ordinary: one approval",
    "sensitive": "Sensitive: two approvals",
    "high": "High: two approvals, one of them by a releaser",
}
LANE_WORDS = {
    "ordinary": "Ordinary",
    "crisis": "Crisis: one approval now, reviewed within 24 hours, and marked as such",
}
COMMON_LANGUAGES = (
    "en", "fr", "de", "es", "ru", "ar", "zh", "be", "uk", "pl", "lt", "lv", "it", "pt", "tr", "fa", "he",
    "hi", "ja", "ko",
)  # fmt: skip


def _select(attrs: dict[str, str] | None = None) -> forms.Select:
    return forms.Select(attrs={"class": "field mid", **(attrs or {})})


def _line(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "field mid", **attrs})


class NewForm(forms.Form):
    """What is fixed before the first word is written; all but the mission can be changed later."""

    mission = forms.ModelChoiceField(Mission.objects.none(), empty_label=None, widget=_select())
    kind = forms.ChoiceField(choices=list(KIND_WORDS.items()), widget=_select())
    source_language = forms.ChoiceField(
        label="Language you write in", help_text="The others are compared with it.", widget=_select()
    )
    languages = forms.CharField(
        label="Other languages",
        required=False,
        help_text="Codes with a space between them, such as: ru ar zh. More can be added at any time.",
        widget=_line(autocomplete="off"),
    )
    sheet = forms.ChoiceField(
        label="Fact sheet",
        required=False,
        help_text="A bare [F1] in the text is looked up here.",
        widget=_select(),
    )
    channels = forms.ModelMultipleChoiceField(
        Channel.objects.none(),
        required=False,
        help_text="The own page and feeds come first, always. These are copies that link back.",
        widget=forms.CheckboxSelectMultiple,
    )
    risk = forms.ChoiceField(choices=list(RISK_WORDS.items()), widget=_select())
    lane = forms.ChoiceField(choices=list(LANE_WORDS.items()), widget=_select(), initial="ordinary")

    def __init__(self, officer: Officer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _field(self, "mission").queryset = pages.writable_missions(officer)
        _field(self, "channels").queryset = usable_channels(officer)
        _field(self, "source_language").choices = [(code, language_name(code)) for code in COMMON_LANGUAGES]
        _field(self, "sheet").choices = sheet_choices(officer)

    def clean_languages(self) -> list[str]:
        return language_codes(self.cleaned_data["languages"])


class SettingsForm(forms.Form):
    """Kind, risk, lane, sheet and channels of what is being written."""

    kind = forms.ChoiceField(choices=list(KIND_WORDS.items()), widget=_select())
    risk = forms.ChoiceField(choices=list(RISK_WORDS.items()), widget=_select())
    lane = forms.ChoiceField(choices=list(LANE_WORDS.items()), widget=_select())
    channels = forms.ModelMultipleChoiceField(
        Channel.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    facts = forms.CharField(
        label="Facts the whole statement leans on",
        required=False,
        help_text="Beside those cited in its texts, such as: visa-free/F1 visa-free/F9.",
        widget=_line(autocomplete="off"),
    )

    def __init__(self, officer: Officer, revision: Revision, *args: Any, **kwargs: Any) -> None:
        statement = revision.statement
        kwargs.setdefault(
            "initial",
            {
                "kind": statement.kind,
                "risk": statement.risk,
                "lane": statement.lane,
                "channels": list(revision.channels.all()),
                "facts": " ".join(revision.citations.filter(inline=False).values_list("cite", flat=True)),
            },
        )
        super().__init__(*args, **kwargs)
        _field(self, "channels").queryset = usable_channels(officer)
        if revision.is_correction:
            for name in ("kind", "risk", "lane"):
                del self.fields[name]

    def clean_facts(self) -> list[str]:
        return str(self.cleaned_data["facts"]).replace(",", " ").split()


class LanguageForm(forms.Form):
    """One more language."""

    lang = forms.CharField(
        label="Add a language",
        max_length=35,
        help_text="Its code, such as ar or zh-Hant.",
        widget=forms.TextInput(
            attrs={"class": "field narrowest", "list": "languages-known", "autocomplete": "off"}
        ),
    )

    def clean_lang(self) -> str:
        return language_codes(self.cleaned_data["lang"], one=True)[0]


class ReasonForm(forms.Form):
    """Why: kept with the deed, and shown to the auditor."""

    why = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "field", "rows": "3"}),
    )


class PlanForm(forms.Form):
    """Now, or at a moment on the clock of a zone."""

    when = forms.ChoiceField(choices=[("now", "Now"), ("at", "At a time")], widget=forms.RadioSelect)
    day = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date", "class": "field narrowest"})
    )
    hour = forms.TimeField(
        label="Time",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "field narrowest"}),
    )
    zone = forms.ChoiceField(required=False, widget=_select())

    def __init__(self, zone: str, *args: Any, **kwargs: Any) -> None:
        local = clock.now().astimezone(ZoneInfo(zone)) + timedelta(hours=1)
        kwargs.setdefault(
            "initial",
            {"when": "now", "day": local.date(), "hour": local.strftime("%H:00"), "zone": zone},
        )
        super().__init__(*args, **kwargs)
        names = sorted(available_timezones() | {zone})
        _field(self, "zone").choices = [(name, name.replace("_", " ")) for name in names]

    def clean(self) -> dict[str, Any]:
        """Adds `at`, aware, or None for now."""
        data = super().clean() or self.cleaned_data
        data["at"] = None
        if data.get("when") != "at":
            return data
        if not data.get("day") or not data.get("hour"):
            raise forms.ValidationError("Give a day and a time, or choose “now”.")
        zone = ZoneInfo(data.get("zone") or "UTC")
        at = datetime.combine(data["day"], data["hour"], tzinfo=zone)
        now = clock.now()
        if at < now:
            local = now.astimezone(zone)
            self.add_error(
                "hour", f"{at:%H:%M} has passed. Give a time after {local:%H:%M}, or choose “now”."
            )
        data["at"] = at
        return data


class WordsForm(forms.Form):
    """A note for the public in each language of the statement; at least one must be written."""

    def __init__(self, langs: Sequence[str], label: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.langs = list(langs)
        for lang in langs:
            self.fields[f"words_{lang}"] = forms.CharField(
                label=f"{label}, in {language_name(lang)}",
                required=False,
                max_length=rules.SUMMARY_LIMIT,
                widget=forms.Textarea(
                    attrs={"class": "field word", "rows": "3", "lang": lang, "dir": "auto"}
                ),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["words"] = {
            lang: data[f"words_{lang}"].strip()
            for lang in self.langs
            if data.get(f"words_{lang}", "").strip()
        }
        if not data["words"]:
            raise forms.ValidationError("The public must be told why, in at least one language.")
        return data


class PictureForm(forms.Form):
    """A picture to add. Its data about camera and place is taken out, and it is made anew."""

    file = forms.FileField(
        label="Picture",
        help_text="JPEG, PNG or WebP, up to 20 MB. Place and camera data are taken out.",
        widget=forms.ClearableFileInput(
            attrs={"class": "field mid", "accept": "image/jpeg,image/png,image/webp"}
        ),
    )


def usable_channels(officer: Officer) -> Any:
    """Channels of the missions of the officer and of those above them."""
    return Channel.objects.visible_to(officer)


def sheet_choices(officer: Officer) -> list[tuple[str, str]]:
    sheets = Sheet.objects.all().visible_to(officer)
    return [("", "None yet"), *((sheet.slug, f"{sheet.title} ({sheet.slug})") for sheet in sheets)]


def language_codes(text: str, *, one: bool = False) -> list[str]:
    """Codes in a line of text; raises a form's error that names the wrong one."""
    codes = list(dict.fromkeys(str(text).replace(",", " ").split()))
    for code in codes:
        if not rules.is_language(code):
            raise forms.ValidationError(f"“{code}” is not a language code. Write one such as ar or zh-Hant.")
    if one and len(codes) != 1:
        raise forms.ValidationError("Give one language code, such as ar.")
    return codes


def _field(form: forms.Form, name: str) -> Any:
    return form.fields[name]
