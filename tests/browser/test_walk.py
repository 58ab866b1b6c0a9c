"""The whole walk of one statement in the browser, as a press officer does it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from tests.browser.conftest import Desk
from tests.cast import Cast

from dragoman.channels.models import Channel
from dragoman.statements.models import Statement

BODY = (
    "Citizens of 80 states may enter without a visa from 12 February 2017.",
    "A stay is at most 5 days, counting the days of arrival and departure.",
)
RUSSIAN = (
    "Граждане 80 государств могут въезжать без визы с 12 февраля 2017 года. [F1]",
    "Срок пребывания не более 5 дней, включая дни въезда и выезда. [F2]",
)


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text(re.compile(r"^Saved \d\d:\d\d:\d\d"))


def cell(page: Page, name: str) -> str:
    return f'textarea[aria-label="{name}"]'


def write(page: Page) -> None:
    """Two languages, two facts cited from the list, by mouse and keyboard."""
    page.fill(cell(page, "English, title"), "How the five days are counted")
    page.fill(cell(page, "English, summary"), "The days of arrival and departure both count.")
    page.click(cell(page, "English, paragraph 1"))
    page.keyboard.type(BODY[0])
    page.click('button[data-cite="F1"]')
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type(BODY[1])
    page.click('button[data-cite="F2"]')
    saved(page)
    page.fill(cell(page, "Russian, title"), "Как считать пять дней")
    page.fill(cell(page, "Russian, summary"), "День въезда и день выезда засчитываются.")
    page.fill(cell(page, "Russian, paragraph 1"), RUSSIAN[0])
    page.fill(cell(page, "Russian, paragraph 2"), RUSSIAN[1])
    saved(page)


def give_reasons(page: Page) -> None:
    """For what the rules want one; nothing may block."""
    while page.locator("#panel summary:has-text('Give a reason')").count():
        before = page.locator("#panel .finding:not([data-cleared])").count()
        page.locator("#panel summary:has-text('Give a reason')").first.click()
        page.locator("#panel .reason[open] textarea").fill("It tells of the rule as it was in 2017.")
        page.locator("#panel .reason[open] button").click()
        expect(page.locator("#panel .finding:not([data-cleared])")).to_have_count(before - 1)


def begin(desk: Desk) -> tuple[Page, str]:
    """The editor writes and hands in."""
    page = desk.sign_in("editor")
    page.click("text=New statement")
    page.select_option("select[name=kind]", "explanation")
    page.fill("input[name=languages]", "ru")
    page.select_option("select[name=sheet]", "visa-free")
    page.check("input[name=channels]")
    page.click("text=Start writing")
    write(page)
    expect(page.locator("#measures")).to_contain_text("Training wall")
    expect(page.locator("#preview")).to_contain_text("counting the days of arrival")
    give_reasons(page)
    expect(page.locator("#standing .note")).to_have_count(0)
    page.click("text=Hand in for review")
    expect(page.locator("#state")).to_contain_text("In review")
    return page, Statement.objects.get().ref


def approve(desk: Desk, ref: str) -> None:
    """The approver reads and says yes to a digest."""
    page = desk.sign_in("approver")
    desk.open(page, f"/statements/{ref}/")
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.locator(".note.good")).to_contain_text("You approved")


def release(desk: Desk, ref: str, work: Callable[[], None]) -> Page:
    """The director releases, after being asked once more; the worker carries it out."""
    page = desk.sign_in("director")
    desk.open(page, f"/statements/{ref}/plan/")
    page.locator("#plan").get_by_role("button", name=re.compile("^Release")).click()
    expect(page.locator("dialog#sure")).to_be_visible()
    page.locator("dialog#sure").get_by_role("button", name=re.compile("^Release")).click()
    page.wait_for_url(re.compile(r"/release/$"))
    work()
    expect(page.locator("#state")).to_contain_text("Released")
    return page


def correct(desk: Desk, ref: str) -> None:
    """The editor begins a correction and says what was wrong."""
    page = desk.sign_in("editor")
    desk.open(page, f"/statements/{ref}/release/")
    page.click("text=Correct")
    page.fill("textarea[name=words_en]", "It was not said who counts.")
    page.click("text=Begin the correction")
    page.fill(cell(page, "English, paragraph 2"), f"{BODY[1]} The border service counts. [F2]")
    saved(page)
    give_reasons(page)
    page.click("text=Hand in for review")
    expect(page.locator("#state")).to_contain_text("In review")


def withdraw(desk: Desk, page: Page, ref: str, work: Callable[[], None]) -> None:
    """The director takes it back with a reason."""
    desk.open(page, f"/statements/{ref}/withdrawal/")
    page.fill("textarea[name=words_en]", "Issued by mistake.")
    page.locator("#withdraw").get_by_role("button", name="Withdraw").click()
    page.locator("dialog#sure").get_by_role("button", name="Withdraw").click()
    page.wait_for_url(re.compile(r"/release/$"))
    work()
    expect(page.locator("#state")).to_contain_text("Withdrawn")


@pytest.mark.timeout(300)
def test_a_statement_goes_from_a_blank_page_to_a_withdrawn_one(
    desk: Desk, cast: Cast, wall: Channel, work: Callable[[], None], public: str
) -> None:
    page, ref = begin(desk)
    approver = page.get_by_role("button", name=re.compile("^Approve"))
    expect(approver).to_have_attribute("aria-disabled", "true")
    approve(desk, ref)
    page = release(desk, ref, work)
    expect(page.locator("#rr").locator("xpath=../..")).to_contain_text("Proof is public")
    expect(page.locator("table")).to_contain_text("Sent")

    statement = Statement.objects.get()
    reader = desk.page()
    reader.goto(f"{public}/en/statements/{statement.slug}/")
    expect(reader.locator("main")).to_contain_text(BODY[1])
    proof = settings.DRAGOMAN.public_dir / "record" / "proof" / f"{ref}-1.tlog-proof"
    assert proof.exists()

    correct(desk, ref)
    approve(desk, ref)
    page = release(desk, ref, work)
    reader.reload()
    expect(reader.locator("body")).to_contain_text("It was not said who counts.")
    desk.open(page, f"/statements/{ref}/history/")
    expect(page.locator("ins").first).to_contain_text("border")

    withdraw(desk, page, ref, work)
    reader.reload()
    expect(reader.locator("body")).to_contain_text("Issued by mistake.")
    expect(reader.locator("body")).not_to_contain_text("The border service counts")
