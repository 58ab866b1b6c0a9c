"""The state graphs of this app's nouns."""

from dragoman.inbox.states_answers import REPLY, SEND, VERSION
from dragoman.lib.graph import Graph

__all__ = ["HELP_CALL", "MESSAGE", "MISUNDERSTANDING", "QUESTION", "REPLY", "SEND", "VERSION"]

# A message waits for triage, is open, and ends answered or closed; what is found to need a person in danger's
# help leaves the questions' queue at once ("help") and comes back only by an officer's decision.
MESSAGE = Graph(
    start="new",
    moves={
        "new": ("open", "help", "closed", "answered"),
        "open": ("help", "ready", "answered", "closed", "new"),
        "ready": ("open", "answered", "help", "closed", "new"),
        "help": ("open", "closed", "answered"),
        "answered": ("open", "new", "help"),
        "closed": ("open", "new", "help"),
    },
    automatic=("new",),
)

QUESTION = Graph(
    start="open",
    moves={
        "open": ("drafting", "answered", "snoozed", "closed", "merged"),
        "drafting": ("open", "answered", "snoozed", "closed", "merged"),
        "answered": ("open", "drafting", "closed", "merged"),
        "snoozed": ("open", "drafting", "answered", "closed", "merged"),
        "closed": ("open", "merged"),
        "merged": ("open",),
    },
    automatic=("snoozed",),
)

HELP_CALL = Graph(
    start="waiting",
    moves={
        "waiting": ("taken", "done", "not_help"),
        "taken": ("waiting", "done", "not_help"),
        "done": ("waiting",),
        "not_help": ("waiting",),
    },
    automatic=("waiting",),
)

MISUNDERSTANDING = Graph(
    start="proposed",
    moves={
        "proposed": ("rising", "dismissed"),
        "rising": ("planned", "corrected", "faded", "dismissed"),
        "planned": ("corrected", "rising", "faded", "dismissed"),
        "corrected": ("faded", "rising"),
        "faded": ("rising",),
        "dismissed": ("rising",),
    },
    automatic=("corrected",),
)
