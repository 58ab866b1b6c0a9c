"""Every page of the desk: nothing that axe-core finds, no sideways scrolling, at any width, in any light."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests import make
from tests.browser.conftest import Desk, overflow, violations
from tests.cast import Cast

from dragoman.channels.models import Channel
from dragoman.statements.actions import corrections, releases, review
from dragoman.statements.models import Revision

LOOKS = ((1440, False), (760, True), (320, False))


@pytest.fixture
def house(cast: Cast, wall: Channel, work: Callable[[], None]) -> dict[str, Revision]:
    """A statement in each stage that has a page of its own."""
    texts = make.TEXTS
    draft = make.make_statement(cast, channels=[wall])
    asked = make.make_statement(cast, channels=[wall], texts={"en": texts["en"]})
    review.submit_statement(by=cast.editor, revision=asked)
    ready = make.approved(cast, make.make_statement(cast, channels=[wall]))
    out = make.approved(cast, make.make_statement(cast, channels=[wall]))
    releases.release_statement(by=cast.director, revision=out)
    gone = make.approved(cast, make.make_statement(cast))
    releases.release_statement(by=cast.director, revision=gone)
    work()
    corrections.withdraw_statement(by=cast.director, statement=gone.statement, reasons={"en": "A mistake."})
    work()
    return {"draft": draft, "review": asked, "approved": ready, "out": out, "gone": gone}


PAGES = {
    "today": ("director", "/", ""),
    "statements": ("editor", "/statements/", ""),
    "nothing-found": ("editor", "/statements/?q=nothing+at+all", ""),
    "new": ("editor", "/statements/new/", ""),
    "edit": ("editor", "/statements/{}/edit/", "draft"),
    "read": ("approver", "/statements/{}/edit/", "review"),
    "settings": ("editor", "/statements/{}/settings/", "draft"),
    "review": ("approver", "/statements/{}/review/", "review"),
    "plan": ("director", "/statements/{}/plan/", "approved"),
    "release": ("director", "/statements/{}/release/", "out"),
    "withdrawn": ("director", "/statements/{}/release/", "gone"),
    "correct": ("editor", "/statements/{}/correction/", "out"),
    "withdraw": ("director", "/statements/{}/withdrawal/", "out"),
    "history": ("editor", "/statements/{}/history/", "out"),
    "releases": ("director", "/statements/releases/", ""),
    "citing": ("editor", "/statements/citing/visa-free/F2/", ""),
    "facts": ("editor", "/facts/", ""),
    "sheet": ("editor", "/facts/visa-free/", ""),
    "fact": ("editor", "/facts/visa-free/F2/", ""),
    "channels": ("admin", "/channels/", ""),
    "record": ("auditor", "/record/", ""),
    "audit": ("auditor", "/audit/", ""),
    "officers": ("admin", "/staff/officers/", ""),
    "missions": ("admin", "/staff/missions/", ""),
    "account": ("editor", "/staff/account/", ""),
    "not-found": ("editor", "/statements/2026-nosuch/", ""),
    "not-allowed": ("embassy", "/staff/officers/", ""),
}
REFUSED = {"not-found": 404, "not-allowed": 403}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_every_page_is_open_to_everyone_who_reads_it(
    desk: Desk, cast: Cast, house: dict[str, Revision], width: int, dark: bool
) -> None:
    """One look at all pages, so that a failure names them all."""
    wrong: list[str] = []
    seats: dict[str, Page] = {}
    for name, (who, path, stage) in PAGES.items():
        page = seats.get(who) or desk.seat(getattr(cast, who), width=width, dark=dark)
        seats[who] = page
        status = desk.open(page, path.format(house[stage].statement.ref) if stage else path)
        if status != REFUSED.get(name, 200):
            wrong.append(f"{name}: answered {status}")
        wrong += [f"{name}: {line}" for line in violations(page)]
        if overflow(page):
            wrong.append(f"{name}: scrolls sideways by {overflow(page)}")
        desk.picture(page, f"{name}-{width}{'-dark' if dark else ''}")
    assert not wrong, "\n".join(wrong)


def test_the_sign_in_page_is_open_to_everyone(desk: Desk) -> None:
    for width, dark in LOOKS:
        page = desk.page(width=width, dark=dark)
        desk.open(page, "/account/login/")
        assert violations(page) == []
        assert overflow(page) == 0
        desk.picture(page, f"sign-in-{width}{'-dark' if dark else ''}")


def test_the_menu_of_a_narrow_screen_opens_without_script(desk: Desk) -> None:
    page = desk.sign_in("editor", width=320, script=False)
    page.click("summary:has-text('Menu')")
    page.locator(".burger").get_by_role("link", name="Statements").click()
    page.wait_for_url("**/statements/")


def test_the_theme_that_was_chosen_stays(desk: Desk) -> None:
    page = desk.sign_in("editor")
    page.locator(".who summary").click()
    page.locator(".who").get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
