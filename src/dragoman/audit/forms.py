"""What one may search the audit by."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms


class SearchForm(forms.Form):
    who = forms.CharField(label="Who", required=False, max_length=150)
    verb = forms.CharField(label="Deed", required=False, max_length=100)
    target = forms.CharField(label="To what", required=False, max_length=200)
    text = forms.CharField(label="Words", required=False, max_length=200)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "field"

    def narrowing(self) -> dict[str, Any]:
        """Arguments of `EventQuerySet.matching`. Days are those of UTC, both included; a field that cannot
        be read narrows nothing."""
        given = getattr(self, "cleaned_data", {})
        wanted: dict[str, Any] = {
            name: given.get(name, "").strip() for name in ("who", "verb", "target", "text") if given.get(name)
        }
        if given.get("since"):
            wanted["since"] = datetime.combine(given["since"], time.min, UTC)
        if given.get("until"):
            wanted["until"] = datetime.combine(given["until"] + timedelta(days=1), time.min, UTC)
        return wanted
