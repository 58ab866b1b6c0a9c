"""Input of the channels pages. The set-up form is drawn from the fields that a kind declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from dragoman.channels.connector import Field, Kind
from dragoman.channels.models import Channel
from dragoman.lib.problems import Problem
from dragoman.staff.models import Mission, Officer


class Dressed(forms.Form):
    """A form in the desk's look, which takes a Problem back beside the fields it names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self._dress(name)

    def _dress(self, name: str) -> None:
        self.fields[name].widget.attrs["class"] = "field"

    def _declare(self, field: Field, value: str = "") -> None:
        """A form field for a declared one. A secret is never filled in."""
        made: forms.Field
        if field.choices:
            made = forms.ChoiceField(choices=field.choices)
        elif field.secret:
            hidden = forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"})
            made = forms.CharField(widget=hidden, max_length=2000, strip=True)
        else:
            made = forms.CharField(max_length=500)
        made.label, made.help_text = field.label, field.hint
        # What has a default may be left empty; of choices one is always taken.
        made.required = field.required and (bool(field.choices) or not field.default)
        if not field.secret:
            made.initial = value or field.default
        if self.is_bound and field.default and field.name not in self.data:
            # A program that knows nothing of a newer field leaves it at its default, as the API does.
            given: Any = self.data
            self.data = given.copy()
            given = self.data
            given[field.name] = value or field.default
        self.fields[field.name] = made
        self._dress(field.name)

    def take(self, problem: Problem) -> None:
        """Put a refusal beside the fields it names, else above the form."""
        placed = False
        for place in problem.where:
            if place.get("field") in self.fields:
                self.add_error(str(place["field"]), str(place["message"]))
                placed = True
        if not placed:
            self.add_error(None, f"{problem.detail} {problem.mend}".strip())


class ChannelForm(Dressed):
    """A channel: what all kinds have, then what this kind declares."""

    label = forms.CharField(
        max_length=120, label="Name", help_text="As officers know it, such as @ministry.example"
    )
    languages = forms.CharField(
        required=False,
        label="Languages",
        help_text="Codes with spaces between, such as en ar zh-Hant. Leave it empty to carry every language.",
    )
    useful_hours = forms.IntegerField(
        min_value=1,
        max_value=24 * 90,
        initial=24,
        label="Of use for so many hours",
        help_text="After that a delivery that has not gone out expires instead of coming late",
    )

    def __init__(self, kind: Kind, *args: Any, channel: Channel | None = None, **kwargs: Any) -> None:
        if channel is not None:
            kwargs["initial"] = {
                "label": channel.label,
                "languages": " ".join(channel.languages),
                "useful_hours": channel.useful_hours,
            }
        super().__init__(*args, **kwargs)
        self.kind = kind
        kept: Mapping[str, str] = channel.settings if channel else {}
        for field in kind.fields:
            if channel is None or not field.secret:
                self._declare(field, kept.get(field.name, ""))

    def folded(self) -> list[forms.BoundField]:
        """The fields that have a good default, and are folded away."""
        names = [field.name for field in self.kind.fields if field.advanced]
        return [self[name] for name in names if name in self.fields]

    def open_fields(self) -> list[forms.BoundField]:
        """The fields that everybody fills in."""
        folded = {bound.name for bound in self.folded()}
        return [bound for bound in self if bound.name not in folded]

    def folded_wrong(self) -> bool:
        """Is there something to mend among what is folded away?"""
        return any(bound.errors for bound in self.folded())

    def values(self) -> dict[str, str]:
        """What was given for the kind's own fields."""
        return {
            field.name: str(self.cleaned_data.get(field.name) or "")
            for field in self.kind.fields
            if field.name in self.fields
        }

    def codes(self) -> list[str]:
        return str(self.cleaned_data["languages"]).replace(",", " ").split()


class NewChannelForm(ChannelForm):
    """A new channel, which also needs an owner and a short name."""

    mission = forms.ModelChoiceField(Mission.objects.none(), label="Mission", empty_label=None)
    slug = forms.SlugField(
        max_length=60,
        label="Short name",
        help_text="For addresses and the API: small letters, digits and hyphens, such as bluesky-en",
    )
    field_order: Sequence[str] = ("mission", "label", "slug", "languages", "useful_hours")

    def __init__(self, kind: Kind, officer: Officer, *args: Any, **kwargs: Any) -> None:
        super().__init__(kind, *args, **kwargs)
        missions: Any = self.fields["mission"]
        missions.queryset = officer.missions_with("administrator")


class CredentialsForm(Dressed):
    """New secrets of a channel. An empty one keeps what is stored."""

    def __init__(self, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in kind.fields:
            if field.secret:
                self._declare(field)
                self.fields[field.name].required = False


class DecideForm(Dressed):
    """What a person saw on the network."""

    ANSWERS = (
        ("out", "It is out"),
        ("again", "It is not out: send it again"),
        ("leave", "It is not out: leave it so"),
    )
    answer = forms.ChoiceField(choices=ANSWERS, widget=forms.RadioSelect, label="What you saw")
    remote_url = forms.CharField(
        required=False, max_length=1000, label="Its address there", help_text="When it is out, if you have it"
    )
    why = forms.CharField(
        max_length=1000,
        label="Where you looked and what you saw",
        help_text="Kept with the delivery and shown to the auditor",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def _dress(self, name: str) -> None:
        if name != "answer":
            super()._dress(name)


class WhyForm(Dressed):
    """A reason."""

    why = forms.CharField(max_length=500, label="Why")
