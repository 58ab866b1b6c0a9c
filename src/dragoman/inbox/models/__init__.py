"""Rows of the inbox."""

from dragoman.inbox.models.help_call import HelpCall
from dragoman.inbox.models.message import Author, Message, StatedCountry, Vector
from dragoman.inbox.models.question import Decision, Note, Question

__all__ = ["Author", "Decision", "HelpCall", "Message", "Note", "Question", "StatedCountry", "Vector"]
