"""Input of the facts pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator

from dragoman.base.templatetags.desk import direction
from dragoman.facts import rules, toml
from dragoman.facts.models import Content, Sheet
from dragoman.facts.values import FactDraft, SheetDraft
from dragoman.lib.problems import Problem, TooLarge
from dragoman.lib.text.languages import language_name
from dragoman.staff.models import Mission


class Dressed(forms.Form):
    """A form in the desk's look, which takes a Problem back beside the fields it names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self._dress(name)

    def _dress(self, name: str) -> None:
        widget = self.fields[name].widget
        if not isinstance(widget, forms.CheckboxInput):
            widget.attrs["class"] = "field"

    def _add_text(self, name: str, label: str, lang: str, *, rows: int, initial: str, required: bool) -> None:
        """A box for a text in this language, written from its own side."""
        attrs = {"rows": rows, "lang": lang, "dir": direction(lang), "class": "field tx"}
        box = forms.Textarea(attrs=attrs)
        self.fields[name] = forms.CharField(
            label=label, widget=box, required=required, initial=initial, max_length=rules.MAX_TEXT
        )

    def take(self, problem: Problem) -> None:
        """Put a refusal beside the fields it names, else above the form."""
        placed = False
        for place in problem.where:
            name = self.field_of(str(place.get("field", "")))
            if name in self.fields:
                self.add_error(
                    name, " ".join(filter(None, [str(place["message"]), str(place.get("mend", ""))]))
                )
                placed = True
        if not placed:
            self.add_error(None, f"{problem.detail} {problem.mend}".strip())

    def field_of(self, path: str) -> str:
        """The field's name for a path of a fault: texts.ar -> text_ar."""
        head, _, lang = path.partition(".")
        plain = {"texts": "text", "titles": "title", "summaries": "summary"}.get(head, head)
        return f"{plain}_{lang}" if lang else plain.partition("[")[0]

    def _by_language(self, prefix: str) -> dict[str, str]:
        start = f"{prefix}_"
        return {
            name.removeprefix(start): value
            for name, value in self.cleaned_data.items()
            if name.startswith(start) and isinstance(value, str)
        }


class SheetForm(Dressed):
    """The head of a sheet, new or as it is."""

    slug = forms.CharField(
        label="Short name",
        max_length=50,
        help_text="In addresses and citations, such as visa-free. It stays for ever.",
    )
    mission = forms.ModelChoiceField(
        Mission.objects.none(), to_field_name="slug", label="Owner mission", empty_label=None
    )
    source_language = forms.CharField(
        label="Source language",
        max_length=12,
        help_text="A code, such as en, be or pt-BR. Every fact is written in it.",
    )
    zone = forms.CharField(
        label="Time zone of the dates",
        max_length=60,
        initial="UTC",
        help_text="Such as Europe/Minsk",
        widget=forms.TextInput(attrs={"list": "zones"}),
    )
    demonstration = forms.BooleanField(label="A historical demonstration, not in force", required=False)
    read = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, missions: Any, sheet: Sheet | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        choices = self.fields["mission"]
        assert isinstance(choices, forms.ModelChoiceField)  # noqa: S101 - declared above
        choices.queryset = missions
        language = sheet.source_language if sheet else ""
        self.languages = _languages(language, sheet.titles if sheet else {}) if sheet else []
        if sheet:
            for name in ("slug", "mission"):
                del self.fields[name]
            self._fill(sheet)
        else:
            self._add_text("title", "Title, in the source language", "en", rows=1, initial="", required=True)
            self._add_text(
                "summary", "Summary, in the source language", "en", rows=3, initial="", required=False
            )
            for name in ("title", "summary"):
                self.fields[name].widget.attrs.update(lang="", dir="auto")

    def _fill(self, sheet: Sheet) -> None:
        for name in ("source_language", "zone", "demonstration"):
            self.fields[name].initial = getattr(sheet, name)
        if sheet.facts.exists():
            del self.fields["source_language"]
        self.fields["read"].initial = sheet.head_digest()
        for lang in self.languages:
            name = language_name(lang)
            must = lang == sheet.source_language
            title, summary = sheet.titles.get(lang, ""), sheet.summaries.get(lang, "")
            self._add_text(f"title_{lang}", f"Title, {name}", lang, rows=1, initial=title, required=must)
            self._add_text(
                f"summary_{lang}", f"Summary, {name}", lang, rows=3, initial=summary, required=False
            )

    def zones(self) -> list[str]:
        return sorted(available_timezones())

    def field_of(self, path: str) -> str:
        name = super().field_of(path)
        return name if name in self.fields else name.partition("_")[0] if "_" in name else name

    def draft(self) -> SheetDraft:
        """What was typed, as a plain value; the actions judge it."""
        got = self.cleaned_data
        language = got.get("source_language") or (self.sheet.source_language if self.sheet else "")
        titles, summaries = self._by_language("title"), self._by_language("summary")
        if self.sheet is None:
            titles, summaries = {language: got["title"]}, {language: got["summary"]}
        return SheetDraft(
            slug=got.get("slug", ""),
            source_language=language,
            titles=titles,
            summaries=summaries,
            zone=got["zone"],
            demonstration=got["demonstration"],
        )


