"""Talks on the public plane: numbers without gaps, one moment for everybody, and nothing before its time."""

from __future__ import annotations

import pytest
from tests.public import world
from tests.public.talks_world import REF, Talks

from dragoman.public import actions
from dragoman.public.models import Pulse, TalksEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talks() -> Talks:
    made = Talks()
    made.publish()
    return made


def test_numbers_run_from_one_and_every_event_says_them(talks: Talks) -> None:
    for entry in (talks.notice(), talks.pulse(), talks.fallback()):
        actions.publish_talks_entry(by=world.BY, entry=entry)
    actions.publish_edition(by=world.BY, edition=talks.joint("opening"))
    assert list(TalksEntry.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    said = [row.data["talks"] for row in Pulse.objects.order_by("number")]
    assert [one["number"] for one in said] == [1, 2, 3, 4, 5]
    assert [one["what"] for one in said] == ["protocol", "notice", "pulse", "fallback", "joint"]
    assert {one["process"] for one in said} == {REF} == set(Pulse.objects.values_list("talks", flat=True))


def test_joint_text_is_one_event_whole_in_every_language(talks: Talks) -> None:
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    event = Pulse.objects.get(ref=edition.ref)
    assert event.kind == "statement"
    assert set(event.data["texts"]) == set(talks.languages)
    assert all(one["body"] for one in event.data["texts"].values())
    assert [one["party"] for one in event.data["consents"]] == ["northland", "eastmark"]
