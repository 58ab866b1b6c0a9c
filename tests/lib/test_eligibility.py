"""Decision tables: what wins, what is asked next, what a stale fact holds back, what is found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.lib.eligibility import plain
from dragoman.lib.eligibility.checking import check, classes_of
from dragoman.lib.eligibility.evaluate import NOTHING, evaluate, read
from dragoman.lib.eligibility.values import Choice, Condition, Question, Row, Standing, Table
from dragoman.lib.problems import Invalid

TODAY = date(2017, 3, 1)
SAID = {"en": "Said"}
PASS = Question(
    "pass", "choice", SAID, choices=(Choice("ordinary", SAID), Choice("service", SAID), Choice("card", SAID))
)
DAYS = Question("days", "number", SAID, least=1, most=30)
TICKET = Question("ticket", "yes-no", SAID)
NOT_ORDINARY = Condition(codes=("ordinary",), named=("ordinary",), other=True)
ORDINARY = Condition(codes=("ordinary",), named=("ordinary",))
TABLE = Table(
    questions=(PASS, DAYS, TICKET),
    rows=(
        Row("N1", "no", {"pass": NOT_ORDINARY}, ("F1",), SAID),
        Row("N2", "no", {"days": Condition(least=6)}, ("F2",), SAID),
        Row("D1", "depends", {"ticket": Condition(flag=False)}, ("F3",), SAID),
        Row(
            "Y1",
            "yes",
            {"pass": ORDINARY, "days": Condition(most=5), "ticket": Condition(flag=True)},
            ("F1", "F2"),
            SAID,
        ),
    ),
)
YES = {"pass": "ordinary", "days": 5, "ticket": True}


def said(
    answers: Mapping[str, object], table: Table = TABLE, standing: Standing = NOTHING
) -> tuple[str, tuple[str, ...]]:
    found = evaluate(table, read(table, answers), today=TODAY, standing=standing)
    return found.outcome, found.rows


def test_most_severe_row_wins_and_every_reason_of_that_kind_is_given() -> None:
    assert said(YES) == ("yes", ("Y1",))
    assert said({**YES, "days": 6}) == ("no", ("N2",))
    assert said({"pass": "card", "days": 6, "ticket": False}) == ("no", ("N1", "N2"))
    assert said({**YES, "ticket": False}) == ("depends", ("D1",))


def test_only_what_still_matters_is_asked() -> None:
    assert evaluate(TABLE, {}, today=TODAY).ask == "pass"
    assert evaluate(TABLE, {"pass": "card"}, today=TODAY).outcome == "no"
    found = evaluate(TABLE, {"pass": "ordinary", "ticket": True}, today=TODAY)
    assert (found.outcome, found.ask) == ("open", "days")


def test_yes_is_withheld_while_any_fact_of_the_table_is_stale() -> None:
    assert said(YES, standing=Standing(changed=frozenset({"F3"}))) == ("revised", ("Y1",))
    assert said(YES, standing=Standing(last_days={"F1": date(2017, 2, 28)})) == ("revised", ("Y1",))
    assert said(YES, standing=Standing(last_days={"F1": TODAY})) == ("yes", ("Y1",))


def test_no_stands_on_the_reasons_whose_facts_stand() -> None:
    both = {"pass": "card", "days": 6, "ticket": True}
    assert said(both, standing=Standing(changed=frozenset({"F1"}))) == ("no", ("N2",))
    assert said(both, standing=Standing(changed=frozenset({"F1", "F2"}))) == ("revised", ("N1", "N2"))


def test_what_no_row_decides_is_unknown() -> None:
    table = replace(TABLE, rows=TABLE.rows[1:2])
    assert said(YES, table) == ("unknown", ())


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"pass": "royal"}, "pass"),
        ({"pass": 1}, "pass"),
        ({"days": 0}, "days"),
        ({"days": "31"}, "days"),
        ({"days": 2.5}, "days"),
        ({"days": True}, "days"),
        ({"days": "٣"}, "days"),
        ({"ticket": "maybe"}, "ticket"),
        ({"ticket": 1}, "ticket"),
        ({"name": "Jan Kowalski"}, "name"),
        ({"pass": ["ordinary"]}, "pass"),
        ({"pass": {"a": 1}}, "pass"),
    ],
)
def test_answer_of_another_kind_is_named(answers: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(TABLE, answers)
    assert [place["field"] for place in caught.value.where] == [field]


def test_answers_of_a_form_are_read_in_their_kinds_and_empty_ones_are_none() -> None:
    assert read(TABLE, {"pass": "card", "days": " 7 ", "ticket": "no"}) == {
        "pass": "card",
        "days": 7,
        "ticket": False,
    }
    assert read(TABLE, {"pass": "", "days": None}) == {}
    day = Table((Question("on", "date", SAID),), ())
    assert read(day, {"on": "2017-02-12"}) == {"on": date(2017, 2, 12)}
    for bad in ("2017-02-30", "12.02.2017", "2017-2-1", "20170212", "0000-01-01"):
        with pytest.raises(Invalid):
            read(day, {"on": bad})


def test_whole_table_is_sound() -> None:
    report = check(TABLE)
    assert report.sound
    assert report.combinations == 2 * 2 * 2  # card and service are told apart by no row


def test_combination_that_no_row_decides_is_found() -> None:
    report = check(replace(TABLE, rows=(TABLE.rows[0], TABLE.rows[1], TABLE.rows[3])))
    assert [dict(one) for one in report.undecided] == [{"pass": "ordinary", "days": 1, "ticket": False}]


def test_yes_that_forgets_a_condition_is_found() -> None:
    forgetful = replace(TABLE.rows[3], when={"pass": ORDINARY, "ticket": Condition(flag=True)})
    report = check(replace(TABLE, rows=(*TABLE.rows[:3], forgetful)))
    yes, other, example = report.contradictions[0]
    assert (yes, other) == ("Y1", "N2")
    assert example["days"] == 6


def test_row_that_never_decides_is_found() -> None:
    never = Row("N3", "no", {"pass": Condition(codes=("card",), named=("card",))}, ("F1",), SAID)
    beaten = Row("D2", "depends", {"pass": Condition(codes=("card",), named=("card",))}, ("F1",), SAID)
    assert check(replace(TABLE, rows=(*TABLE.rows, never))).idle_rows == ()
    assert check(replace(TABLE, rows=(*TABLE.rows, beaten))).idle_rows == ("D2",)


def test_question_whose_answer_changes_nothing_is_found() -> None:
    idle = Question("colour", "yes-no", SAID)
    assert check(replace(TABLE, questions=(*TABLE.questions, idle))).dead_questions == ("colour",)
    held = Row(
        "D2", "depends", {"colour": Condition(flag=True), "ticket": Condition(flag=False)}, ("F1",), SAID
    )
    same = Row("D3", "depends", {"colour": Condition(flag=True), "days": Condition(least=6)}, ("F1",), SAID)
    used = replace(TABLE, questions=(*TABLE.questions, idle), rows=(*TABLE.rows, held))
    assert check(used).dead_questions == ()
    beaten = replace(TABLE, questions=(*TABLE.questions, idle), rows=(*TABLE.rows, same))
    assert check(beaten).dead_questions == ("colour",)


# ---- any table ------------------------------------------------------------------------------------------


@st.composite
def conditions(draw: st.DrawFn, question: Question) -> Condition:
    if question.kind == "yes-no":
        return Condition(flag=draw(st.booleans()))
    if question.kind == "number":
        low, high = sorted(draw(st.lists(st.integers(1, 30), min_size=2, max_size=2)))
        return Condition(
            least=low if draw(st.booleans()) else None, most=high if draw(st.booleans()) else low + high
        )
    if question.kind == "date":
        low_day, high_day = sorted(
            draw(st.lists(st.dates(date(2017, 1, 1), date(2018, 1, 1)), min_size=2, max_size=2))
        )
        return Condition(least=low_day, most=high_day if draw(st.booleans()) else None)
    known = [choice.code for choice in question.choices] + (
        ["AD", "BY", "FR"] if question.kind == "country" else []
    )
    codes = tuple(sorted(draw(st.sets(st.sampled_from(known), min_size=1, max_size=3))))
    return Condition(codes=codes, named=codes, other=draw(st.booleans()))


ALL = (PASS, DAYS, TICKET, Question("on", "date", SAID), Question("from", "country", SAID))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = []
    for n in range(draw(st.integers(1, 6))):
        asked = draw(st.lists(st.sampled_from(ALL), min_size=1, max_size=3, unique_by=lambda one: one.id))
        when = {question.id: draw(conditions(question)) for question in asked}
        outcome = draw(st.sampled_from(["no", "depends", "yes"]))
        facts = tuple(draw(st.sets(st.sampled_from(["F1", "F2", "F3"]), min_size=1)))
        rows.append(Row(f"R{n}", outcome, when, facts, SAID))
    return Table(ALL, tuple(rows))


@settings(max_examples=60)
@given(tables())
def test_report_agrees_with_trying_every_combination(table: Table) -> None:
    classes = [classes_of(table, question) for question in table.questions]
    report = check(table)
    undecided, deciding = False, set()
    for combination in product(*classes):
        for answers in (
            {q.id: c.first for q, c in zip(ALL, combination, strict=True)},
            {q.id: c.last for q, c in zip(ALL, combination, strict=True)},
        ):
            found = evaluate(table, answers, today=TODAY)
            undecided |= found.outcome == "unknown"
            deciding |= set(found.rows)
    assert bool(report.undecided) == undecided
    assert set(report.idle_rows) == {row.id for row in table.rows} - deciding


@given(tables())
def test_plain_table_comes_back_the_same(table: Table) -> None:
    assert plain.from_plain(plain.as_plain(table)) == table
