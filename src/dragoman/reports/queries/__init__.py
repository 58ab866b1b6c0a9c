"""Reads across the apps, for the pages of figures."""

from dragoman.reports.queries.today import today

__all__ = ["today"]
