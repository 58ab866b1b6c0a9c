"""The set of languages: what must be there and is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dragoman.lib.text.languages import language_name
from dragoman.statements.guidelines.model import DraftText, Hit, Rule
from dragoman.statements.guidelines.reading import Reading


def complete(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """LNG-1: every required language is there, and every language there has all required fields."""
    draft = reading.draft
    fields: Sequence[str] = rule.parameters.get("fields", ["title", "body"])
    required = dict.fromkeys([*rule.parameters.get("at_least", []), *draft.required_languages])
    if not draft.languages and not required:
        required = {draft.source_language: None}
    there = {text.lang: text for text in draft.languages}
    for lang in dict.fromkeys([*required, *there]):
        text = there.get(lang, DraftText(lang))
        empty = [name for name in fields if not getattr(text, name).strip()]
        if len(empty) == len(fields):
            name = language_name(lang)
            yield Hit(
                words=name,
                lang=lang,
                field="statement",
                why=f"There is no text in {name}." if lang in required else f"{name} was begun and is empty.",
                mend=f"Write the text in {name}."
                + ("" if lang in required else " Or take the language out."),
            )
        else:
            yield from (_empty_field(lang, name) for name in empty)
    source = there.get(draft.source_language)
    if source is not None:
        yield from _missing_summaries(source, there, fields)


def _empty_field(lang: str, name: str) -> Hit:
    language = language_name(lang)
    return Hit(
        words=f"{language}, {name}",
        lang=lang,
        field=name,
        start=0,
        end=0,
        why=f"The {name} in {language} is empty.",
        mend=f"Write the {name} in {language}.",
    )


def _missing_summaries(
    source: DraftText, there: dict[str, DraftText], fields: Sequence[str]
) -> Iterator[Hit]:
    """Readers of one language must not get less than those of another."""
    if "summary" in fields or not source.summary.strip():
        return
    for lang, text in there.items():
        if lang != source.lang and text.body.strip() and not text.summary.strip():
            yield _empty_field(lang, "summary")
