"""Which checks there are, and which parameters each takes (with a value of the right type)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dragoman.statements.guidelines.checks import languages, pictures, texts
from dragoman.statements.guidelines.model import Hit, Rule
from dragoman.statements.guidelines.reading import Reading

Check = Callable[[Reading, Rule], Iterable[Hit]]

CHECKS: Mapping[str, Check] = {
    "alternative-text": pictures.alternative_text,
    "complete-languages": languages.complete,
    "hidden-characters": texts.hidden_characters,
}

PARAMETERS: Mapping[str, Mapping[str, object]] = {
    "complete-languages": {"at_least": [], "fields": []},
    "hidden-characters": {},
}
