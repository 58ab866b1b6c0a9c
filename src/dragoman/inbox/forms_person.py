"""What is handed in about one person who asks for what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from dragoman.channels.models import Channel


class PersonForm(forms.Form):
    """Whose messages, on which channel, and why."""

    handle = forms.CharField(
        label="Handle or address",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "field mid", "autocomplete": "off", "spellcheck": "false"}),
        help_text="As the network shows it. It is looked for in sealed writers and written down nowhere.",
    )
    channel: forms.ModelChoiceField[Channel] = forms.ModelChoiceField(
        label="Channel", queryset=Channel.objects.none(), widget=forms.Select(attrs={"class": "field mid"})
    )
    why = forms.CharField(
        label="Reference of the request",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "field mid"}),
        help_text="Stays in the audit. Write no name here.",
    )

    def __init__(self, *args: Any, channels: Sequence[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["channel"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - as declared above
        field.queryset = Channel.objects.filter(pk__in=[one.pk for one in channels])
