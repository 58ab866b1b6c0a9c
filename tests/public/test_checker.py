"""The eligibility checker: the same in the browser as on the server, over every combination of answers."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import resources
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dragoman.base import limits
from dragoman.base.actor import System
from dragoman.config import reception_settings
from dragoman.facts import toml
from dragoman.lib.eligibility import plain
from dragoman.lib.eligibility.checking import classes_of
from dragoman.lib.eligibility.countries import CODES
from dragoman.lib.eligibility.evaluate import evaluate, read
from dragoman.lib.eligibility.values import Answer, Question, Standing, Table
from dragoman.public import actions, checker, queries
from dragoman.public.checker import Checker
from dragoman.public.values import SheetFact, SheetPage

SAMPLE = toml.parse((resources.files("dragoman.sample") / "visa-free.toml").read_text("utf-8"))
SCRIPT = Path(str(resources.files("dragoman.public"))) / "static/public/checker.js"
NODE = shutil.which("node") or ""
RUNNER = """
const { evaluate, read } = require(process.argv[1]);
const { table, today, cases } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const kinds = Object.fromEntries(table.questions.map((one) => [one.id, one]));
process.stdout.write(JSON.stringify(cases.map((raw) => {
  const given = {};
  for (const [id, value] of Object.entries(raw)) {
    const answer = read(kinds[id], value);
    if (answer === null) return null;
    if (answer !== undefined) given[id] = answer;
  }
  const { outcome, rows, ask } = evaluate(table, given, today);
  return { outcome, rows, ask };
})));
"""
TODAY = date(2017, 3, 1)
pytestmark = pytest.mark.django_db


def table() -> Table:
    assert SAMPLE.conditions is not None
    return SAMPLE.conditions.table


def sheet(standing: Standing = Standing()) -> SheetPage:  # noqa: B008 - a frozen value
    return SheetPage(
        slug="visa-free",
        source_language="en",
        titles=SAMPLE.titles,
        summaries=SAMPLE.summaries,
        mission="Press Service",
        zone=SAMPLE.zone,
        changed=datetime(2017, 2, 1, tzinfo=UTC),
        facts=tuple(
            SheetFact(fact.number, 1, fact.texts, fact.basis, fact.sources, fact.valid_from, fact.valid_to)
            for fact in SAMPLE.facts
        ),
        checker={
            "version": 1,
            "table": plain.as_plain(table()),
            "changed": sorted(standing.changed),
            "last": {number: day.isoformat() for number, day in standing.last_days.items()},
        },
    )


def as_typed(answer: Answer | date) -> str:
    """As a form holds it."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return answer.isoformat() if isinstance(answer, date) else str(answer)


def in_browser(cases: list[dict[str, str]], standing: Standing = Standing()) -> list[dict[str, Any] | None]:  # noqa: B008 - a frozen value
    page = sheet(standing)
    script = checker.for_script(page, Checker(table(), standing, 1))
    sent = json.dumps({"table": script, "today": TODAY.isoformat(), "cases": cases})
    done = subprocess.run(
        [NODE, "-e", RUNNER, str(SCRIPT)], input=sent, capture_output=True, text=True, check=True
    )
    found: list[dict[str, Any] | None] = json.loads(done.stdout)
    return found


def on_server(cases: list[dict[str, str]], standing: Standing = Standing()) -> list[dict[str, Any]]:  # noqa: B008 - a frozen value
    found = (evaluate(table(), read(table(), one), today=TODAY, standing=standing) for one in cases)
    return [one.as_json() for one in found]


def ends(question: Question) -> list[str]:
    """Both ends of every class of answers: between them no condition begins or ends."""
    classes = classes_of(table(), question)
    return [as_typed(answer) for one in classes for answer in dict.fromkeys((one.first, one.last))]


def every_combination() -> Iterator[dict[str, str]]:
    names = [question.id for question in table().questions]
    for answers in product(*(ends(question) for question in table().questions)):
        yield dict(zip(names, answers, strict=True))


@pytest.mark.skipif(not NODE, reason="node is not installed")
def test_browser_and_server_agree_on_every_combination() -> None:
    cases = list(every_combination())
    assert len(cases) >= 13_824
    outcomes = set()
    for start in range(0, len(cases), 40_000):
        cut = cases[start : start + 40_000]
        server = on_server(cut)
        assert in_browser(cut) == server
        outcomes |= {one["outcome"] for one in server}
    assert outcomes == {"yes", "no", "depends"}


