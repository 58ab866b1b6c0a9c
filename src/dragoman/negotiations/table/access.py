"""Who may open a page of the table. Every view carries a rule; the middleware refuses a view without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from django.http.response import HttpResponseBase

Who = Literal["anyone", "seated", "party"]
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Rule:
    """`anyone`: without a seat. `seated`: parties and observers, to read. `party`: those who sign."""

    who: Who


def anyone(view: View) -> View:
    """A page for who has no seat: signing in, enrolling, freezing a key."""
    return _mark(view, Rule("anyone"))


def seated(view: View) -> View:
    """A page that observers may read too. Nothing is done by it but to leave."""
    return _mark(view, Rule("seated"))


def party(view: View) -> View:
    """A page or deed of those who sign; an observer is turned away."""
    return _mark(view, Rule("party"))


def rule_of(view: Any) -> Rule | None:
    """The rule of a resolved view, or None."""
    rule = getattr(view, "table_rule", None)
    return rule if isinstance(rule, Rule) else None


def _mark(view: View, rule: Rule) -> View:
    setattr(view, "table_rule", rule)  # noqa: B010 - a function takes attributes, its type does not say so
    return view
