"""Fact sheets, versions of facts, proposals, known wrong beliefs."""

from dragoman.facts.models.beliefs import Belief
from dragoman.facts.models.facts import Content, Fact, FactQuerySet, Proposal, Sheet, SheetQuerySet

__all__ = ["Belief", "Content", "Fact", "FactQuerySet", "Proposal", "Sheet", "SheetQuerySet"]
