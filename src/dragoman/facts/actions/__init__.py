"""Every deed on facts, by noun."""

from dragoman.facts.actions.beliefs import add_belief, confirm_belief, retire_belief, revise_belief
from dragoman.facts.actions.conditions import (
    approve_conditions,
    decline_conditions,
    propose_conditions,
    retire_conditions,
)
from dragoman.facts.actions.facts import add_fact, mark_cited, revise_fact
from dragoman.facts.actions.imports import import_sheet
from dragoman.facts.actions.proposals import adopt_proposal, decline_proposal, propose_fact
from dragoman.facts.actions.sheets import change_sheet, create_sheet

__all__ = [
    "add_belief",
    "add_fact",
    "adopt_proposal",
    "approve_conditions",
    "change_sheet",
    "confirm_belief",
    "create_sheet",
    "decline_conditions",
    "decline_proposal",
    "import_sheet",
    "mark_cited",
    "propose_conditions",
    "propose_fact",
    "retire_belief",
    "retire_conditions",
    "revise_belief",
    "revise_fact",
]
