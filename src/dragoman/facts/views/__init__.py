"""The facts pages of the desk."""

from dragoman.facts.views.reading import export, fact, listing, sheet
from dragoman.facts.views.writing import (
    change_sheet,
    import_sheet,
    new_fact,
    new_sheet,
    proposal,
    revise,
)

__all__ = [
    "change_sheet",
    "export",
    "fact",
    "import_sheet",
    "listing",
    "new_fact",
    "new_sheet",
    "proposal",
    "revise",
    "sheet",
]
