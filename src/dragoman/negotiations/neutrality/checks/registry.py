"""Which checks there are, which word lists and parameters each takes, and how far it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from dragoman.negotiations.neutrality.checks import (
    blame,
    confidence,
    languages,
    naming,
    saying,
    scripts,
    share,
    sheets,
    terms,
    titles,
    words,
)
from dragoman.negotiations.neutrality.finding import Hit
from dragoman.negotiations.neutrality.reading import Reading
from dragoman.negotiations.neutrality.rulebook import Rule

One = Callable[[Reading, Rule], Iterator[Hit]]
Across = Callable[[Mapping[str, Reading], Rule], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Check:
    """Looks at `one` language at a time, or `across` all of them.

    `lists` are the word lists without which a language is not checked; an empty list says that the language
    has no such words. `parameters` are whole numbers, here with the value that holds if a rule names none.
    """

    one: One | None = None
    across: Across | None = None
    lists: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)


CHECKS: Mapping[str, Check] = {
    "agreed-terms": Check(one=terms.agreed_terms),
    "attribution": Check(one=confidence.attribution, lists=("said", "speakers")),
    "blame": Check(one=blame.blame, lists=("active", "passive")),
    "equal-length": Check(one=share.equal_length, parameters={"percent": 25, "least": 12}),
    "judgement": Check(one=words.judgement, lists=("judging", "praising")),
    "languages-of-sheet": Check(across=sheets.languages_of_sheet),
    "mixed-scripts": Check(one=scripts.mixed_scripts),
    "names-across-languages": Check(across=languages.names_agree),
    "numbers-across-languages": Check(across=languages.numbers_agree),
    "order-of-naming": Check(one=naming.order_of_naming),
    "own-places": Check(one=terms.own_places),
    "precedence": Check(one=share.precedence),
    "symmetry-of-naming": Check(one=naming.symmetry, parameters={"percent": 50, "least": 2}),
    "titles": Check(one=titles.titles, lists=("titles", "courtesy")),
    "verbs-of-saying": Check(one=saying.verbs, lists=("neutral", "doubt", "guilt", "heat", "truth")),
    "withheld-names": Check(one=confidence.withheld_names),
}
