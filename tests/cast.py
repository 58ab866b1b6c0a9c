"""The people every test knows, and where they serve."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.staff.models import Membership, Mission, Officer


@dataclass(frozen=True)
class Cast:
    """`editor` writes, `approver` says yes, `director` says yes and releases; `stranger` serves elsewhere."""

    capital: Mission
    berlin: Mission
    elsewhere: Mission
    editor: Officer
    approver: Officer
    director: Officer
    embassy: Officer
    auditor: Officer
    admin: Officer
    stranger: Officer


def assemble() -> Cast:
    """Put the cast into the database."""
    capital = Mission.objects.create(slug="capital", name="Press Service", zone="Europe/Minsk")
    berlin = Mission.objects.create(
        slug="berlin", name="Embassy in Berlin", kind="embassy", zone="Europe/Berlin", parent=capital
    )
    elsewhere = Mission.objects.create(slug="elsewhere", name="Another ministry", zone="UTC")
    return Cast(
        capital=capital,
        berlin=berlin,
        elsewhere=elsewhere,
        editor=officer("editor", (capital, "author")),
        approver=officer("approver", (capital, "approver")),
        director=officer("director", (capital, "approver"), (capital, "releaser")),
        embassy=officer("embassy", (berlin, "author")),
        auditor=officer("auditor", (capital, "auditor"), (capital, "record_keeper")),
        admin=officer("admin", (capital, "administrator")),
        stranger=officer("stranger", (elsewhere, "author"), (elsewhere, "approver"), (elsewhere, "releaser")),
    )


def officer(username: str, *posts: tuple[Mission, str]) -> Officer:
    """One officer with roles."""
    made = Officer.objects.create(username=username, name=username.title(), sample=True)
    for mission, role in posts:
        Membership.objects.create(officer=made, mission=mission, role=role)
    return made
