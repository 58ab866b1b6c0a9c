"""Fact sheets, versions of facts, proposals, known wrong beliefs, decision tables."""

from dragoman.facts.models.beliefs import Belief
from dragoman.facts.models.conditions import Conditions, ConditionsYes
from dragoman.facts.models.facts import Content, Fact, FactQuerySet, Proposal, Sheet, SheetQuerySet

__all__ = [
    "Belief",
    "Conditions",
    "ConditionsYes",
    "Content",
    "Fact",
    "FactQuerySet",
    "Proposal",
    "Sheet",
    "SheetQuerySet",
]
