"""Deeds on facts, on a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from tests.cast import Cast, officer
from tests.facts.conftest import SAMPLE

from dragoman.audit.models import Event
from dragoman.facts import actions, queries
from dragoman.facts.models import Fact, Sheet
from dragoman.facts.values import FactDraft, SheetDraft
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff.models import Mission

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return list(Event.objects.order_by("id").values_list("verb", flat=True))


# ---- revising -------------------------------------------------------------------------------------------


def test_uncited_fact_is_amended_in_place_and_audited(cast: Cast, sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F7")
    new = actions.revise_fact(
        by=cast.editor, fact=fact, draft=replace(fact.draft(), valid_to=date(2018, 7, 24))
    )
    assert (new.pk, new.version, new.valid_to) == (fact.pk, 1, date(2018, 7, 24))
    event = Event.objects.latest("id")
    assert (event.verb, event.actor, event.data["fields"]) == ("facts.revise_fact", "editor", ["valid_to"])
    assert event.before != event.after


def test_cited_fact_gets_a_new_version_and_the_old_stays_readable(cast: Cast, sheet: Sheet) -> None:
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F5"))
    draft = replace(fact.draft(), texts={**fact.texts, "en": "Insurance of 10,000 euro."})
    new = actions.revise_fact(by=cast.editor, fact=fact, draft=draft, why="The unit was wrong")
    assert (new.version, new.state, new.cited_at) == (2, "current", None)
    assert queries.resolve("visa-free/F5").pk == new.pk
    old = queries.resolve("visa-free/F5", version=1)
    assert (old.state, old.texts, queries.newest_version(old)) == ("superseded", fact.texts, 2)
    assert [f.version for f in queries.versions(sheet, "F5")] == [2, 1]


def test_new_version_of_a_cited_fact_needs_a_reason(cast: Cast, sheet: Sheet) -> None:
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F5"))
    with pytest.raises(Invalid, match="needs a reason"):
        actions.revise_fact(by=cast.editor, fact=fact, draft=replace(fact.draft(), sources=()), why="  ")
    assert queries.resolve("visa-free/F5").version == 1


def test_revision_without_a_difference_does_nothing(cast: Cast, sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F5")
    before = Event.objects.count()
    assert actions.revise_fact(by=cast.editor, fact=fact, draft=fact.draft()).version == 1
    assert Event.objects.count() == before


def test_second_of_two_edits_is_told_of_the_first(cast: Cast, sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F7")
    read = fact.content_digest()
    first = replace(fact.draft(), valid_to=date(2018, 7, 24))
    actions.revise_fact(by=cast.editor, fact=fact, draft=first, expected=read)
    second = replace(fact.draft(), valid_to=date(2019, 1, 1))
    with pytest.raises(Conflict, match="changed by someone else"):
        actions.revise_fact(by=cast.admin, fact=fact, draft=second, expected=read)
    assert queries.resolve("visa-free/F7").valid_to == date(2018, 7, 24)


def test_superseded_version_is_not_revised(cast: Cast, sheet: Sheet) -> None:
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F7"))
    draft = replace(fact.draft(), sources=())
    actions.revise_fact(by=cast.editor, fact=fact, draft=draft, why="x")
    with pytest.raises(Conflict, match="superseded"):
        actions.revise_fact(by=cast.editor, fact=fact, draft=draft, why="y")


def test_marking_twice_keeps_the_first_moment(cast: Cast, sheet: Sheet) -> None:
    first = actions.mark_cited(by=cast.embassy, fact=queries.resolve("visa-free/F1")).cited_at
    assert actions.mark_cited(by=cast.embassy, fact=queries.resolve("visa-free/F1")).cited_at == first
    assert verbs().count("facts.mark_cited") == 1


def test_faulty_draft_is_refused_with_every_fault(cast: Cast, sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F7")
    draft = replace(fact.draft(), texts={"ar": "\u202eواحد"}, sources=("ftp://a",), owner="nowhere")
    with pytest.raises(Invalid) as caught:
        actions.revise_fact(by=cast.editor, fact=fact, draft=draft)
    assert {place["field"] for place in caught.value.where} == {"texts.ar", "texts.en", "sources[1]"}
    with pytest.raises(Invalid, match="no mission"):
        actions.revise_fact(by=cast.editor, fact=fact, draft=replace(fact.draft(), owner="nowhere"))


def test_database_itself_holds_one_current_version(sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Fact.objects.create(
            sheet=sheet, number="F1", version=2, mission=fact.mission, state="current", author="x"
        )


# ---- who may --------------------------------------------------------------------------------------------


def test_embassy_sees_the_capitals_sheet_but_does_not_change_it(cast: Cast, sheet: Sheet) -> None:
    assert queries.sheet_for(cast.embassy, "visa-free") == sheet
    fact = queries.resolve("visa-free/F7")
    for by in (cast.embassy, cast.auditor):
        with pytest.raises(NotAllowed):
            actions.revise_fact(by=by, fact=fact, draft=replace(fact.draft(), sources=()))
    with pytest.raises(NotAllowed):
        actions.import_sheet(by=cast.embassy, mission=cast.capital, source=SAMPLE)


def test_sister_embassy_does_not_see_the_sheet(cast: Cast) -> None:
    vilnius = Mission.objects.create(slug="vilnius", name="Embassy in Vilnius", parent=cast.capital)
    draft = SheetDraft("berlin-only", "en", {"en": "Office hours"})
    actions.create_sheet(by=cast.embassy, mission=cast.berlin, draft=draft)
    assert [s.slug for s in queries.sheets_for(cast.embassy)] == ["berlin-only"]
    assert [s.slug for s in queries.sheets_for(cast.auditor)] == ["berlin-only"]
    other = officer("other", (vilnius, "author"))
    assert list(queries.sheets_for(other)) == []
    with pytest.raises(NotFound):
        queries.sheet_for(other, "berlin-only")


def test_fact_owned_by_an_embassy_is_changed_there(cast: Cast, sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F7")
    fact = actions.revise_fact(by=cast.editor, fact=fact, draft=replace(fact.draft(), owner="berlin"))
    assert fact.draft().owner == "berlin"
    changed = actions.revise_fact(by=cast.embassy, fact=fact, draft=replace(fact.draft(), sources=()))
    assert changed.sources == []


# ---- sheets ---------------------------------------------------------------------------------------------


def test_sheet_name_is_taken_once(cast: Cast, sheet: Sheet) -> None:
    with pytest.raises(Conflict, match="already"):
        actions.create_sheet(
            by=cast.editor, mission=cast.capital, draft=SheetDraft("visa-free", "en", {"en": "T"})
        )


def test_new_fact_takes_the_next_number_that_was_never_used(cast: Cast, sheet: Sheet) -> None:
    fact = actions.add_fact(by=cast.editor, sheet=sheet, draft=FactDraft("", {"en": "New"}, {"en": "Law"}))
    assert fact.number == "F10"
    with pytest.raises(Conflict, match="F1 is there already"):
        actions.add_fact(by=cast.editor, sheet=sheet, draft=FactDraft("F1", {"en": "New"}, {"en": "Law"}))


def test_head_is_changed_but_not_its_language(cast: Cast, sheet: Sheet) -> None:
    head = sheet.head()
    changed = actions.change_sheet(by=cast.editor, sheet=sheet, draft=replace(head, zone="UTC"))
    assert changed.zone == "UTC"
    with pytest.raises(Invalid, match="source language"):
        actions.change_sheet(by=cast.editor, sheet=sheet, draft=replace(head, source_language="ru"))
    with pytest.raises(Conflict):
        actions.change_sheet(by=cast.editor, sheet=sheet, draft=head, expected="old")


# ---- proposals ------------------------------------------------------------------------------------------


def test_embassy_proposes_and_the_owner_adopts(cast: Cast, sheet: Sheet) -> None:
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F3"))
    draft = replace(fact.draft(), texts={**fact.texts, "de": "Nur über den Flughafen Minsk."})
    proposal = actions.propose_fact(
        by=cast.embassy, sheet=sheet, base=fact, draft=draft, why="Plainer German"
    )
    assert list(queries.open_proposals(sheet)) == [proposal]
    with pytest.raises(NotAllowed):
        actions.adopt_proposal(by=cast.embassy, proposal=proposal)
    new = actions.adopt_proposal(by=cast.editor, proposal=proposal)
    assert (new.version, new.texts["de"]) == (2, "Nur über den Flughafen Minsk.")
    assert "proposed by embassy" in new.why
    with pytest.raises(Conflict):
        actions.adopt_proposal(by=cast.editor, proposal=proposal)


def test_proposal_for_an_old_version_is_not_adopted(cast: Cast, sheet: Sheet) -> None:
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F3"))
    draft = replace(fact.draft(), sources=())
    proposal = actions.propose_fact(by=cast.embassy, sheet=sheet, base=fact, draft=draft, why="Dead links")
    actions.revise_fact(by=cast.editor, fact=fact, draft=replace(draft, valid_to=date(2019, 1, 1)), why="x")
    with pytest.raises(Conflict, match="newer version"):
        actions.adopt_proposal(by=cast.editor, proposal=proposal)
    declined = actions.decline_proposal(by=cast.editor, proposal=proposal, why="Done by hand")
    assert declined.state == "declined"


def test_proposal_of_a_new_fact_gets_a_number_when_adopted(cast: Cast, sheet: Sheet) -> None:
    draft = FactDraft("", {"en": "Children need their own passport."}, {"en": "Edict"})
    proposal = actions.propose_fact(by=cast.embassy, sheet=sheet, draft=draft, why="Asked daily")
    actions.add_fact(by=cast.editor, sheet=sheet, draft=FactDraft("F10", {"en": "Other"}, {"en": "Law"}))
    assert actions.adopt_proposal(by=cast.editor, proposal=proposal).number == "F11"


def test_proposal_needs_a_reason_and_sight_of_the_sheet(cast: Cast, sheet: Sheet) -> None:
    draft = FactDraft("", {"en": "New"}, {"en": "Law"})
    with pytest.raises(Invalid, match="reason"):
        actions.propose_fact(by=cast.embassy, sheet=sheet, draft=draft)
    with pytest.raises(NotAllowed):
        actions.propose_fact(by=cast.auditor, sheet=sheet, draft=draft, why="x")
