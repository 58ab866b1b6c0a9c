"""Filters of the host's pages of talks."""

from __future__ import annotations

from django import template

from dragoman.negotiations.rules import vkeys

register = template.Library()


@register.filter
def keyid(vkey: str) -> str:
    """The id in a verifier key: what a party reads out on the telephone to compare."""
    return vkey.split("+", 2)[1] if vkey.count("+") >= 2 else vkey[:8]


@register.filter
def assurance_label(kind: str) -> str:
    """`own key`, `passkey`, `OpenSSH key`; nothing for what came unsigned."""
    return next((vkeys.assurance(one).label for one in vkeys.KINDS if one == kind), "not signed")
