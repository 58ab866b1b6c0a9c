"""Deeds on the tree of missions and on who holds which role in it."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from dragoman.audit.actions import note
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib import canonical
from dragoman.lib.problems import Conflict, Invalid, NotAllowed, NotFound
from dragoman.staff import rules
from dragoman.staff.models import Membership, Mission, Officer

COUNTRY = re.compile(r"[A-Z]{2}")


def create_mission(
    *,
    by: Actor,
    slug: str,
    name: str,
    kind: str = "department",
    zone: str = "UTC",
    country: str = "",
    parent: Mission | None = None,
) -> Mission:
    """Add a mission below `parent`, or at the top. Its slug is for ever: records and links name it."""
    _require_administrator(by, parent)
    mission = Mission(
        slug=slug.strip().lower(),
        name=name.strip(),
        kind=kind,
        zone=zone.strip(),
        country=country.strip().upper(),
        parent=parent,
    )
    _check(mission)
    try:
        with transaction.atomic():
            mission.save(force_insert=True)
            note(
                by=by,
                verb="staff.create_mission",
                target=target(mission),
                mission=mission.slug,
                after=canonical.digest(_said(mission)),
                data=_said(mission),
            )
    except IntegrityError:
        raise Conflict(
            f"There is already a mission “{mission.slug}”.",
            mend="Choose another short name.",
            code="mission-exists",
        ) from None
    return mission


def change_mission(
    *, by: Actor, mission: Mission, name: str, kind: str, zone: str, country: str = "", parent: Mission | None
) -> None:
    """Rename a mission or move it, with all below it, to another place in the tree."""
    _require_administrator(by, mission)
    if parent != mission.parent:
        _require_administrator(by, parent)
    if parent and rules.covers(mission.path, parent.path):
        raise Invalid(
            f"{mission} cannot be placed below itself.",
            where=[{"field": "parent", "message": "below itself"}],
        )
    with transaction.atomic():
        row = Mission.objects.select_for_update(of=("self",)).select_related("parent").get(pk=mission.pk)
        before, old_path = _said(row), row.path
        row.name, row.kind, row.zone = name.strip(), kind, zone.strip()
        row.country, row.parent = country.strip().upper(), parent
        _check(row)
        if _said(row) == before:
            return
        row.save()
        if row.path != old_path:
            _move_below(old_path, row.path)
        note(
            by=by,
            verb="staff.change_mission",
            target=target(row),
            mission=row.slug,
            before=canonical.digest(before),
            after=canonical.digest(_said(row)),
            data={"before": before, "after": _said(row)},
        )


def set_membership(*, by: Actor, officer: Officer, mission: Mission, role: str) -> Membership:
    """Give an officer a role at a mission and all below it. Doing it twice changes nothing.

    No administrator gives a role to themself.
    """
    _check_role(role)
    _require_administrator(by, mission, about=officer)
    with transaction.atomic():
        membership, made = Membership.objects.get_or_create(officer=officer, mission=mission, role=role)
        if made:
            note(
                by=by,
                verb="staff.set_membership",
                target=f"officer:{officer.username}",
                mission=mission.slug,
                data={"role": role, "mission": mission.slug},
            )
    return membership


def remove_membership(*, by: Actor, officer: Officer, mission: Mission, role: str, why: str = "") -> None:
    """Take a role away. Approvals already given stay: they were true when given."""
    _check_role(role)
    _require_administrator(by, mission, about=officer)
    with transaction.atomic():
        gone, _ = Membership.objects.filter(officer=officer, mission=mission, role=role).delete()
        if not gone:
            raise NotFound(f"{officer} is not {rules.ROLE_WORDS[role].lower()} at {mission}.")
        note(
            by=by,
            verb="staff.remove_membership",
            target=f"officer:{officer.username}",
            mission=mission.slug,
            why=why,
            data={"role": role, "mission": mission.slug},
        )


def target(mission: Mission) -> str:
    return f"mission:{mission.slug}"


def _move_below(old: str, new: str) -> None:
    below = list(Mission.objects.select_for_update().filter(path__startswith=old))
    for mission in below:
        mission.path = new + mission.path[len(old) :]
        mission.updated = clock.now()
    Mission.objects.bulk_update(below, ["path", "updated"])


def _said(mission: Mission) -> dict[str, str]:
    return {
        "slug": mission.slug,
        "name": mission.name,
        "kind": mission.kind,
        "zone": mission.zone,
        "country": mission.country,
        "parent": mission.parent.slug if mission.parent else "",
    }


def _check(mission: Mission) -> None:
    wrong = []
    if not rules.SLUG.fullmatch(mission.slug):
        wrong.append({"field": "slug", "message": "small letters, digits and dashes, at most 50"})
    if not mission.name:
        wrong.append({"field": "name", "message": "is empty"})
    if mission.kind not in dict(Mission.KINDS):
        wrong.append({"field": "kind", "message": f"one of {', '.join(dict(Mission.KINDS))}"})
    if mission.zone not in available_timezones():
        wrong.append({"field": "zone", "message": "a time zone such as Europe/Vilnius"})
    if mission.country and not COUNTRY.fullmatch(mission.country):
        wrong.append({"field": "country", "message": "two letters such as LT, or nothing"})
    if wrong:
        words = "; ".join(f"{place['field']}: {place['message']}" for place in wrong)
        raise Invalid(f"The mission cannot be kept like this. {words}.", where=wrong)


def _check_role(role: str) -> None:
    if role not in rules.ROLES:
        raise Invalid(
            f"There is no role “{role}”.",
            mend=f"Roles: {', '.join(rules.ROLES)}.",
            where=[{"field": "role", "message": "unknown"}],
        )


def _require_administrator(by: Actor, mission: Mission | None, *, about: Officer | None = None) -> None:
    if not isinstance(by, Officer):
        return
    if about is not None and about.pk == by.pk:
        raise NotAllowed("Nobody gives or takes their own roles.", mend="Ask another administrator.")
    if mission is None:
        if not by.missions_with("administrator").filter(parent=None).exists():
            raise NotAllowed("Only an administrator of the top of the tree may add a mission there.")
    elif not by.may("administrator", mission):
        raise NotAllowed(f"You are not an administrator of {mission}.", mend="Ask an administrator there.")
