"""Who has answered a round; and whether anybody may read what."""

from __future__ import annotations

from django.db.models import QuerySet

from dragoman.base import clock
from dragoman.negotiations.models import Answer, Party, Round
from dragoman.negotiations.rules import keyring


def standing(about: Round) -> QuerySet[Answer]:
    """The answers that count now, one a party: neither taken back nor replaced, in the parties' order."""
    found = about.answers.filter(withdrawn_at__isnull=True, replaced_at__isnull=True)
    return found.select_related("party", "key", "spokesperson").order_by("party__position", "pk")


def asked(about: Round) -> tuple[str, ...]:
    """The parties whose answer the round waits for: those of its keyring that have not left.

    A frozen party is waited for on a new protocol only: it cannot answer anything else.
    """
    if not about.keyring:
        return ()
    names = keyring.parse(about.keyring).parties
    gone = ("left",) if about.kind == "protocol" else ("left", "frozen")
    away = Party.objects.filter(process=about.process_id, state__in=gone).values_list("name", flat=True)
    return tuple(name for name in names if name not in set(away))


def all_answered(about: Round) -> bool:
    """Whether nobody is waited for any more."""
    have = set(standing(about).values_list("party__name", flat=True))
    return have >= set(asked(about))


def is_over(about: Round) -> bool:
    """Whether its time is over."""
    return about.closes_at is not None and about.closes_at <= clock.now()


def is_revealed(about: Round) -> bool:
    """Whether the answers may be read: all have answered, or time is over, or it is decided."""
    if about.state != "open":
        return about.state != "drafting" and about.opened_at is not None and _was_decided(about)
    return is_over(about) or (about.kind != "notice" and all_answered(about))


def _was_decided(about: Round) -> bool:
    """A round that was cancelled or replaced before its time keeps its answers to itself."""
    if about.state in ("cancelled", "replaced"):
        return is_over(about) or all_answered(about)
    return True
