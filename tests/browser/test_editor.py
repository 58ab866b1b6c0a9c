"""The editor holds on to every word: two people at once, no network, no script, keyboard only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests import make
from tests.browser.conftest import Desk
from tests.cast import Cast

from dragoman.channels.models import Channel
from dragoman.staff.models import Officer
from dragoman.statements.actions import review
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Revision, Text

FIRST = 'textarea[aria-label="English, paragraph 1"]'
SECOND = 'textarea[aria-label="English, paragraph 2"]'
TITLE = 'textarea[aria-label="English, title"]'


@pytest.fixture
def revision(cast: Cast) -> Revision:
    return make.make_statement(cast)


def editor(desk: Desk, revision: Revision, who: str = "editor", **kwargs: bool | int) -> Page:
    page = desk.seat(Officer.objects.get(username=who), **kwargs)
    desk.open(page, f"/statements/{revision.statement.ref}/edit/")
    return page


def english(revision: Revision) -> Text:
    return Text.objects.get(revision=revision, lang="en")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text(re.compile(r"^Saved \d\d:\d\d:\d\d"))


def test_what_is_typed_is_saved_by_itself(desk: Desk, revision: Revision) -> None:
    page = editor(desk, revision)
    page.locator(SECOND).press("Control+End")
    page.keyboard.type(" More.")
    saved(page)
    assert english(revision).body.endswith("[F2] More.")


def test_an_empty_line_makes_a_paragraph_and_backspace_takes_it_back(desk: Desk, revision: Revision) -> None:
    page = editor(desk, revision)
    page.locator(FIRST).press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("Between.")
    saved(page)
    assert [part[:8] for part in english(revision).body.split("\n\n")] == ["Citizens", "Between.", "A stay i"]
    page.locator('textarea[aria-label="English, paragraph 2"]').press("Control+Home")
    page.keyboard.press("Backspace")
    expect(page.locator(".cell[data-name=block][data-lang=en]")).to_have_count(2)
    expect(page.locator(FIRST)).to_have_value(re.compile(r"\[F1\] Between\.$"))


def test_the_second_of_two_writers_sees_both_texts_and_loses_neither(desk: Desk, revision: Revision) -> None:
    mine, theirs = editor(desk, revision), editor(desk, revision, "director")
    theirs.fill(TITLE, "Theirs")
    saved(theirs)
    mine.fill(TITLE, "Mine")
    clash = mine.locator(".clash")
    expect(clash).to_contain_text("Two people wrote at once")
    expect(clash).to_contain_text("Theirs")
    expect(clash).to_contain_text("Mine")
    assert english(revision).title == "Theirs"
    clash.get_by_role("button", name="Save mine over theirs").click()
    saved(mine)
    assert english(revision).title == "Mine"


def test_theirs_can_be_taken_and_mine_is_still_offered(desk: Desk, revision: Revision) -> None:
    mine, theirs = editor(desk, revision), editor(desk, revision, "director")
    theirs.fill(TITLE, "Theirs")
    saved(theirs)
    mine.fill(TITLE, "Mine")
    mine.locator(".clash").get_by_role("button", name="Take theirs").click()
    expect(mine.locator(TITLE)).to_have_value("Theirs")
    expect(mine.locator("#local")).to_contain_text("never saved")


def test_without_a_network_the_text_stays_on_this_computer_and_goes_out_later(
    desk: Desk, revision: Revision
) -> None:
    page = editor(desk, revision)
    page.context.set_offline(True)
    page.fill(TITLE, "Written on a train")
    expect(page.locator("#saved")).to_contain_text("Saved on this computer")
    kept = page.evaluate("Object.values({...localStorage}).join()")
    assert "Written on a train" in kept
    page.context.set_offline(False)
    saved(page)
    assert english(revision).title == "Written on a train"
    assert page.evaluate("localStorage.length") == 0


def test_a_text_that_was_never_saved_is_offered_again(desk: Desk, revision: Revision) -> None:
    page = editor(desk, revision)
    page.context.set_offline(True)
    page.fill(TITLE, "Lost, or not")
    expect(page.locator("#saved")).to_contain_text("Saved on this computer")
    page.context.set_offline(False)
    page.close(run_before_unload=False)
    again = desk.contexts[-1].new_page()
    desk.open(again, f"/statements/{revision.statement.ref}/edit/")
    if english(revision).title != "Lost, or not":
        again.get_by_role("button", name="Bring it back").click()
        saved(again)
    assert english(revision).title == "Lost, or not"


def test_without_script_the_page_saves_too(desk: Desk, revision: Revision) -> None:
    page = editor(desk, revision, script=False)
    page.fill(TITLE, "No script")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(TITLE)).to_have_value("No script")
    assert english(revision).body.count("\n\n") == 1


def test_a_finding_is_marked_shown_and_mended_by_its_suggestion(
    desk: Desk, cast: Cast, wall: Channel
) -> None:
    text = make.TEXTS["en"]
    texts = {"en": TextInput(text.title, "Visit Belarus.", f"{text.body} #visafreebelarus")}
    page = editor(desk, make.make_statement(cast, texts=texts, channels=[wall]))
    expect(page.locator("mark", has_text="#visafreebelarus")).to_have_count(1)
    finding = page.locator(".finding", has_text="#visafreebelarus")
    finding.get_by_role("button", name=re.compile("^Show")).click()
    assert page.evaluate("document.activeElement.selectionEnd - document.activeElement.selectionStart") == 16
    finding.get_by_role("button", name=re.compile("^Use this")).click()
    saved(page)
    expect(page.locator(".finding", has_text="#visafreebelarus")).to_have_count(0)
    assert english(Revision.objects.get()).body.endswith("#VisaFreeBelarus")


def test_the_keyboard_alone_finds_writes_and_submits(desk: Desk, revision: Revision) -> None:
    page = desk.sign_in("editor")
    page.keyboard.press("/")
    page.keyboard.type("five days")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/statements/\?q="))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/edit/$"))
    for _ in range(60):
        if page.evaluate("document.activeElement.textContent") == "Hand in for review":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_contain_text("In review")


def test_an_arabic_text_runs_from_the_right_beside_the_english(desk: Desk, cast: Cast) -> None:
    texts = dict(make.TEXTS) | {"ar": TextInput(title="كيف تُحسب الأيام", body="يُحسب يوم الوصول.")}
    del texts["ru"]
    page = editor(desk, make.make_statement(cast, texts=texts))
    title = page.locator('textarea[aria-label="Arabic, title"]')
    expect(title).to_have_attribute("dir", "rtl")
    assert title.evaluate("field => getComputedStyle(field).direction") == "rtl"
    assert title.bounding_box()["x"] > page.locator(TITLE).bounding_box()["x"]  # type: ignore[index]  # both are drawn


def test_a_picture_is_taken_in_described_and_held_back_without_words(
    desk: Desk, revision: Revision, tmp_path: Path
) -> None:
    file = tmp_path / "calendar.png"
    Image.new("RGB", (640, 360), "#0F4C5C").save(file)
    page = editor(desk, revision)
    page.set_input_files("#pic-file", file)
    page.locator('form[action$="pictures/"] button').click()
    expect(page.locator("#notes")).to_contain_text("The picture is in")
    expect(page.locator(".finding", has_text="ACS-1").first).to_be_visible()
    picture = page.locator(".picture")
    shown = picture.locator("img").evaluate(
        "async image => { await image.decode(); return image.naturalWidth }"
    )
    assert shown == 640
    picture.get_by_label("Words for those who cannot see it, English").fill("A calendar, five days marked")
    picture.get_by_label("Words for those who cannot see it, Russian").fill("Календарь, отмечены пять дней")
    picture.get_by_role("button", name="Keep the words").click()
    expect(page.locator("#notes")).to_contain_text("are kept")
    expect(page.locator(".finding", has_text="ACS-1")).to_have_count(0)
    page.locator(".picture").get_by_role("button", name="Take it out").click()
    expect(page.locator(".picture")).to_have_count(0)


def test_another_language_is_put_beside_the_source_and_nothing_typed_is_lost(desk: Desk, cast: Cast) -> None:
    texts = dict(make.TEXTS) | {"de": TextInput(title="Wie die Tage zählen", body="Beide zählen.")}
    page = editor(desk, make.make_statement(cast, texts=texts))
    page.fill(TITLE, "Typed a moment ago")
    page.select_option("#pick-right", "ru")
    expect(page.locator('textarea[aria-label="Russian, title"]')).to_be_visible()
    expect(page.locator(TITLE)).to_have_value("Typed a moment ago")


def test_who_only_reads_hears_the_text_too(desk: Desk, cast: Cast, revision: Revision) -> None:
    review.submit_statement(by=cast.editor, revision=revision)
    page = editor(desk, revision, "approver")
    expect(page.locator("#bitext textarea")).to_have_count(0)
    assert "The days of arrival and departure both count." in page.locator("#bitext").aria_snapshot()
    page.get_by_role("link", name="Edit it all the same").click()
    expect(page.locator(TITLE)).to_be_visible()
