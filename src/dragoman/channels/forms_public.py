"""What strangers send: read with care, and never shown back unescaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dragoman.channels.queries.subscribing import Offer
from dragoman.lib import mailaddress
from dragoman.lib.problems import Invalid

MOST = 300


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wants to receive."""

    lang: str
    topics: tuple[str, ...]


def read_wishes(offer: Offer, lang: str, topics: Sequence[str]) -> Wishes:
    """Only languages and topics that are offered; no topic named means all. Invalid for another language."""
    if lang and lang not in offer.languages:
        raise Invalid("err_language", code="language")
    known = {topic.casefold() for topic in offer.topics}
    return Wishes(lang, tuple(topic for topic in topics[:MOST] if topic.casefold() in known))


def read_address(values: Mapping[str, str]) -> str:
    """The e-mail address of the form; Invalid names the sentence to be shown."""
    try:
        return mailaddress.read(values.get("address", "")[:MOST])
    except ValueError:
        raise Invalid("err_address", code="address") from None
