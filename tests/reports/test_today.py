"""The front page tells each officer what needs them, and nobody else's work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import make
from tests.cast import Cast, assemble

from dragoman.base import clock
from dragoman.channels import actions as channels
from dragoman.channels.models import Delivery
from dragoman.reports import queries
from dragoman.statements.actions import releases, review
from dragoman.statements.models import Release, Revision

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    assembled = assemble()
    make.make_sheet(assembled)
    return assembled


def words(cast_name: Cast, who: str) -> list[str]:
    return [need.word or need.state for need in queries.today(getattr(cast_name, who)).needs]


def planned(cast: Cast, revision: Revision, minutes: int) -> None:
    at = clock.now() + timedelta(minutes=minutes)
    releases.release_statement(by=cast.director, revision=revision, at=at, zone="Europe/Minsk")


def test_a_draft_needs_its_writer_only(cast: Cast) -> None:
    make.make_statement(cast)
    assert words(cast, "editor") == ["Your draft"]
    assert words(cast, "approver") == []
    assert words(cast, "stranger") == []


def test_a_text_under_review_needs_those_who_may_approve_and_have_not(cast: Cast) -> None:
    revision = make.make_statement(cast, risk="sensitive")
    review.submit_statement(by=cast.editor, revision=revision)
    revision.refresh_from_db()
    assert words(cast, "approver") == words(cast, "director") == ["To approve"]
    review.approve_statement(by=cast.approver, revision=revision, digest=revision.digest)
    assert words(cast, "approver") == []
    assert queries.today(cast.director).needs[0].why.endswith("1 approval given.")


def test_an_approved_text_needs_a_releaser(cast: Cast) -> None:
    make.approved(cast, make.make_statement(cast))
    assert words(cast, "director") == ["To release"]
    assert words(cast, "approver") == []


def test_the_line_of_the_day_shows_what_is_planned_and_where_now_is(cast: Cast) -> None:
    planned(cast, make.approved(cast, make.make_statement(cast)), 3)
    day = queries.today(cast.director).day
    later = [mark for mark in day.marks if mark.x >= day.now_x]
    # Three minutes before midnight in Minsk the plan belongs to the next day.
    assert len(later) == len(day.marks) <= 1
    assert day.words.startswith("Releases today: 0 out")


def test_an_unsure_post_comes_before_all_else(cast: Cast) -> None:
    wall = channels.create_channel(
        by=cast.admin,
        mission=cast.capital,
        kind="sandbox",
        slug="wall",
        label="Wall",
        values={"address": "ok"},
    )
    make.approved(cast, make.make_statement(cast))
    planned(cast, make.approved(cast, make.make_statement(cast, channels=[wall])), 30)
    Delivery.objects.update(state="unsure", person=True)
    assert [need.state for need in queries.today(cast.director).needs][:1] == ["unsure"]
    assert "approved" in [need.state for need in queries.today(cast.director).needs]


def test_a_release_whose_moment_has_passed_is_told_as_late(cast: Cast) -> None:
    planned(cast, make.approved(cast, make.make_statement(cast)), 30)
    Release.objects.update(moment=clock.now() - timedelta(minutes=5))
    assert "late" in words(cast, "director")
