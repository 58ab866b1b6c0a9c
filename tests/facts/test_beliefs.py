"""Known wrong beliefs: noted by anyone who writes, confirmed by the owner, read by others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cast import Cast
from tests.facts.conftest import CLERK, SAMPLE
from tests.facts.test_toml import BY_LANGUAGE, TEXTS, sheet_drafts

from dragoman.audit.models import Event
from dragoman.facts import actions, beliefs, queries, toml
from dragoman.facts.models import Belief, Sheet
from dragoman.facts.values import BeliefDraft, SheetDraft
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound

LANGUAGES = {"en", "be", "ru", "uk", "de", "fr", "pl", "es", "ar", "zh"}
NEW = BeliefDraft(
    code="",
    title="Hotel",
    facts=("F5",),
    statements={"en": "A hotel booking is needed."},
    corrections={"en": "The rule does not ask for a booking."},
)


@st.composite
def belief_drafts(draw: st.DrawFn, code: str) -> BeliefDraft:
    numbers = sorted(draw(st.sets(st.integers(1, 9999), min_size=1, max_size=4)))
    return BeliefDraft(
        code=code,
        title=draw(TEXTS),
        facts=tuple(f"F{n}" for n in numbers),
        statements=draw(BY_LANGUAGE),
        corrections=draw(BY_LANGUAGE),
        source=draw(st.one_of(st.just(""), TEXTS)),
        state=draw(st.sampled_from(["proposed", "confirmed", "retired"])),
    )


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(sheet_drafts(), st.sets(st.integers(1, 9999), max_size=3), st.data())
def test_beliefs_that_are_exported_are_imported_the_same(
    sheet: SheetDraft, numbers: set[int], data: st.DataObject
) -> None:
    drafts = tuple(data.draw(belief_drafts(f"M{n}")) for n in sorted(numbers))
    assert beliefs.faults_of_beliefs(drafts, "en") == []
    back = toml.parse(toml.dump(replace(sheet, beliefs=drafts)))
    assert back.beliefs == beliefs.tidy_all(drafts)


def test_each_fault_in_a_belief_is_named_at_its_line() -> None:
    bad = '\n[[beliefs]]\ncode = "X1"\ntitle = ""\nfacts = ["3"]\nstate = "maybe"\n'
    bad += 'statements = "Ein Satz"\ncorrections = { de = "Nur deutsch" }\n'
    with pytest.raises(Invalid) as caught:
        toml.parse(SAMPLE + bad)
    begin = SAMPLE.count("\n") + 1
    found = {place["field"].split("].")[1]: place["line"] - begin for place in caught.value.where}
    assert found == {"code": 2, "title": 3, "facts[1]": 4, "state": 5, "corrections.en": 7}


def test_sample_has_twelve_beliefs_in_ten_languages() -> None:
    sheet = toml.parse(SAMPLE)
    assert [belief.code for belief in sheet.beliefs] == [f"M{n}" for n in range(1, 13)]
    facts = {fact.number for fact in sheet.facts}
    for belief in sheet.beliefs:
        assert set(belief.statements) == set(belief.corrections) == LANGUAGES, belief.code
        assert set(belief.facts) <= facts
        assert not {*belief.statements.values()} & {*belief.corrections.values()}


pytestmark = pytest.mark.django_db


def test_sample_brings_confirmed_beliefs_as_frozen_values(cast: Cast, sheet: Sheet) -> None:
    known = queries.beliefs()
    assert [belief.label for belief in known] == [f"visa-free/M{n}" for n in range(1, 13)]
    assert queries.beliefs("visa-free") == known
    assert queries.beliefs("no-such-sheet") == ()
    assert known[2].facts == ("F3",)
    assert known[2].statement_in("pl").startswith("Mogę przylecieć")
    assert known[2].correction_in("hi") == known[2].corrections["en"]
    assert all(not belief.revised for belief in known)
    with pytest.raises(AttributeError):
        known[0].title = "other"  # type: ignore[misc]  # that it cannot be set is what is tested


def test_noted_belief_waits_for_the_owner_and_can_be_retired(cast: Cast, sheet: Sheet) -> None:
    belief = actions.add_belief(
        by=cast.embassy, sheet=sheet, draft=replace(NEW, state="confirmed"), why="Asked"
    )
    assert (belief.code, belief.state, belief.author) == ("M13", "proposed", "embassy")
    assert "M13" not in [known.code for known in queries.beliefs()]
    with pytest.raises(NotAllowed):
        actions.confirm_belief(by=cast.embassy, belief=belief)
    actions.confirm_belief(by=cast.editor, belief=belief)
    assert queries.beliefs()[-1].code == "M13"
    with pytest.raises(Invalid, match="needs a reason"):
        actions.retire_belief(by=cast.editor, belief=belief, why=" ")
    actions.retire_belief(by=cast.editor, belief=belief, why="It faded")
    assert queries.beliefs()[-1].code == "M12"
    assert queries.beliefs_of(sheet)[-1].code == "M13"
    verbs = Event.objects.filter(target="belief:visa-free/M13").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["facts.add_belief", "facts.confirm_belief", "facts.retire_belief"]


def test_stranger_neither_notes_nor_changes_a_belief(cast: Cast, sheet: Sheet) -> None:
    belief = queries.belief_for(sheet, "M1")
    with pytest.raises(NotAllowed):
        actions.add_belief(by=cast.stranger, sheet=sheet, draft=NEW)
    with pytest.raises(NotAllowed):
        actions.revise_belief(by=cast.stranger, belief=belief, draft=belief.draft())
    with pytest.raises(NotAllowed):
        actions.retire_belief(by=cast.stranger, belief=belief, why="No")


def test_belief_says_when_a_fact_it_leans_on_changed(cast: Cast, sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F3")
    draft = fact.draft()
    texts = {**draft.texts, "en": "Enter and leave by any airport."}
    actions.revise_fact(by=cast.editor, fact=fact, draft=replace(draft, texts=texts))
    revised = {belief.code: belief.revised for belief in queries.beliefs() if belief.revised}
    assert revised == {"M3": ("F3",), "M9": ("F3",)}
    actions.confirm_belief(by=cast.editor, belief=queries.belief_for(sheet, "M3"))
    assert [belief.code for belief in queries.beliefs() if belief.revised] == ["M9"]


def test_two_who_change_a_belief_at_once_do_not_write_over_each_other(cast: Cast, sheet: Sheet) -> None:
    belief = queries.belief_for(sheet, "M1")
    read = belief.content_digest()
    draft = replace(belief.draft(), title="When it begins")
    actions.revise_belief(by=cast.editor, belief=belief, draft=draft, expected=read)
    with pytest.raises(Conflict, match="changed by someone else"):
        actions.revise_belief(by=cast.admin, belief=belief, draft=belief.draft(), expected=read)
    with pytest.raises(Conflict, match="changed by someone else"):
        actions.confirm_belief(by=cast.admin, belief=belief, expected=read)


def test_belief_cannot_lean_on_a_fact_that_is_not_there(cast: Cast, sheet: Sheet) -> None:
    with pytest.raises(Invalid, match="no fact F99"):
        actions.add_belief(by=cast.editor, sheet=sheet, draft=replace(NEW, facts=("F99",)))
    source = SAMPLE.replace('facts = ["F6"]', 'facts = ["F66"]')
    with pytest.raises(Invalid, match="M8 leans on F66"):
        queries.plan_import(cast.capital, source)
    with pytest.raises(Conflict, match="M1 is there already"):
        actions.add_belief(by=cast.editor, sheet=sheet, draft=replace(NEW, code="M1"))
    with pytest.raises(NotFound):
        queries.belief_for(sheet, "M\0")


def test_import_adds_amends_and_retires_beliefs_and_deletes_none(cast: Cast, sheet: Sheet) -> None:
    changed = SAMPLE.replace('title = "Start date"', 'title = "When it begins"')
    changed = changed.replace('code = "M11"', 'code = "M21"')
    at = changed.index('code = "M7"')
    changed = changed[:at] + changed[at:].replace('state = "confirmed"', 'state = "retired"', 1)
    plan = queries.plan_import(cast.capital, changed)
    done = {change.number: change.deed for change in plan.beliefs if change.deed != "same"}
    assert done == {"M1": "amend", "M7": "amend", "M11": "keep", "M21": "add"}
    actions.import_sheet(by=CLERK, mission=cast.capital, source=changed, expected=plan.digest)
    assert Belief.objects.count() == 13
    assert queries.belief_for(sheet, "M1").title == "When it begins"
    assert queries.belief_for(sheet, "M7").state == "retired"
    assert queries.belief_for(sheet, "M21").state == "confirmed"
    assert queries.plan_import(cast.capital, queries.export_sheet(sheet)).nothing_changes
