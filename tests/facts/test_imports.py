"""Importing and exporting sheets, on a real database."""

from __future__ import annotations

import pytest
from tests.cast import Cast
from tests.facts.conftest import CLERK, SAMPLE

from dragoman.audit.models import Event
from dragoman.facts import actions, queries
from dragoman.facts.models import Fact, Sheet
from dragoman.lib.problems import Conflict, Invalid, NotFound

pytestmark = pytest.mark.django_db


def test_sample_is_imported_whole(cast: Cast, sheet: Sheet) -> None:
    assert [fact.label for fact in queries.current_facts(sheet)] == [f"visa-free/F{n}" for n in range(1, 10)]
    assert queries.resolve("visa-free/F2").text_in("zh").startswith("停留最多5天")


def test_export_comes_back_as_no_change(cast: Cast, sheet: Sheet) -> None:
    source = queries.export_sheet(sheet)
    assert queries.plan_import(cast.capital, source).nothing_changes
    events = Event.objects.exclude(verb="facts.import_sheet").count()
    report = actions.import_sheet(by=cast.editor, mission=cast.capital, source=source)
    assert (report.added, report.revised, report.amended, len(report.unchanged)) == ((), (), (), 9)
    assert Event.objects.exclude(verb="facts.import_sheet").count() == events
    assert queries.export_sheet(sheet) == source


def test_import_says_first_what_it_will_change_and_then_does_that(cast: Cast, sheet: Sheet) -> None:
    actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F7"))
    changed = SAMPLE.replace("The number of trips is not limited.", "Any number of trips.")
    changed = changed.replace("from or to Russia, on which", "to or from Russia, on which")
    changed = changed.replace('number = "F9"', 'number = "F12"')
    plan = queries.plan_import(cast.capital, changed)
    done = {deed: plan.numbers(deed) for deed in ("add", "revise", "amend", "keep")}
    assert done == {"add": ("F12",), "revise": ("F7",), "amend": ("F4",), "keep": ("F9",)}
    assert Fact.objects.count() == 9
    report = actions.import_sheet(by=cast.editor, mission=cast.capital, source=changed, expected=plan.digest)
    assert (report.added, report.revised, report.amended) == (("F12",), ("F7",), ("F4",))
    assert queries.resolve("visa-free/F7").version == 2
    assert queries.resolve("visa-free/F9").version == 1


def test_import_stops_when_the_sheet_changed_after_the_look(cast: Cast, sheet: Sheet) -> None:
    changed = SAMPLE.replace("The number of trips is not limited.", "Any number of trips.")
    plan = queries.plan_import(cast.capital, changed)
    actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F7"))
    with pytest.raises(Conflict, match="has changed since"):
        actions.import_sheet(by=cast.editor, mission=cast.capital, source=changed, expected=plan.digest)


def test_file_with_one_fault_imports_nothing(cast: Cast) -> None:
    with pytest.raises(Invalid) as caught:
        actions.import_sheet(by=CLERK, mission=cast.capital, source=SAMPLE + '\n[[facts]]\nnumber = "F1"\n')
    assert {place["line"] for place in caught.value.where} == {SAMPLE.count("\n") + 2, SAMPLE.count("\n") + 3}
    assert not Sheet.objects.exists()
    assert not Event.objects.filter(verb__startswith="facts.").exists()


def test_owner_that_is_no_mission_is_named_by_line(cast: Cast) -> None:
    source = 'slug = "s"\nsource_language = "en"\ntitles = "T"\n[[facts]]\nnumber = "F1"\n'
    with pytest.raises(Invalid, match="line 6: there is no mission “atlantis”"):
        actions.import_sheet(
            by=CLERK, mission=cast.capital, source=source + 'owner = "atlantis"\ntexts = "a"\nbasis = "b"\n'
        )


def test_sheet_of_another_mission_is_not_taken_over(cast: Cast, sheet: Sheet) -> None:
    with pytest.raises(Conflict, match="belongs to Press Service"):
        actions.import_sheet(by=cast.editor, mission=cast.berlin, source=SAMPLE)


def test_source_language_of_a_sheet_with_facts_stays(cast: Cast, sheet: Sheet) -> None:
    with pytest.raises(Invalid, match="source language"):
        actions.import_sheet(
            by=CLERK, mission=cast.capital, source=SAMPLE.replace('language = "en"', 'language = "ru"')
        )


@pytest.mark.parametrize(
    "cite", ["", "F1", "visa-free/", "visa-free/F99", "no/F1", "visa-free/F1/x", "a\0/F1"]
)
def test_unknown_citation_is_not_found(cite: str, sheet: Sheet) -> None:
    with pytest.raises(NotFound):
        queries.resolve(cite)


def test_public_page_of_a_sheet_holds_old_versions_too(cast: Cast, sheet: Sheet) -> None:
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F7"))
    source = SAMPLE.replace("The number of trips is not limited.", "Any number of trips.")
    actions.import_sheet(by=cast.editor, mission=cast.capital, source=source)
    page = queries.sheet_page("visa-free")
    assert page.languages == ("en", "ar", "be", "de", "ru", "zh")
    assert len(page.facts) == 9
    assert [(old.number, old.version, old.texts) for old in page.history] == [("F7", 1, fact.texts)]
    assert page.history[0].superseded_at is not None
