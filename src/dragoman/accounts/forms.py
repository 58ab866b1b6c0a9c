"""Input of the pages of official accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from dragoman.accounts import queries
from dragoman.accounts.models import OfficialAccount
from dragoman.channels.models import Channel
from dragoman.lib.problems import Problem
from dragoman.staff.models import Mission, Officer


class Dressed(forms.Form):
    """A form in the desk's look, which takes a Problem back beside the fields it names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "field")

    def take(self, problem: Problem) -> None:
        """Put a refusal beside the fields it names, else above the form."""
        placed = False
        for place in problem.where:
            if place.get("field") in self.fields:
                self.add_error(str(place["field"]), str(place.get("message", problem.detail)))
                placed = True
        if not placed:
            self.add_error(None, f"{problem.detail} {problem.mend}".strip())


class AccountForm(Dressed):
    """What is known of an account."""

    kind = forms.ChoiceField(label="What it is")
    network = forms.CharField(
        max_length=80, label="Network", help_text="As people know it, such as Bluesky, Mastodon or E-mail"
    )
    handle = forms.CharField(
        max_length=300,
        label="Name there",
        help_text="Such as @ministry@social.example, ministry.example or press@ministry.example",
    )
    address = forms.CharField(
        required=False,
        max_length=500,
        label="Address of the profile",
        help_text="Where people find it, beginning with https://. Readers of the public page follow it",
    )
    languages = forms.CharField(
        required=False,
        label="Languages",
        help_text="Codes with spaces between, such as en ar. Leave it empty for every language",
    )
    valid_from = forms.DateField(
        required=False,
        label="Official from",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: from today",
    )
    valid_to = forms.DateField(
        required=False,
        label="Official until",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: no end is set",
    )
    channel = forms.ModelChoiceField(
        Channel.objects.none(),
        required=False,
        label="Channel that posts on it",
        empty_label="None",
        help_text="Posts go out only on channels whose account is official",
    )
    selector = forms.CharField(
        required=False,
        max_length=63,
        label="DKIM selector",
        help_text="For an e-mail sender: the name under which its key is published, such as mail2026",
    )

    def __init__(
        self, officer: Officer, *args: Any, account: OfficialAccount | None = None, **kwargs: Any
    ) -> None:
        if account is not None:
            names = ("kind", "network", "handle", "address", "valid_from", "valid_to", "channel", "selector")
            kept = {name: getattr(account, name) for name in names}
            kwargs["initial"] = kept | {"languages": " ".join(account.languages)}
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = list(queries.kinds().items())
        channel: Any = self.fields["channel"]
        channel.queryset = Channel.objects.visible_to(officer)

    def values(self) -> dict[str, Any]:
        """What was given, as the deed takes it."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "mission"}
        given["languages"] = str(given["languages"]).replace(",", " ").split()
        return given


class NewAccountForm(AccountForm):
    """A new account, which also needs an owner and a short name."""

    mission = forms.ModelChoiceField(Mission.objects.none(), label="Owner", empty_label=None)
    ref = forms.SlugField(
        max_length=50,
        label="Short name",
        help_text="For the public list: small letters, digits and hyphens, such as mastodon-en",
    )
    field_order: Sequence[str] = ("mission", "kind", "network", "handle", "address", "ref")

    def __init__(self, officer: Officer, *args: Any, **kwargs: Any) -> None:
        super().__init__(officer, *args, **kwargs)
        missions: Any = self.fields["mission"]
        missions.queryset = officer.missions_with("author", "approver", "releaser", "administrator")


class HandForm(Dressed):
    """How a person knows."""

    why = forms.CharField(
        max_length=500,
        label="How you know that it is ours",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    document = forms.CharField(
        max_length=200,
        label="Document that shows it",
        help_text="Such as Note 17/2026, or a contract's number",
    )


class WhyForm(Dressed):
    """A reason."""

    why = forms.CharField(max_length=500, label="Why", widget=forms.Textarea(attrs={"rows": 2}))


class RetireForm(WhyForm):
    """Leaving the register."""

    successor = forms.ModelChoiceField(
        OfficialAccount.objects.none(), required=False, label="Followed by", empty_label="None"
    )
    valid_to = forms.DateField(
        required=False,
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: today",
    )

    def __init__(self, officer: Officer, account: OfficialAccount, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = OfficialAccount.objects.visible_to(officer).filter(state="confirmed").exclude(pk=account.pk)
        successor: Any = self.fields["successor"]
        successor.queryset = others


class NoticeForm(WhyForm):
    """Since when, and the words of the notice in each language."""

    since = forms.DateTimeField(
        label="From when on posts are not ours",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )

    def __init__(
        self,
        texts: Mapping[str, Mapping[str, str]],
        zone: str,
        *args: Any,
        lifting: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.langs, self.zone = list(texts), zone
        if lifting:
            del self.fields["since"]
        else:
            self.fields["since"].help_text = f"In the time of {zone}"
        for lang, one in texts.items():
            for part, rows in (("title", 1), ("summary", 2), ("body", 7)):
                field = forms.CharField(
                    required=part != "summary",
                    initial=one[part],
                    label=part.capitalize(),
                    widget=forms.Textarea(
                        attrs={"rows": rows, "class": "field", "lang": lang, "dir": "auto"}
                    ),
                )
                self.fields[f"{part}_{lang}"] = field

    def parts(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The fields of each language."""
        for lang in self.langs:
            yield lang, [self[f"{part}_{lang}"] for part in ("title", "summary", "body")]

    def first(self) -> list[forms.BoundField]:
        """The fields that are no words of the notice."""
        return [self[name] for name in ("since", "why") if name in self.fields]

    def moment(self) -> datetime:
        """Since when, with the zone of the owner."""
        given: datetime = self.cleaned_data["since"]
        return given.replace(tzinfo=ZoneInfo(self.zone))

    def texts(self) -> dict[str, dict[str, str]]:
        """The words that changed from the template; those left alone follow the moment that was entered."""
        given: dict[str, dict[str, str]] = {}
        for lang in self.langs:
            for part in ("title", "summary", "body"):
                name = f"{part}_{lang}"
                text = str(self.cleaned_data.get(name, "")).replace("\r\n", "\n")
                if text != str(self.fields[name].initial).strip():
                    given.setdefault(lang, {})[part] = text
        return given
