"""The facts pages of the desk."""

from dragoman.facts.views.beliefs import belief, beliefs, new_belief, revise_belief
from dragoman.facts.views.reading import export, fact, listing, sheet
from dragoman.facts.views.tables import approve_table, decide_table, table, write_table
from dragoman.facts.views.writing import (
    change_sheet,
    import_sheet,
    new_fact,
    new_sheet,
    proposal,
    revise,
)

__all__ = [
    "approve_table",
    "belief",
    "beliefs",
    "change_sheet",
    "decide_table",
    "export",
    "fact",
    "import_sheet",
    "listing",
    "new_belief",
    "new_fact",
    "new_sheet",
    "proposal",
    "revise",
    "revise_belief",
    "sheet",
    "table",
    "write_table",
]
