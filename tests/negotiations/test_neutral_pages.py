"""What neutrality finds holds a round back at the desk, word by word; each reason is kept and shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.negotiations import help as talks
from tests.negotiations.help import World
from tests.negotiations.test_desk_pages import at_desk, page, told

from dragoman.negotiations.actions import processes, rounds
from dragoman.negotiations.models import Round
from dragoman.negotiations.queries import neutral
from dragoman.statements.actions.input import TextInput

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return talks.opened()


def draft(world: World, english: str) -> Round:
    texts = {**talks.TEXTS, "en": TextInput("The crossing", "", english)}
    return rounds.draft_round(by=world.cast.editor, process=world.process, texts=texts)


def test_each_finding_is_asked_for_its_own_reason_which_is_kept_with_the_round(world: World) -> None:
    about = draft(world, "The brutal, shameful crossing is open from 08:00 to 18:00.")
    address = f"/talks/stonebridge/rounds/{about.number}/"
    host = at_desk(world.cast.director)
    fields = re.findall(r'name="(reason-[0-9a-f]+)"', page(host, address))
    assert len(set(fields)) == len(fields) == 2

    answer = told(host, f"{address}open/", {fields[0]: "All parties want this word."})
    assert "asks for a reason" in answer
    assert Round.objects.get(pk=about.pk).state == "drafting"

    told(host, f"{address}open/", dict.fromkeys(fields, "All parties want this word."))
    put = Round.objects.get(pk=about.pk)
    assert put.state == "open"
    kept = {(one.finding.rule, one.finding.words, one.reason) for one in neutral.kept(put)}
    assert kept >= {
        ("JDG-1", "brutal", "All parties want this word."),
        ("JDG-1", "shameful", "All parties want this word."),
    }
    shown = page(host, address)
    assert "Findings that were let stand" in shown
    assert shown.count("All parties want this word.") == 2


def test_what_blocks_is_not_let_through_by_any_reason(world: World) -> None:
    about = draft(world, "The border line is open from 08:00 to 18:00.")
    [blocking] = [one for one in neutral.findings(about) if one.severity == "blocks"]
    with talks.refused("neutrality", "border line"):
        rounds.open_round(by=world.cast.director, round=about, reasons={blocking.key: "It is short."})


def test_name_of_a_person_at_the_table_is_not_put(world: World) -> None:
    processes.invite(by=world.cast.director, party=world["northland"].party, name="Anna Orrin")
    about = draft(world, "The crossing of Anna Orrin is open from 08:00 to 18:00.")
    with talks.refused("neutrality", "Anna Orrin"):
        rounds.open_round(by=world.cast.director, round=about)


def test_description_of_a_speaker_is_no_name_that_is_withheld(world: World) -> None:
    for name in ("Second speaker of Northland", "Second", "Anna Orrin"):
        processes.invite(by=world.cast.director, party=world["northland"].party, name=name)
    assert neutral.withheld(world.process) == ("Anna Orrin",)


def test_rule_of_the_ministry_holds_from_the_next_look_on(world: World, settings: Any) -> None:
    home = settings.DRAGOMAN.home
    about = draft(world, "The crossing is open from 08:00 to 18:00.")
    assert "crossing" not in {one.words for one in neutral.findings(about)}
    folder = home / "neutrality"
    folder.mkdir()
    try:
        (folder / "JDG-1.toml").write_text(
            '[words.en]\njudging = ["crossing"]\npraising = []\n', encoding="utf-8"
        )
        assert "crossing" in {one.words for one in neutral.findings(about)}
    finally:
        (folder / "JDG-1.toml").unlink()
        folder.rmdir()
    assert "crossing" not in {one.words for one in neutral.findings(about)}
