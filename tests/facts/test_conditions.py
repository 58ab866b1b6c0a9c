"""Decision tables of a sheet: read, checked whole, approved by others, silent when their facts are stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client
from tests.cast import Cast
from tests.facts.conftest import SAMPLE

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.facts import actions, queries, toml, toml_table
from dragoman.facts.models import Conditions, Sheet
from dragoman.facts.table_words import rows_in_words
from dragoman.facts.values import TableDraft
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff.models import Officer

pytestmark = pytest.mark.django_db
AT = SAMPLE.index("\n[conditions]\n") + 1
TABLE = SAMPLE[AT:]
GERMAN: dict[str, object] = {
    "nationality": "DE",
    "arrival": "2017-03-03",
    "passport": "ordinary",
    "official": False,
    "enter": True,
    "leave": True,
    "russia": False,
    "days": 5,
    "insurance": True,
    "money": True,
}


def waiting(sheet: Sheet) -> Conditions:
    found = queries.table_in_review(sheet)
    assert found is not None
    return found


def approved(cast: Cast, sheet: Sheet) -> Conditions:
    found = waiting(sheet)
    for officer in (cast.approver, cast.director):
        found = actions.approve_conditions(by=officer, conditions=found, digest=found.digest)
    return found


def faults(source: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        toml.parse_conditions(source, "en")
    return [(str(place.get("field", "")), str(place["message"])) for place in caught.value.where]


def without(row: str) -> str:
    """The table without this row."""
    start = TABLE.index(f'[[conditions.rows]]\nid = "{row}"')
    end = TABLE.find("[[conditions.rows]]", start + 5)
    return TABLE[:start] + (TABLE[end:] if end > 0 else "")


# ---- what is wrong in one -----------------------------------------


def test_sample_table_comes_back_from_its_own_toml() -> None:
    draft = toml.parse_conditions(TABLE, "en")
    assert toml.parse_conditions(toml_table.dump(draft.table, draft.risk), "en") == draft
    assert all(set(row.texts) == {"en", "be", "ru", "de", "ar", "zh"} for row in draft.table.rows)


def test_combination_that_no_row_decides_is_named() -> None:
    (field, message), *_ = faults(without("R12"))
    assert field == "conditions.rows"
    assert message.startswith("no row decides nationality")
    assert "money no" in message


def test_yes_beside_a_no_is_named() -> None:
    wider = TABLE.replace("days = { max = 5 }", "days = { max = 6 }", 1)
    assert ("conditions.rows[15].when", "Y1 says yes where R10 says otherwise") in [
        (field, message.partition(", such as")[0]) for field, message in faults(wider)
    ]


def test_row_and_question_that_decide_nothing_are_named() -> None:
    twice = TABLE + '\n[[conditions.rows]]\nid = "D9"\noutcome = "depends"\nfacts = "F5"\ntexts = "Idle"\n'
    twice += (
        'when = { nationality = "nine", arrival = { from = 2017-02-12, to = 2018-07-24 }, money = false }\n'
    )
    assert faults(twice) == [
        (
            "conditions.rows[17]",
            "row D9 never decides anything: its conditions cannot hold together, or others always win",
        )
    ]
    asked = TABLE.replace(
        "[[conditions.rows]]",
        '[[conditions.questions]]\nid = "hair"\nkind = "yes-no"\ntexts = "Red?"\n\n[[conditions.rows]]',
        1,
    )
    assert faults(asked) == [("conditions.questions[13]", "the answer to “hair” never changes the result")]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('kind = "date"', 'kind = "moon"', "kind"),
        ("min = 1\nmax = 365", "min = 9\nmax = 3", "min"),
        ('outcome = "no"', 'outcome = "perhaps"', "outcome"),
        ("official = true", 'official = "yes"', "official"),
        ("days = { min = 6 }", "days = 6", "days"),
        ("days = { min = 6 }", "days = { from = 2017-02-12 }", "days"),
        ('visa = { not = "used" }', 'visa = { not = "stamped" }', "visa"),
        ('nationality = "nine"', 'nationality = "ten"', "nationality"),
        ('risk = "sensitive"', 'risk = "none"', "risk"),
        ("ticket = false", "tickets = false", "tickets"),
        ('facts = ["F2"]', "facts = []", "facts"),
        ('code = "service"', 'code = "diplomatic"', "code"),
        ('id = "R7"', 'id = "R6"', "id"),
    ],
)
def test_each_fault_is_named_at_its_line(old: str, new: str, field: str) -> None:
    assert old in TABLE
    with pytest.raises(Invalid) as caught:
        toml.parse_conditions(TABLE.replace(old, new, 1), "en")
    place = next(one for one in caught.value.where if str(one["field"]).split(".")[-1].split("[")[0] == field)
    changed = TABLE[: TABLE.index(old)].count("\n") + 1
    assert abs(int(place["line"]) - changed) <= 14


@pytest.mark.parametrize(
    "source", ["", "x = 1", "[conditions]", "conditions = 3", "[conditions", "[[conditions]]"]
)
def test_what_is_no_table_is_refused_in_words(source: str) -> None:
    with pytest.raises(Invalid):
        toml.parse_conditions(source, "en")


# ---- two persons, exactly this text -----------------------------------------


def test_table_answers_only_after_two_others_said_yes(cast: Cast, sheet: Sheet) -> None:
    with pytest.raises(NotFound):
        queries.check_eligibility(sheet, GERMAN)
    found = waiting(sheet)
    for nobody in (cast.editor, cast.stranger, cast.embassy):
        with pytest.raises(NotAllowed):
            actions.approve_conditions(by=nobody, conditions=found, digest=found.digest)
    with pytest.raises(Conflict, match="You read"):
        actions.approve_conditions(by=cast.approver, conditions=found, digest="0" * 64)
    for _ in range(2):  # one person counts once
        found = actions.approve_conditions(by=cast.approver, conditions=found, digest=found.digest)
        assert found.state == "review"
    found = actions.approve_conditions(by=cast.director, conditions=found, digest=found.digest)
    assert found.state == "current"
    verdict, _, _ = queries.check_eligibility(sheet, GERMAN)
    assert (verdict.outcome, verdict.rows) == ("yes", ("Y1",))
    verbs = list(
        Event.objects.filter(target="conditions:visa-free/1").order_by("id").values_list("verb", flat=True)
    )
    assert verbs == [
        "facts.propose_conditions",
        "facts.approve_conditions",
        "facts.approve_conditions",
        "facts.publish_conditions",
    ]


def test_who_wrote_it_does_not_approve_it(cast: Cast, sheet: Sheet) -> None:
    cast.approver.memberships.create(mission=cast.capital, role="author")
    draft = waiting(sheet).draft()
    changed = TableDraft(replace(draft.table, note="Looked at again."), draft.risk)
    mine = actions.propose_conditions(by=cast.approver, sheet=sheet, draft=changed)
    with pytest.raises(NotAllowed):
        actions.approve_conditions(by=cast.approver, conditions=mine, digest=mine.digest)


def test_new_version_takes_the_place_of_one_that_waits_and_then_of_one_that_answers(
    cast: Cast, sheet: Sheet
) -> None:
    first = waiting(sheet)
    draft = first.draft()
    assert actions.propose_conditions(by=cast.editor, sheet=sheet, draft=draft) == first
    changed = TableDraft(replace(draft.table, note="Looked at again."), "ordinary")
    second = actions.propose_conditions(by=cast.editor, sheet=sheet, draft=changed, why="The note")
    first.refresh_from_db()
    assert (first.state, second.version, second.state) == ("replaced", 2, "review")
    with pytest.raises(Conflict, match="not under review"):
        actions.approve_conditions(by=cast.approver, conditions=first, digest=first.digest)
    actions.approve_conditions(by=cast.approver, conditions=second, digest=second.digest)
    third = actions.propose_conditions(by=cast.editor, sheet=sheet, draft=draft)
    approved(cast, sheet)
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.state, third.state) == ("superseded", "current")


def test_declined_version_says_why_and_answers_nobody(cast: Cast, sheet: Sheet) -> None:
    found = waiting(sheet)
    with pytest.raises(Invalid, match="needs a reason"):
        actions.decline_conditions(by=cast.approver, conditions=found, why="")
    actions.decline_conditions(by=cast.approver, conditions=found, why="R9 forgets transit")
    assert queries.checker_of("visa-free") is None
    with pytest.raises(NotFound):
        queries.check_eligibility(sheet, GERMAN)


def test_one_person_takes_the_checker_off_at_once(cast: Cast, sheet: Sheet) -> None:
    found = approved(cast, sheet)
    before = Sheet.objects.get(pk=sheet.pk).updated
    with pytest.raises(NotAllowed):
        actions.retire_conditions(by=cast.stranger, conditions=found, why="No")
    actions.retire_conditions(by=cast.editor, conditions=found, why="The edict changes tonight")
    assert queries.checker_of("visa-free") is None
    assert Sheet.objects.get(pk=sheet.pk).updated > before


# ---- facts that change -----------------------------------------


def test_changed_fact_turns_the_yes_into_being_revised_until_it_is_approved_anew(
    cast: Cast, sheet: Sheet
) -> None:
    found = approved(cast, sheet)
    fact = queries.resolve("visa-free/F2")
    draft = fact.draft()
    texts = {**draft.texts, "en": "A stay may last at most 10 days."}
    actions.revise_fact(by=cast.editor, fact=fact, draft=replace(draft, texts=texts), why="Edict changed")
    assert queries.changed_facts(found) == ("F2",)
    assert queries.check_eligibility(sheet, GERMAN)[0].outcome == "revised"
    assert queries.check_eligibility(sheet, {**GERMAN, "days": 6})[0].outcome == "revised"
    assert queries.check_eligibility(sheet, {**GERMAN, "leave": False})[0].outcome == "no"
    told = queries.checker_of("visa-free")
    assert told is not None
    assert told["changed"] == ["F2"]
    anew = actions.propose_conditions(by=cast.editor, sheet=sheet, draft=found.draft())
    assert anew.version == 2
    approved(cast, sheet)
    assert queries.check_eligibility(sheet, GERMAN)[0].outcome == "yes"


def test_fact_that_changes_during_review_stops_the_approval(cast: Cast, sheet: Sheet) -> None:
    found = waiting(sheet)
    fact = queries.resolve("visa-free/F5")
    draft = fact.draft()
    actions.revise_fact(by=cast.editor, fact=fact, draft=replace(draft, valid_to=date(2017, 12, 31)))
    with pytest.raises(Conflict, match="F5 changed since the table was written"):
        actions.approve_conditions(by=cast.approver, conditions=found, digest=found.digest)


def test_fact_that_has_ended_holds_back_the_yes(cast: Cast, sheet: Sheet) -> None:
    fact = queries.resolve("visa-free/F5")
    actions.revise_fact(by=cast.editor, fact=fact, draft=replace(fact.draft(), valid_to=date(2017, 12, 31)))
    actions.propose_conditions(by=cast.editor, sheet=sheet, draft=waiting(sheet).draft())
    approved(cast, sheet)
    assert queries.check_eligibility(sheet, GERMAN)[0].outcome == "revised"


def test_table_cannot_lean_on_a_fact_that_is_not_there(cast: Cast, sheet: Sheet) -> None:
    table = toml.parse_conditions(TABLE.replace('facts = ["F2"]', 'facts = ["F22"]', 1), "en")
    with pytest.raises(Invalid, match="no fact F22"):
        actions.propose_conditions(by=cast.editor, sheet=sheet, draft=table)
    with pytest.raises(NotAllowed):
        actions.propose_conditions(by=cast.stranger, sheet=sheet, draft=table)


def test_rows_are_told_in_words() -> None:
    words = {one.row.id: one.when for one in rows_in_words(toml.parse_conditions(TABLE, "en").table, "en")}
    assert words["R1"] == ("nationality: not in “covered” (82)",)
    assert words["R3"] == ("nationality: in “covered” (82)", "arrival: until 2017-02-11")
    assert words["R10"][2] == "days: at least 6"
    assert words["Y1"][-3:] == ("days: at most 5", "insurance: yes", "money: yes")


# ---- the desk's pages -----------------------------------------


def desk(officer: Officer) -> Client:
    """Signed in a moment ago, so that an approval is let through."""
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods_user"] = user_id_to_str(officer)
    session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
    session.save()
    return client


def test_desk_shows_the_table_and_takes_the_approvals(cast: Cast, sheet: Sheet) -> None:
    page = desk(cast.approver).get("/facts/visa-free/table/")
    assert page.status_code == 200
    assert "13,824 combinations" in page.content.decode()
    digest = waiting(sheet).digest
    for officer in (cast.approver, cast.director):
        desk(officer).post("/facts/visa-free/table/1/approve/", {"digest": digest})
    assert queries.current_table(sheet) is not None
    assert "Answers the public" in desk(cast.editor).get("/facts/visa-free/table/").content.decode()
    assert desk(cast.stranger).get("/facts/visa-free/table/").status_code == 404
    desk(cast.editor).post("/facts/visa-free/table/1/decide/", {"retire": "1", "why": "Changes tonight"})
    assert queries.current_table(sheet) is None


def test_desk_takes_the_next_version_as_toml_and_names_what_is_wrong(cast: Cast, sheet: Sheet) -> None:
    client = desk(cast.editor)
    assert "conditions.questions" in client.get("/facts/visa-free/table/write/").content.decode()
    wrong = client.post("/facts/visa-free/table/write/", {"source": without("R12"), "why": ""})
    assert wrong.status_code == 422
    assert "no row decides" in wrong.content.decode()
    right = TABLE.replace('risk = "sensitive"', 'risk = "ordinary"')
    assert (
        client.post("/facts/visa-free/table/write/", {"source": right, "why": "Less risk"}).status_code == 302
    )
    assert waiting(sheet).version == 2


def test_desk_notes_confirms_and_retires_beliefs(cast: Cast, sheet: Sheet) -> None:
    assert "Leaving by land" in desk(cast.embassy).get("/facts/visa-free/beliefs/M3/").content.decode()
    listed = desk(cast.embassy).get("/facts/visa-free/beliefs/").content.decode()
    assert "An identity card is enough" in listed
    sent = {
        "title": "Hotel",
        "facts": ["F5"],
        "statements_en": "A hotel is needed.",
        "corrections_en": "It is not.",
    }
    assert desk(cast.embassy).post("/facts/visa-free/beliefs/new/", sent).status_code == 302
    assert queries.belief_for(sheet, "M13").state == "proposed"
    assert desk(cast.embassy).post("/facts/visa-free/beliefs/M13/", {"confirm": "1"}).status_code == 422
    desk(cast.editor).post("/facts/visa-free/beliefs/M13/", {"confirm": "1"})
    assert queries.belief_for(sheet, "M13").state == "confirmed"
    desk(cast.editor).post("/facts/visa-free/beliefs/M13/revise/", {**sent, "title": "Hotel booking"})
    assert queries.belief_for(sheet, "M13").title == "Hotel booking"
    desk(cast.editor).post("/facts/visa-free/beliefs/M13/", {"retire": "1", "why": "It faded"})
    assert queries.belief_for(sheet, "M13").state == "retired"