class FactForm(Dressed):
    """One fact: new, revised or proposed."""

    valid_from = forms.DateField(
        label="Valid from", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    valid_to = forms.DateField(
        label="Valid to",
        required=False,
        help_text="The last day",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    owner = forms.ModelChoiceField(
        Mission.objects.none(), to_field_name="slug", label="Owner mission", empty_label=None
    )
    sources = forms.CharField(
        label="Sources",
        required=False,
        help_text="Web addresses, one a line",
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "spellcheck": "false"}),
    )
    more_language = forms.CharField(
        label="One more language", required=False, max_length=12, help_text="Its code, such as fr or pt-BR"
    )
    more_text = forms.CharField(
        label="Text in that language",
        required=False,
        max_length=rules.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    more_basis = forms.CharField(
        label="Legal basis in that language",
        required=False,
        max_length=rules.MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 1, "dir": "auto"}),
    )
    why = forms.CharField(label="Reason", required=False, max_length=500)
    read = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        sheet: Sheet,
        languages: Iterable[str],
        missions: Any,
        content: Content | None = None,
        must_say_why: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sheet, self.number = sheet, content.number if content else ""
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101 - declared above
        owner.queryset = missions
        owner.initial = (content or sheet).mission.slug
        self.fields["why"].required = must_say_why
        if content:
            self.fields["valid_from"].initial, self.fields["valid_to"].initial = (
                content.valid_from,
                content.valid_to,
            )
            self.fields["sources"].initial = "\n".join(content.sources)
            self.fields["read"].initial = content.content_digest()
        self.languages = _languages(sheet.source_language, languages)
        for lang in self.languages:
            must, name = lang == sheet.source_language, language_name(lang)
            text = content.texts.get(lang, "") if content else ""
            basis = content.basis.get(lang, "") if content else ""
            self._add_text(f"text_{lang}", f"Text, {name}", lang, rows=4, initial=text, required=must)
            self._add_text(
                f"basis_{lang}", f"Legal basis, {name}", lang, rows=1, initial=basis, required=must
            )

    def pairs(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """For the page: each language with its two boxes."""
        return [(lang, self[f"text_{lang}"], self[f"basis_{lang}"]) for lang in self.languages]

    def clean(self) -> dict[str, Any]:
        got = super().clean() or self.cleaned_data
        lang = got.get("more_language", "")
        if (got.get("more_text") or got.get("more_basis")) and not lang:
            self.add_error("more_language", "Say which language this is.")
        if lang in self.languages:
            self.add_error("more_language", "This language has its own boxes above.")
        return got

    def field_of(self, path: str) -> str:
        name = super().field_of(path)
        if name in self.fields:
            return name
        return {"text": "more_text", "basis": "more_basis"}.get(name.partition("_")[0], name)

    def draft(self) -> FactDraft:
        """What was typed, as a plain value; the actions judge it."""
        got = self.cleaned_data
        texts, basis = self._by_language("text"), self._by_language("basis")
        if got["more_language"]:
            texts[got["more_language"]] = got["more_text"]
            basis[got["more_language"]] = got["more_basis"]
        return FactDraft(
            number=self.number,
            texts=texts,
            basis=basis,
            sources=tuple(got["sources"].split()),
            valid_from=got["valid_from"],
            valid_to=got["valid_to"],
            owner=got["owner"].slug,
        )


class ImportForm(Dressed):
    """A sheet as a file or as pasted text."""

    mission = forms.ModelChoiceField(
        Mission.objects.none(), to_field_name="slug", label="For the mission", empty_label=None
    )
    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        validators=[FileExtensionValidator(["toml", "txt"])],
        widget=forms.FileInput(attrs={"accept": ".toml,.txt,application/toml,text/plain"}),
    )
    source = forms.CharField(
        label="Or the text itself",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "dir": "auto"}),
    )

    def __init__(self, *args: Any, missions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mission = self.fields["mission"]
        assert isinstance(mission, forms.ModelChoiceField)  # noqa: S101 - declared above
        mission.queryset = missions
        self.fields["source"].widget.attrs["class"] = "field proof"

    def clean(self) -> dict[str, Any]:
        """Leaves the text in `source`, wherever it came from."""
        got = super().clean() or self.cleaned_data
        file = got.get("file")
        if isinstance(file, UploadedFile):
            try:
                toml.refuse_large(file.size or 0)
                got["source"] = toml.decode(file.read())
            except TooLarge as problem:
                self.add_error("file", f"{problem.detail} {problem.mend}")
        elif not (got.get("source") or "").strip() and not self.errors:
            self.add_error("source", "Choose a file or paste the text of a sheet.")
        return got


class WhyForm(Dressed):
    """A decision on a proposal."""

    why = forms.CharField(label="Reason", required=False, max_length=500)


def _languages(source: str, others: Iterable[str]) -> list[str]:
    return [source, *sorted({*others} - {source})]
