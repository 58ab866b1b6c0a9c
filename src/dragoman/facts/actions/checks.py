"""What every deed on facts checks first."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.base.actor import Actor
from dragoman.facts import queries
from dragoman.facts.models import Sheet
from dragoman.facts.toml import field_name
from dragoman.facts.values import Fault
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff.models import Mission, Officer

MAX_WHY = 500


def must_change(by: Actor, mission: Mission) -> None:
    """Refuse an officer who may not change facts of the mission. The system's own deeds pass."""
    if isinstance(by, Officer) and not queries.may_change(by, mission):
        raise NotAllowed(
            f"Facts of {mission.name} are changed by its authors and administrators.",
            mend="Propose the change instead; the owner mission decides.",
        )


def must_be_sound(faults: Iterable[Fault]) -> None:
    """Refuse a draft with faults, naming them all."""
    where = [{"field": field_name(fault.path), "message": fault.what, "mend": fault.mend} for fault in faults]
    if where:
        raise Invalid(f"{where[0]['field']}: {where[0]['message']}.", mend=where[0]["mend"], where=where)


def must_say_why(why: str, deed: str) -> str:
    """The reason, trimmed. Refuses none at all, or an essay."""
    why = why.strip()
    if not why:
        words = f"{deed} needs a reason."
        raise Invalid(words, mend="Say it in a sentence.", where=[{"field": "why", "message": words}])
    if len(why) > MAX_WHY:
        words = f"The reason has {len(why):,} characters; at most {MAX_WHY} are taken."
        raise Invalid(words, mend="Shorten it.", where=[{"field": "why", "message": words}])
    return why


def must_be_as_read(expected: str, now: str, thing: str) -> None:
    """Refuse to write over what another person changed since this one read it."""
    if expected and expected != now:
        raise Conflict(
            f"{thing} was changed by someone else since you opened it. Nothing was written over.",
            mend="Open it again, look at the change, and make yours anew.",
            code="changed-meanwhile",
        )


def owner_named(slug: str, sheet: Sheet) -> Mission:
    """The mission a draft names as owner, or the sheet's own."""
    if not slug or slug == sheet.mission.slug:
        return sheet.mission
    mission = Mission.objects.filter(slug=slug).first()
    if mission is None:
        words = f"there is no mission “{slug[:60]}”"
        raise Invalid(
            words, mend="Choose one of the desk’s missions.", where=[{"field": "owner", "message": words}]
        )
    return mission


def held(sheet: Sheet) -> Sheet:
    """The sheet, locked to the end of the transaction: deeds on one sheet wait for each other."""
    return Sheet.objects.select_for_update(of=("self",)).select_related("mission").get(pk=sheet.pk)
