"""House rules as readable files. Each looks at a draft and says which words, why, which source, how to mend.

Nouns: rule, draft (a plain picture of a statement, see `model.py`), finding. Never: Django, a clock, a file
written, a change to the draft. `load_rules` reads the files, `check` runs them.
"""

from dragoman.statements.guidelines.engine import check
from dragoman.statements.guidelines.loader import load_rules
from dragoman.statements.guidelines.model import (
    ApprovalView,
    Draft,
    DraftText,
    ElectionWindow,
    FactView,
    Finding,
    PartView,
    PictureView,
    RenditionView,
    Rule,
    RuleSet,
)

__all__ = [
    "ApprovalView",
    "Draft",
    "DraftText",
    "ElectionWindow",
    "FactView",
    "Finding",
    "PartView",
    "PictureView",
    "RenditionView",
    "Rule",
    "RuleSet",
    "check",
    "load_rules",
]
