"""Rows of the inbox."""

from dragoman.inbox.models.help_call import HelpCall
from dragoman.inbox.models.message import Author, Message, StatedCountry, Vector
from dragoman.inbox.models.misunderstanding import Held, Misunderstanding
from dragoman.inbox.models.question import Decision, Note, Question

__all__ = [
    "Author",
    "Decision",
    "Held",
    "HelpCall",
    "Message",
    "Misunderstanding",
    "Note",
    "Question",
    "StatedCountry",
    "Vector",
]
