"""Facts in the browser: read side by side, revised, proposed, imported; everyone can use every page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Desk, overflow, violations
from tests.cast import Cast

from dragoman.base.actor import System
from dragoman.facts import actions, queries

SAMPLE = (Path(__file__).resolve().parents[2] / "src/dragoman/sample/visa-free.toml").read_text("utf-8")


@pytest.fixture
def sheet(cast: Cast) -> None:
    """The sample's sheet, one fact of it cited and revised, one change proposed."""
    actions.import_sheet(by=System("tests"), mission=cast.capital, source=SAMPLE)
    fact = actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F7"))
    draft = fact.draft()
    words = {**draft.texts, "en": "Any number of trips.", "ar": "أي عدد من الرحلات."}
    changed = type(draft)(draft.number, words, draft.basis, draft.sources, draft.valid_from)
    actions.revise_fact(by=cast.editor, fact=fact, draft=changed, why="Plainer words")
    base = queries.resolve("visa-free/F3")
    plain = {**base.texts, "de": "Nur über den Flughafen Minsk."}
    proposed = type(draft)("F3", plain, base.basis, tuple(base.sources), base.valid_from)
    actions.propose_fact(by=cast.embassy, sheet=base.sheet, base=base, draft=proposed, why="Plainer German")


PAGES = (
    "",
    "visa-free/?lang=ar",
    "visa-free/F7/",
    "visa-free/F7/1/",
    "visa-free/F7/revise/",
    "visa-free/change/",
    "new/",
    "import/",
)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (320, True)])
def test_everyone_can_use_every_page_of_facts(desk: Desk, sheet: None, width: int, dark: bool) -> None:
    page = desk.sign_in("editor", width=width, dark=dark)
    wrong = {}
    for path in (*PAGES, f"proposals/{_proposal()}/"):
        desk.open(page, f"/facts/{path}")
        wrong[path] = violations(page) + [f"{n} px too wide" for n in [overflow(page)] if n]
    assert not {path: found for path, found in wrong.items() if found}


def _proposal() -> int:
    return queries.open_proposals(queries.sheet_named("visa-free"))[0].pk


def test_embassy_proposes_and_the_press_service_adopts(desk: Desk, sheet: None) -> None:
    page = desk.sign_in("embassy")
    desk.open(page, "/facts/visa-free/F8/")
    page.click("text=Propose a change")
    page.fill("#id_text_en", "Overstays lead to a warning or a fine.")
    page.fill("#id_why", "Shorter")
    page.click("text=Propose to Press Service")
    expect(page.locator("#notes")).to_contain_text("Nothing has changed yet")
    page = desk.sign_in("editor")
    desk.open(page, "/facts/visa-free/")
    page.click("text=Change F8")
    page.click("button:has-text('Adopt')")
    expect(page.locator("h1")).to_contain_text("Fact F8")
    expect(page.locator("main")).to_contain_text("Overstays lead to a warning or a fine.")


def test_import_names_faults_then_previews_then_imports(desk: Desk, sheet: None) -> None:
    page = desk.sign_in("editor")
    desk.open(page, "/facts/import/")
    page.fill("#id_source", SAMPLE.replace('number = "F4"', 'number = "F3"'))
    page.click("text=Show what changes")
    expect(page.locator(".lines")).to_contain_text("fact number F3 stands here a second time")
    assert not violations(page)
    desk.picture(page, "facts-import-faults")
    page.fill(
        "#id_source", SAMPLE.replace("The number of trips is not limited.", "Travel as often as you like.")
    )
    page.click("text=Show what changes")
    expect(page.locator("tr", has_text="F7")).to_contain_text("text (en)")
    assert not violations(page)
    desk.picture(page, "facts-import-preview")
    page.click("text=Import into visa-free")
    expect(page.locator("main")).to_contain_text("Travel as often as you like.")


def test_facts_are_read_and_revised_without_script(desk: Desk, sheet: None) -> None:
    page = desk.sign_in("editor", script=False)
    desk.open(page, "/facts/visa-free/F2/revise/")
    page.fill("#id_text_en", "At most 5 days; both the first and the last count.")
    page.click("text=Change F2")
    expect(page.locator("main")).to_contain_text("At most 5 days; both the first and the last count.")
