"""The rows of talks: a process, who takes part, what was put to them, and what they signed."""

from dragoman.negotiations.models.line import Ask, Line
from dragoman.negotiations.models.party import Nonce, Party, PartyKey, Seat, Spokesperson
from dragoman.negotiations.models.process import Process, Protocol
from dragoman.negotiations.models.round import Answer, Objection, Receipt, Round, RoundText

__all__ = [
    "Answer",
    "Ask",
    "Line",
    "Nonce",
    "Objection",
    "Party",
    "PartyKey",
    "Process",
    "Protocol",
    "Receipt",
    "Round",
    "RoundText",
    "Seat",
    "Spokesperson",
]
