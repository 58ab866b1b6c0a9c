"""A round goes to all at once, with every language, and nobody learns anything before its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from tests.negotiations import help as table
from tests.negotiations.help import World

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid, NotFound
from dragoman.negotiations.actions import answers, processes, releasing, rounds
from dragoman.negotiations.models import Answer, Receipt, Round
from dragoman.negotiations.queries import desk, neutral
from dragoman.negotiations.queries import table as seen
from dragoman.negotiations.rules import roundfile
from dragoman.record.models import Entry
from dragoman.statements.actions import releases
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Release, Statement

pytestmark = pytest.mark.django_db(transaction=True)

COUNTER = {"en": TextInput("The crossing", "", "The crossing is open from 10:00 to 18:00.")}


@pytest.fixture
def world() -> World:
    return table.opened()


def draft(world: World, texts: dict[str, TextInput]) -> Round:
    return rounds.draft_round(by=world.cast.editor, process=world.process, texts=texts)


def public_bytes() -> bytes:
    """Every byte that anybody outside can read, with the names of the files."""
    found = [path for path in sorted(settings.DRAGOMAN.public_dir.rglob("*")) if path.is_file()]
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in found)


def test_nothing_but_the_protocol_can_be_put_before_it_is_in_force() -> None:
    world = table.founded()
    with table.refused("founding", "not agreed on a protocol"):
        draft(world, dict(table.TEXTS))
    with table.refused("founding", "not agreed on a protocol"):
        rounds.draft_notice(by=world.cast.editor, process=world.process, facts=[("meeting", {"date": "x"})])


def test_every_language_is_put_at_once(world: World) -> None:
    about = draft(world, {"en": table.TEXTS["en"]})
    with table.refused("language-missing", "missing in ru"):
        rounds.open_round(by=world.cast.director, round=about)


@pytest.mark.parametrize(
    "body",
    [
        "The crossing is open\u202e from 08:00 to 18:00.",
        "The cross\u200bing is open from 08:00 to 18:00.",
        "The crossing is open from 08:00 to 18:00. ",
        "The cafe\u0301 is open from 08:00 to 18:00.",
        "The crossing is open from 08:00 to 18:00.\r\nIt is.",
    ],
)
def test_what_nobody_would_see_is_not_put(world: World, body: str) -> None:
    about = draft(world, {**table.TEXTS, "en": TextInput("The crossing", "", body)})
    with table.refused("not-canonical", "en, body"):
        rounds.open_round(by=world.cast.director, round=about)


def test_a_forbidden_term_is_not_put(world: World) -> None:
    text = TextInput("The crossing", "", "The border line is open from 08:00 to 18:00.")
    about = draft(world, {**table.TEXTS, "en": text})
    with table.refused("neutrality", "border line"):
        rounds.open_round(by=world.cast.director, round=about)


def test_a_finding_that_asks_for_a_reason_needs_one(world: World) -> None:
    text = TextInput("The crossing", "", "The crossing is open from 09:00 to 18:00.")
    about = draft(world, {**table.TEXTS, "en": text})
    with table.refused("needs-reason", "09:00"):
        rounds.open_round(by=world.cast.director, round=about)
    with table.refused("needs-reason", "09:00"):
        rounds.open_round(by=world.cast.director, round=about, reasons={"LNG-2": "One for all of the rule."})
    asking = [one.key for one in neutral.findings(about) if one.severity == "reason"]
    why = dict.fromkeys(asking, "The hours differ by the time zone.")
    put = rounds.open_round(by=world.cast.director, round=about, reasons=why)
    assert put.state == "open"
    assert [(one.finding.rule, one.reason) for one in neutral.kept(put) if one.reason] == [
        ("LNG-2", "The hours differ by the time zone.")
    ]


def test_nothing_of_a_round_is_outside_before_the_release(world: World) -> None:
    before = public_bytes()
    about = table.agreed(world)
    releasing.plan_release(by=world.cast.director, round=about, moment=clock.now() + timedelta(hours=1))
    table.clockwork()
    now = public_bytes()
    assert about.statement.encode() not in now
    assert about.digest.encode() not in now
    assert b"08:00 to 18:00" not in now
    assert now == before
    assert not Entry.objects.filter(ref=about.statement).exists()
    with table.later(hours=1, seconds=1):
        table.put_out(about)
    assert about.statement.encode() in public_bytes()


def test_the_name_of_a_text_is_not_told_before_it_is_put_and_not_guessed(world: World) -> None:
    drafts = [draft(world, dict(table.TEXTS)) for _ in range(3)]
    assert {one.statement for one in drafts} == {""}
    names = {rounds.open_round(by=world.cast.director, round=one).statement for one in drafts}
    assert len(names) == 3
    assert not Statement.objects.filter(ref__in=names).exists()


def test_nobody_learns_an_answer_before_all_have_answered(world: World) -> None:
    about = table.text_put(world)
    north, east, south = (world[name] for name in table.PARTIES)
    answers.decline(by=north.person, round=about, words="The hour is wrong.", counter=COUNTER)
    east.consents(about)
    for person in (east.person, south.person):
        shown = seen.round_shown(person, about.number)
        assert not shown.revealed
        assert shown.answers == ()
    assert seen.round_shown(north.person, about.number).mine is not None
    host = desk.round_desk(world.cast.director, "stonebridge", about.number)
    assert [one.answer for one in host.standings] == [None, None, None]
    told = Event.objects.filter(target=about.target, actor_kind="spokesperson")
    assert set(told.values_list("verb", flat=True)) == {"negotiations.answer"}
    assert "hour is wrong" not in " ".join(str(event.data) + event.why for event in told)
    south.consents(about)
    about.refresh_from_db()
    assert about.state == "declined"
    host = desk.round_desk(world.cast.director, "stonebridge", about.number)
    assert {one.party.name: one.answer.kind for one in host.standings if one.answer} == {
        "northland": "decline",
        "eastmark": "consent",
        "southport": "consent",
    }
    counter = seen.round_shown(east.person, about.number).answers[0].counter
    assert counter["en"]["body"].startswith("The crossing is open from 10:00")


def test_answers_may_be_read_when_time_is_over(world: World) -> None:
    about = table.text_put(world)
    world["northland"].consents(about)
    with table.later(hours=24, seconds=1):
        table.clockwork()
        about.refresh_from_db()
        assert about.state == "expired"
        assert seen.round_shown(world["eastmark"].person, about.number).revealed
        with table.refused("round-not-open", "expired"):
            world["eastmark"].consents(about)


def test_a_round_that_is_taken_away_keeps_its_answers_to_itself(world: World) -> None:
    about = table.text_put(world)
    world["northland"].consents(about)
    rounds.cancel_round(by=world.cast.director, round=about, why="A mistake in the date.")
    assert not seen.round_shown(world["eastmark"].person, about.number).revealed


def test_a_drafted_round_is_seen_by_nobody_at_the_table(world: World) -> None:
    about = draft(world, dict(table.TEXTS))
    with pytest.raises(NotFound):
        seen.round_shown(world["northland"].person, about.number)
    assert about not in seen.rounds(world["northland"].person)
    with pytest.raises(NotFound):
        desk.round_desk(world.cast.stranger, "stonebridge", about.number)


def test_the_next_round_replaces_the_one_before_and_shows_what_changed(world: World) -> None:
    first = table.text_put(world)
    world["northland"].consents(first)
    second = table.text_put(world, table.OTHER, previous=first)
    first.refresh_from_db()
    assert first.state == "replaced"
    english = seen.round_shown(world["eastmark"].person, second.number).texts[0]

    assert "08:00" in english.old_body
    assert "09:00" in english.body
    with table.refused("round-not-open", "replaced"):
        world["eastmark"].consents(first)


def test_the_file_for_the_offline_tool_says_what_is_signed(world: World) -> None:
    about = table.text_put(world)
    file = roundfile.load(seen.round_file(world["eastmark"].person, about.number))
    assert file.body.statement == about.statement
    assert set(file.texts) == {"en", "ru"}
    protocol = roundfile.load(seen.round_file(world["eastmark"].person, 1))
    assert protocol.body.statement == "stonebridge"


def test_a_consent_by_a_whole_note_counts_as_the_line_alone(world: World) -> None:
    about = table.text_put(world)
    north = world["northland"]
    answers.consent(by=north.person, round=about, line=north.note(about))
    assert Answer.objects.get(round=about).line == north.key.line(about.body.encode())


def test_a_no_that_was_mistyped_is_not_told_to_the_host(world: World) -> None:
    """The host reads the audit: what only a no can get wrong would tell of the no before its time."""
    about, north = table.text_put(world), world["northland"]
    odd = {"en": TextInput("The crossing", "", "Open\u200b.")}
    before = Event.objects.count()
    for words, counter in (("", None), ("No.", odd), ("No.", {"fr": COUNTER["en"]})):
        with pytest.raises(Invalid):
            answers.decline(by=north.person, round=about, words=words, counter=counter)
    with pytest.raises(Conflict, match="No consent of your party stands"):
        answers.withdraw_consent(by=north.person, round=about)
    assert Event.objects.count() == before


def test_a_party_may_change_its_mind_while_the_round_is_open(world: World) -> None:
    about = table.text_put(world)
    north = world["northland"]
    answers.decline(by=north.person, round=about, words="Not yet.")
    north.consents(about)
    standing = Answer.objects.filter(round=about, withdrawn_at=None, replaced_at=None)
    assert [one.kind for one in standing] == ["consent"]
    deeds = list(Receipt.objects.filter(round=about).order_by("number").values_list("deed", flat=True))
    assert deeds == ["decline", "consent"]


def test_a_signed_decline_and_a_signed_taking_back_are_kept(world: World) -> None:
    about = table.text_put(world)
    north, east = world["northland"], world["eastmark"]
    order = north.order("decline", round=about.number, digest=about.digest, words="No.")
    said = answers.decline(by=north.person, round=about, words="Yes, gladly.", line=order)
    assert said.words == "No."
    east.consents(about)
    with table.refused("another-order", "something else"):
        answers.withdraw_consent(
            by=east.person, round=about, order=east.order("withdraw", round=99, digest=about.digest)
        )
    signed = east.order("withdraw", round=about.number, digest=about.digest)
    assert answers.withdraw_consent(by=east.person, round=about, order=signed).withdrawal == signed


def test_paused_and_closed_talks_let_nothing_out(world: World) -> None:
    about = table.agreed(world)
    releasing.plan_release(by=world.cast.director, round=about, moment=clock.now() + timedelta(hours=1))
    processes.pause_process(by=world.cast.director, process=world.process, why="A break.")
    about.refresh_from_db()
    assert about.state == "agreed"
    with table.refused("talks-not-open", "paused"):
        releasing.plan_release(by=world.cast.director, round=about)
    processes.resume_process(by=world.cast.director, process=world.process)
    processes.close_process(by=world.cast.director, process=world.process, why="They are over.")
    about.refresh_from_db()
    assert about.state == "cancelled"
    with table.later(hours=3):
        table.clockwork()
    assert not Entry.objects.filter(ref="stonebridge-line").exists()


def test_a_release_planned_and_taken_back_may_be_planned_again(world: World) -> None:
    about = table.agreed(world)
    moment = clock.now() + timedelta(hours=1)
    releasing.plan_release(by=world.cast.director, round=about, moment=moment)
    releasing.unplan(by=world.cast.director, round=about, why="The hour is wrong.")
    about.refresh_from_db()
    assert (about.state, about.moment) == ("agreed", None)
    releasing.plan_release(by=world.cast.director, round=about)
    table.put_out(about)
    table.clockwork()
    about.refresh_from_db()
    assert about.state == "released"


def test_a_consent_is_taken_back_in_the_moment_after_the_plan_was_on_the_statements_own_page(
    world: World,
) -> None:
    about = table.agreed(world)
    releasing.plan_release(by=world.cast.director, round=about, moment=clock.now() + timedelta(hours=1))
    planned = Release.objects.get(revision__statement__ref=about.statement)
    releases.cancel_release(by=world.cast.director, release=planned, why="Not now.")
    answers.withdraw_consent(by=world["eastmark"].person, round=about)
    about.refresh_from_db()
    assert (about.state, about.moment) == ("open", None)
    with table.later(hours=2):
        table.clockwork()
    assert not Entry.objects.filter(ref=about.statement).exists()


def test_a_correction_is_a_round_of_the_same_text_with_the_next_revision(world: World) -> None:
    out = table.released(world)
    again = table.released(
        world,
        table.OTHER,
        statement=out.statement,
        correction={"en": "The hour of opening.", "ru": "Час открытия."},
    )
    assert (again.statement, again.rev) == (out.statement, 2)
    entry = Entry.objects.get(ref=out.statement, rev=2)
    assert (entry.kind, entry.read().prev) == ("correction", out.entry_index)


def test_the_next_round_may_begin_with_the_words_a_party_would_sign(world: World) -> None:
    about = table.text_put(world)
    answer = answers.decline(by=world["northland"].person, round=about, words="No.", counter=COUNTER)
    with table.refused("not-revealed", "no such words"):
        rounds.draft_from_counter(by=world.cast.editor, answer=answer)
    for name in ("eastmark", "southport"):
        world[name].consents(about)
    following = rounds.draft_from_counter(by=world.cast.editor, answer=answer)
    texts = {text.lang: text.body for text in following.texts.all()}
    assert texts == {"en": COUNTER["en"].body, "ru": table.TEXTS["ru"].body}
    assert (following.previous, following.state, following.statement) == (about, "drafting", "")


def test_the_host_gives_no_less_time_than_was_agreed(world: World) -> None:
    about = draft(world, table.TEXTS)
    soon = clock.now() + timedelta(hours=1)
    with table.refused("less-time-than-agreed", "more time"):
        rounds.open_round(by=world.cast.director, round=about, closes_at=soon)
    late = clock.now() + timedelta(hours=30)
    opened = rounds.open_round(by=world.cast.director, round=about, closes_at=late)
    assert opened.closes_at == late
