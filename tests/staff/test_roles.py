"""Who may do what where."""

from __future__ import annotations

import pytest
from tests.cast import Cast

from dragoman.audit.models import Event
from dragoman.base.actor import System
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff import actions
from dragoman.staff.models import Mission, Officer

SYSTEM = System("tests")


def test_a_role_covers_all_below_and_nothing_beside(cast: Cast) -> None:
    munich = Mission.objects.create(slug="munich", name="Munich", parent=cast.berlin)
    assert cast.approver.may("approver", munich)
    assert cast.embassy.may("author", munich)
    assert not cast.embassy.may("author", cast.capital)
    assert not cast.stranger.may("approver", cast.capital)
    assert not cast.approver.may("releaser", cast.capital)


def test_lists_hold_only_the_missions_one_serves_at(cast: Cast) -> None:
    def slugs(officer: Officer, *roles: str) -> list[str]:
        return [mission.slug for mission in officer.missions_with(*roles)]

    assert slugs(cast.editor) == ["capital", "berlin"]
    assert slugs(cast.embassy) == ["berlin"]
    assert slugs(cast.stranger, "approver") == ["elsewhere"]
    assert slugs(cast.embassy, "approver") == []
    assert list(Mission.objects.visible_to(cast.embassy)) == [cast.berlin]


def test_a_role_at_berlin_does_not_reach_berlin_two(cast: Cast) -> None:
    two = Mission.objects.create(slug="berlin-two", name="Berlin two", parent=cast.capital)
    odd = Mission.objects.create(slug="b_rlin", name="With a sign that LIKE reads", parent=cast.capital)
    assert not cast.embassy.may("author", two)
    assert list(cast.embassy.missions_with()) == [cast.berlin]
    assert odd not in cast.embassy.missions_with()


def test_an_officer_who_has_left_may_nothing(cast: Cast) -> None:
    cast.approver.is_active = False
    assert not cast.approver.may("approver", cast.capital)
    assert not cast.approver.has_role("approver")
    assert not cast.approver.missions_with().exists()


def test_a_role_is_given_once_and_noted_once(cast: Cast) -> None:
    for _ in range(2):
        actions.set_membership(by=cast.admin, officer=cast.editor, mission=cast.berlin, role="approver")
    event = Event.objects.get(verb="staff.set_membership")
    assert (event.actor, event.target, event.mission) == ("admin", "officer:editor", "berlin")
    assert event.data == {"role": "approver", "mission": "berlin"}


def test_a_role_is_taken_away_and_its_history_stays(cast: Cast) -> None:
    actions.remove_membership(by=cast.admin, officer=cast.editor, mission=cast.capital, role="author")
    assert not cast.editor.has_role("author")
    with pytest.raises(NotFound):
        actions.remove_membership(by=cast.admin, officer=cast.editor, mission=cast.capital, role="author")
    from django.apps import apps

    history = apps.get_model("staff", "MembershipEvent")
    labels = history.objects.filter(officer_id=cast.editor.pk).values_list("pgh_label", flat=True)
    assert set(labels) == {"insert", "delete"}


def test_nobody_gives_themself_a_role(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="their own roles"):
        actions.set_membership(by=cast.admin, officer=cast.admin, mission=cast.capital, role="releaser")


def test_an_administrator_rules_only_below_their_own_place(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        actions.set_membership(by=cast.admin, officer=cast.editor, mission=cast.elsewhere, role="author")
    with pytest.raises(NotAllowed):
        actions.set_membership(by=cast.editor, officer=cast.embassy, mission=cast.berlin, role="author")
    with pytest.raises(NotAllowed):
        actions.deactivate_officer(by=cast.admin, officer=cast.stranger)


def test_an_unknown_role_is_refused_with_the_known_ones(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        actions.set_membership(by=SYSTEM, officer=cast.editor, mission=cast.capital, role="king")
    assert "releaser" in refused.value.mend


def test_a_mission_that_moves_takes_all_below_it_along(cast: Cast) -> None:
    munich = Mission.objects.create(slug="munich", name="Munich", parent=cast.berlin)
    actions.change_mission(
        by=SYSTEM,
        mission=cast.berlin,
        name="Berlin",
        kind="embassy",
        zone="Europe/Berlin",
        parent=cast.elsewhere,
    )
    munich.refresh_from_db()
    assert munich.path == "elsewhere/berlin/munich/"
    assert not cast.approver.may("approver", munich)
    assert cast.stranger.may("approver", munich)
    assert Event.objects.get(verb="staff.change_mission").before != ""


def test_a_mission_is_not_placed_below_itself(cast: Cast) -> None:
    munich = Mission.objects.create(slug="munich", name="Munich", parent=cast.berlin)
    with pytest.raises(Invalid, match="below itself"):
        actions.change_mission(
            by=SYSTEM, mission=cast.berlin, name="B", kind="embassy", zone="UTC", parent=munich
        )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "Two Words"}, "slug"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"kind": "castle"}, "kind"),
        ({"country": "GER"}, "country"),
        ({"name": " "}, "name"),
    ],
)
def test_a_mission_that_cannot_be_kept_says_where(cast: Cast, wrong: dict[str, str], field: str) -> None:
    usual = {
        "slug": "rome",
        "name": "Embassy in Rome",
        "kind": "embassy",
        "zone": "Europe/Rome",
        "country": "it",
    }
    with pytest.raises(Invalid) as refused:
        actions.create_mission(by=SYSTEM, parent=cast.capital, **{**usual, **wrong})
    assert [place["field"] for place in refused.value.where] == [field]


def test_a_mission_is_there_once(cast: Cast) -> None:
    with pytest.raises(Conflict):
        actions.create_mission(by=SYSTEM, slug="berlin", name="Again", parent=cast.capital)
