"""Two people at one sheet in the same moment: the database decides, nobody's words are lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from django.db import connections
from tests.cast import Cast, assemble
from tests.facts.conftest import CLERK, SAMPLE

from dragoman.facts import actions, queries
from dragoman.facts.models import Fact, Sheet
from dragoman.facts.values import FactDraft
from dragoman.lib.problems import Conflict, Problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return assemble()


def at_once(deeds: Sequence[Callable[[], object]]) -> list[object]:
    """Do all of them in threads that start together; what each gave or raised."""
    start = threading.Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def run(n: int, deed: Callable[[], object]) -> None:
        try:
            start.wait()
            results[n] = deed()
        except Problem as problem:
            results[n] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_revisions_at_once_one_is_told_of_the_other(cast: Cast, sheet: Sheet) -> None:
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F7"))
    read = fact.content_digest()

    def revise(words: str) -> Callable[[], object]:
        draft = replace(fact.draft(), texts={**fact.texts, "en": words})
        return lambda: (
            actions.revise_fact(by=cast.editor, fact=fact, draft=draft, why=words, expected=read).version
        )

    results = at_once([revise("One"), revise("Two"), revise("Three")])
    assert results.count(2) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 2
    assert Fact.objects.filter(number="F7").count() == 2


def test_new_facts_at_once_get_numbers_of_their_own(cast: Cast, sheet: Sheet) -> None:
    draft = FactDraft("", {"en": "New"}, {"en": "Law"})
    add = [lambda: actions.add_fact(by=cast.editor, sheet=sheet, draft=draft).number] * 4
    assert sorted(map(str, at_once(add))) == ["F10", "F11", "F12", "F13"]


def test_the_same_new_sheet_imported_twice_at_once_is_there_once(cast: Cast) -> None:
    deeds = [lambda: actions.import_sheet(by=CLERK, mission=cast.capital, source=SAMPLE).new_sheet] * 3
    results = at_once(deeds)
    assert results.count(True) == 1
    assert all(result is not None for result in results)
    assert (Sheet.objects.count(), Fact.objects.count()) == (1, 9)


def test_a_citation_and_an_edit_at_once_never_change_what_was_cited(cast: Cast, sheet: Sheet) -> None:
    for n in range(5):
        fact = queries.resolve("visa-free/F7")
        draft = replace(fact.draft(), texts={**fact.texts, "en": f"Words {n}"})

        def cite(fact: Fact = fact) -> str:
            return actions.mark_cited(by=cast.embassy, fact=fact).content_digest()

        def edit(fact: Fact = fact, draft: FactDraft = draft) -> int:
            return actions.revise_fact(by=cast.editor, fact=fact, draft=draft, why="x").version

        cited, _ = at_once([cite, edit])
        row = Fact.objects.select_related("mission").get(pk=fact.pk)
        assert row.content_digest() == cited
