"""Decision tables and wrong beliefs at the desk, as officers see them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Desk, overflow, violations
from tests.cast import Cast
from tests.facts.conftest import CLERK, SAMPLE

from dragoman.facts import actions, queries
from dragoman.facts.models import Sheet

PAGES = ("table/", "table/write/", "beliefs/", "beliefs/M3/", "beliefs/M3/revise/")


@pytest.fixture
def sheet(cast: Cast) -> Sheet:
    actions.import_sheet(by=CLERK, mission=cast.capital, source=SAMPLE)
    return Sheet.objects.get(slug="visa-free")


@pytest.mark.parametrize("width", [1440, 380])
def test_pages_of_tables_and_beliefs_are_accessible_and_fit(
    desk: Desk, cast: Cast, sheet: Sheet, width: int
) -> None:
    page = desk.seat(cast.editor, width=width)
    for n, path in enumerate(PAGES):
        assert desk.open(page, f"/facts/visa-free/{path}") == 200
        assert overflow(page) <= 0, path
        assert not violations(page), path
        desk.picture(page, f"tables-{width}-{n}")
    assert not desk.errors


def test_two_officers_put_the_table_in_force(desk: Desk, cast: Cast, sheet: Sheet) -> None:
    for who in ("approver", "director"):
        page = desk.sign_in(who)
        desk.open(page, "/facts/visa-free/table/")
        page.get_by_role("button", name="Approve this version").click()
        expect(page.get_by_text("Approved.").first).to_be_visible()
    desk.picture(page, "tables-approved")
    assert queries.checker_of("visa-free") is not None