@pytest.mark.skipif(not NODE, reason="node is not installed")
def test_browser_and_server_ask_the_same_next_question() -> None:
    chance = random.Random(8)  # noqa: S311 - the same cases every time
    cases = []
    for whole in islice(every_combination(), 0, None, 7):
        kept = chance.sample(sorted(whole), chance.randrange(len(whole) + 1))
        cases.append({name: whole[name] for name in kept})
    assert in_browser(cases) == on_server(cases)


@pytest.mark.skipif(not NODE, reason="node is not installed")
@pytest.mark.parametrize(
    "standing",
    [
        Standing(changed=frozenset({"F5"})),
        Standing(last_days={"F2": date(2017, 2, 28)}),
        Standing(last_days={"F2": TODAY}),
        Standing(changed=frozenset({"F1", "F9"}), last_days={"F4": date(2017, 2, 1)}),
    ],
)
def test_browser_and_server_agree_on_stale_facts(standing: Standing) -> None:
    cases = list(islice(every_combination(), 0, None, 11))
    server = on_server(cases, standing)
    assert in_browser(cases, standing) == server
    assert ("yes" in {one["outcome"] for one in server}) == (standing.last_days == {"F2": TODAY})


@pytest.mark.skipif(not NODE, reason="node is not installed")
def test_browser_and_server_take_every_state_alike() -> None:
    question = table().questions[0]
    rest = {"arrival": "2017-03-01", "passport": "ordinary", "official": "no", "enter": "yes", "leave": "yes"}
    rest |= {
        "russia": "no",
        "days": "5",
        "insurance": "yes",
        "money": "yes",
        "visa": "unused",
        "ticket": "yes",
    }
    codes = sorted(CODES | {choice.code for choice in question.choices})
    cases = [{**rest, "nationality": code} for code in codes]
    server = on_server(cases)
    assert in_browser(cases) == server
    said = dict(zip(codes, (one["outcome"] for one in server), strict=True))
    assert sorted(said.values()).count("yes") == 80 - 9 + 2  # with non-citizens and the stateless of F1
    assert " ".join(code for code in codes if said[code] == "no") == "CN GM HN HT IN LB NA VN WS"
    assert {said[code] for code in ("UA", "RU", "TR", "no-state")} == {"depends"}


@pytest.mark.skipif(not NODE, reason="node is not installed")
def test_browser_refuses_the_answers_that_the_server_refuses() -> None:
    bad = [("days", "0"), ("days", "366"), ("days", "4.5"), ("days", "-1"), ("days", "five")]
    bad += [("arrival", "2017-02-30"), ("arrival", "12.02.2017"), ("official", "maybe")]
    assert in_browser([{name: value} for name, value in bad]) == [None] * len(bad)


# ---- the published page, and the answers of the reception --------------------------------------------------

CLERK = System("tests")


@pytest.fixture
def published(public: Path) -> Path:
    actions.publish_sheet(by=CLERK, sheet=sheet())
    limits.forget()
    return public


