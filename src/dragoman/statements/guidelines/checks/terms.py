"""LNG-3: agreed names and terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from dragoman.lib.text.unicode_re import regex
from dragoman.statements.guidelines.blocks import Block
from dragoman.statements.guidelines.model import Hit, Rule
from dragoman.statements.guidelines.reading import Reading


def agreed_terms(reading: Reading, rule: Rule) -> Iterator[Hit]:
    """Finds words that the glossary says not to use, and offers those to use."""
    draft = reading.draft
    blocking = draft.kind in rule.parameters.get("blocks_in_kinds", ())
    for text in draft.languages:
        for term in rule.parameters.get("terms", ()):
            avoid = _of(term.get("avoid", {}), text.lang)
            if not avoid:
                continue
            pattern = _pattern(tuple(avoid))
            use = _of(term.get("use", {}), text.lang) or ""
            for field, block in reading.places(text):
                for match in pattern.finditer(block.prose):
                    yield _hit(text.lang, field, block, match, use, term, blocking=blocking)


def _of(table: Mapping[str, Any], lang: str) -> Any:
    return table.get(lang) or table.get(lang.partition("-")[0])


@lru_cache(maxsize=512)
def _pattern(avoid: tuple[str, ...]) -> regex.Pattern[str]:
    words = "|".join(
        regex.escape(word.rstrip("*")) + (r"\p{L}*" if word.endswith("*") else "") for word in avoid
    )
    return regex.compile(rf"(?<![\p{{L}}\p{{N}}])(?:{words})(?![\p{{L}}\p{{N}}])", regex.IGNORECASE)


def _hit(  # noqa: PLR0917  # one place, one caller
    lang: str,
    field: str,
    block: Block,
    match: regex.Match[str],
    use: str,
    term: Mapping[str, Any],
    *,
    blocking: bool,
) -> Hit:
    ending = match.group() != match.group().rstrip() or "*" in str(term.get("avoid"))
    return Hit(
        words=match.group(),
        lang=lang,
        field=field,
        paragraph=block.number or None,
        start=block.start + match.start(),
        end=block.start + match.end(),
        why=str(term.get("why") or "The glossary does not use this word."),
        mend=f"Write “{use}”, or give the reason." if use else "Choose another word, or give the reason.",
        # an inflected word cannot be replaced blindly
        suggestion="" if ending and not match.group().isascii() else use,
        source=str(term.get("source") or ""),
        severity="blocks" if blocking else None,
    )
