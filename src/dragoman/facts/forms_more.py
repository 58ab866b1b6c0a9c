"""Input of the pages for known wrong beliefs and for decision tables."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import shorten
from typing import Any

from django import forms

from dragoman.facts import beliefs
from dragoman.facts.forms import Dressed
from dragoman.facts.models import Belief, Fact
from dragoman.facts.values import BeliefDraft
from dragoman.lib.text.languages import language_name


class TableForm(Dressed):
    """A decision table as TOML."""

    source = forms.CharField(
        label="The table as TOML",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "dir": "ltr"}),
    )
    why = forms.CharField(label="What changes, and why", required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].widget.attrs["class"] = "field proof"


class BeliefForm(Dressed):
    """A wrong belief: title, the facts it clashes with, the wrong and the right sentence by language."""

    title = forms.CharField(label="In a few words", max_length=200)
    facts = forms.MultipleChoiceField(label="Facts it clashes with", widget=forms.CheckboxSelectMultiple)
    source = forms.CharField(label="Where it was seen", required=False, max_length=beliefs.MAX_SOURCE)
    read = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        belief: Belief | None,
        languages: Iterable[str],
        facts: Iterable[Fact],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.belief, self.languages = belief, list(languages)
        choice = self.fields["facts"]
        assert isinstance(choice, forms.MultipleChoiceField)  # noqa: S101 - declared above
        choice.choices = [
            (fact.number, f"{fact.number}: {shorten(fact.text, 90, placeholder='…')}") for fact in facts
        ]
        choice.widget.attrs.pop("class", None)
        for n, lang in enumerate(self.languages):
            for name, label in (("statements", "Wrong"), ("corrections", "Right")):
                initial = getattr(belief, name).get(lang, "") if belief else ""
                words = f"{label}, in {language_name(lang)}"
                self._add_text(f"{name}_{lang}", words, lang, rows=2, initial=initial, required=n == 0)
        if belief:
            told = {"title": belief.title, "facts": belief.facts, "source": belief.source}
            self.initial.update(told, read=belief.content_digest())

    def pairs(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """For the page: language, wrong sentence, right sentence."""
        return [(lang, self[f"statements_{lang}"], self[f"corrections_{lang}"]) for lang in self.languages]

    def draft(self) -> BeliefDraft:
        got = self.cleaned_data
        return BeliefDraft(
            code=self.belief.code if self.belief else "",
            title=got["title"],
            facts=tuple(got["facts"]),
            statements={lang: got[f"statements_{lang}"] for lang in self.languages},
            corrections={lang: got[f"corrections_{lang}"] for lang in self.languages},
            source=got["source"],
        )

    def field_of(self, path: str) -> str:
        """statements.ar -> statements_ar."""
        head, _, lang = path.partition(".")
        return f"{head}_{lang}" if lang else head.partition("[")[0]
