"""What the pages share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from dragoman.facts import queries
from dragoman.facts.models import Fact, Sheet
from dragoman.lib.problems import NotFound
from dragoman.staff.models import Officer


def officer_of(request: HttpRequest) -> Officer:
    """The signed-in officer; the access rule has seen to it that there is one."""
    user: Any = request.user
    return user if isinstance(user, Officer) else Officer.objects.get(pk=user.pk)


def languages_of(sheet: Sheet, facts: Iterable[Fact]) -> list[str]:
    """The source language, then every other that the title or a fact is written in."""
    found = {lang for fact in facts for lang in fact.texts} | set(sheet.titles)
    return [sheet.source_language, *sorted(found - {sheet.source_language})]


def versions_of(officer: Officer, slug: str, number: str) -> tuple[Sheet, list[Fact]]:
    """A sheet the officer may see and all versions of one of its facts, newest first. Raises NotFound."""
    sheet = queries.sheet_for(officer, slug)
    versions = list(queries.versions(sheet, number)) if "\0" not in number else []
    if not versions:
        raise NotFound(f"There is no fact {number[:20]} in “{sheet.title}”.", mend="Look at the sheet.")
    return sheet, versions
