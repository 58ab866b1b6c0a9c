"""Rows of the inbox."""

from dragoman.inbox.models.answer import (
    Answer,
    AnswerApproval,
    AnswerCitation,
    AnswerClearance,
    AnswerText,
    AnswerVersion,
    AnswerWording,
)
from dragoman.inbox.models.help_call import HelpCall
from dragoman.inbox.models.message import Author, Message, StatedCountry, Vector
from dragoman.inbox.models.misunderstanding import Held, Misunderstanding
from dragoman.inbox.models.question import Decision, Note, Question
from dragoman.inbox.models.reply import AutoSend, Reply, Send

__all__ = [
    "Answer",
    "AnswerApproval",
    "AnswerCitation",
    "AnswerClearance",
    "AnswerText",
    "AnswerVersion",
    "AnswerWording",
    "Author",
    "AutoSend",
    "Decision",
    "Held",
    "HelpCall",
    "Message",
    "Misunderstanding",
    "Note",
    "Question",
    "Reply",
    "Send",
    "StatedCountry",
    "Vector",
]