@pytest.fixture
def reception(settings: Any) -> Client:
    for name in ("ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "ALLOWED_HOSTS"):
        setattr(settings, name, getattr(reception_settings, name))
    return Client(raise_request_exception=False)


GERMAN = {
    "nationality": "DE",
    "arrival": "2017-03-03",
    "passport": "ordinary",
    "official": "no",
    "enter": "yes",
    "leave": "yes",
    "russia": "no",
    "days": "5",
    "insurance": "yes",
    "money": "yes",
}


def test_checker_stands_beside_its_sheet_in_every_language_of_it(published: Path) -> None:
    for lang in SAMPLE.titles:
        page = (published / lang / "facts/visa-free/check/index.html").read_text("utf-8")
        assert SAMPLE.conditions is not None
        assert table().questions[0].texts[lang] in page
        assert 'action="/check/visa-free?lang=' in page
        assert "/check/" in (published / lang / "facts/visa-free/index.html").read_text("utf-8")
    arabic = (published / "ar/facts/visa-free/check/index.html").read_text("utf-8")
    assert 'dir="rtl"' in arabic
    assert "ألمانيا" in arabic


def test_page_asks_no_name_and_sends_nothing(published: Path) -> None:
    page = (published / "en/facts/visa-free/check/index.html").read_text("utf-8")
    names = {part.split('"')[0] for part in page.split(' name="')[1:]}
    assert names <= {question.id for question in table().questions} | {"viewport", "color-scheme", "referrer"}
    script = SCRIPT.read_text("utf-8")
    assert not [
        word for word in ("fetch(", "XMLHttp", "sendBeacon", "localStorage", "cookie") if word in script
    ]


def test_sheet_that_lost_its_table_keeps_no_page_that_answers(published: Path) -> None:
    bare = SheetPage(**{name: getattr(sheet(), name) for name in SheetPage.__slots__ if name != "checker"})
    actions.publish_sheet(by=CLERK, sheet=bare)
    assert not (published / "en/facts/visa-free/check/index.html").exists()
    assert "/check/" not in (published / "en/facts/visa-free/index.html").read_text("utf-8")
    found = queries.sheet("visa-free")
    assert found is not None
    assert checker.checker_of(found) is None


def test_form_without_scripts_is_answered_as_a_page(published: Path, reception: Client) -> None:
    yes = reception.post("/check/visa-free?lang=de", GERMAN)
    assert yes.status_code == 200
    assert 'data-outcome="yes"' in yes.content.decode()
    assert "Die Grenzbehörde entscheidet" in yes.content.decode()
    assert not yes.cookies
    no = reception.post("/check/visa-free?lang=de", {**GERMAN, "leave": "no", "days": "6"}).content.decode()
    assert 'data-outcome="no"' in no
    assert "nicht auf dem Landweg" in no
    assert "höchstens 5 Tage" in no
    assert "/de/facts/visa-free/#F3" in no
    person = reception.post("/check/visa-free?lang=uk", {"nationality": "UA"}).content.decode()
    assert 'data-outcome="depends"' in person
    assert "/ask/?lang=uk" in person


def test_form_with_gaps_is_told_which_question_still_matters(published: Path, reception: Client) -> None:
    page = reception.post("/check/visa-free?lang=en", {"nationality": "DE", "days": "5"}).content.decode()
    assert "This question still matters" in page
    assert '<a href="#q-arrival">' in page
    assert 'value="DE" selected' in page


def test_bad_answers_of_a_form_are_named_and_never_repeated_unescaped(
    published: Path, reception: Client
) -> None:
    answer = reception.post("/check/visa-free?lang=en", {**GERMAN, "days": "<script>alert(1)</script>"})
    assert answer.status_code == 422
    assert '<a href="#q-days">' in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert reception.get("/check/visa-free?lang=en").status_code == 200
    assert (
        reception.post("/check/no-such-sheet", GERMAN, headers={"accept": "application/json"}).status_code
        == 404
    )


def test_programs_get_the_same_answer_as_json(published: Path, reception: Client) -> None:
    def ask(body: object) -> Any:
        return reception.post(
            "/check/visa-free",
            body if isinstance(body, str) else json.dumps(body),
            content_type="application/json",
            headers={"accept": "application/json"},
        )

    answers = {**GERMAN, "days": 6, "leave": False}
    told = ask({"answers": answers, "lang": "ru"}).json()
    assert (told["outcome"], told["rows"]) == ("no", ["R8", "R10"])
    assert told["why"][0]["text"].startswith("Выезжать")
    assert [fact["number"] for fact in told["facts"]] == ["F2", "F3"]
    assert ask({"answers": {}}).json()["ask"] == "nationality"
    for body in ("[", "[]", '{"answers": [1]}', '"x"'):
        assert ask(body).status_code == 422
    refused = ask({"answers": {"name": "Jan"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad-answer")


def test_stale_facts_turn_a_yes_into_being_revised(public: Path, reception: Client) -> None:
    limits.forget()
    actions.publish_sheet(by=CLERK, sheet=sheet(Standing(last_days={"F5": date(2017, 12, 31)})))
    page = reception.post("/check/visa-free?lang=en", GERMAN).content.decode()
    assert 'data-outcome="revised"' in page
    assert "the rule covers you: up to" not in page


def test_one_address_may_not_ask_without_end(published: Path, reception: Client) -> None:
    codes = {reception.post("/check/visa-free", GERMAN).status_code for _ in range(62)}
    assert codes == {200, 429}
    limits.forget()
