"""What a joint text calls things, and whether it treats the sides alike. Pure: a party runs it by itself.

Nouns: term sheet (agreed names, order, places, words to avoid; `terms.py`), rule (a file in `rules/` with its
own examples), finding (which words, where, why, by what source, how to mend), version (the agreed text as
one party publishes it; `alternat.py`). Never: Django, a clock, a file written, a word changed in silence; and
never silence about what could not be looked at: then a note says so.
"""

from dragoman.negotiations.neutrality import alternat
from dragoman.negotiations.neutrality.engine import check
from dragoman.negotiations.neutrality.finding import Finding
from dragoman.negotiations.neutrality.limits import limits
from dragoman.negotiations.neutrality.loading import load_rules
from dragoman.negotiations.neutrality.rulebook import Rule, RuleSet
from dragoman.negotiations.neutrality.terms import TermSheet
from dragoman.negotiations.neutrality.terms import dump as dump_terms
from dragoman.negotiations.neutrality.terms import parse as parse_terms

__all__ = [
    "Finding",
    "Rule",
    "RuleSet",
    "TermSheet",
    "alternat",
    "check",
    "dump_terms",
    "limits",
    "load_rules",
    "parse_terms",
]
