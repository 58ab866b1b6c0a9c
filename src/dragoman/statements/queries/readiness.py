"""What stands in the way of a planned release, told in time: what, since when, and who must act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.urls import reverse

from dragoman.channels import queries as channels
from dragoman.channels.models import Delivery
from dragoman.channels.queries.preflight import Ahead, Trouble, preflight
from dragoman.channels.states import WAITING
from dragoman.statements.models import Release

# The trouble's code -> what its button says. What is not here is looked at.
DEEDS = {
    "off": "Switch on",
    "circuit": "Mend",
    "unhealthy": "Mend",
    "sign-in": "Connect",
    "sign-in-ends": "Connect",
    "not-signed-in": "Connect",
    "refused": "Mend",
    "unsure": "Decide",
    "not-checked": "Check",
}
OF_THE_DELIVERY = frozenset({"refused", "unsure", "not-prepared"})
AT_THE_NETWORK = frozenset({"sign-in", "sign-in-ends", "not-signed-in"})


@dataclass(frozen=True)
class Hurdle:
    """One trouble with the way to mend it."""

    trouble: Trouble
    deed: str
    href: str

    @property
    def who(self) -> str:
        """Who must act, in words."""
        if not self.trouble.role:
            return "Nobody"
        role = self.trouble.role.replace("_", " ")
        return f"{'An' if role[0] in 'aeiou' else 'A'} {role} of {self.trouble.mission}"


@dataclass(frozen=True)
class Row:
    """One delivery of a planned release."""

    ahead: Ahead
    hurdles: tuple[Hurdle, ...]


def readiness_of(release: Release) -> list[Row]:
    """A row for each delivery: those that will not go out first, then those that may not."""
    revision = release.revision
    found = preflight(revision.statement.ref, revision.number)
    rows = [Row(each, tuple(_hurdle(each, trouble) for trouble in _worth_telling(each))) for each in found]
    return sorted(rows, key=lambda row: (not row.ahead.stops, not row.hurdles))


def in_trouble(releases: Iterable[Release]) -> dict[int, int]:
    """Of planned releases, how many deliveries of each stand on an account that will not do: by the release's
    id, in one query. The page of the release looks closer."""
    by_text = {(each.revision.statement.ref, each.revision.number): each.pk for each in releases}
    ill = Q(channel__state="off") | Q(channel__circuit_since__isnull=False) | Q(channel__healthy=False)
    ended = Q(channel__signed_in_until__lt=F("due")) | Q(channel__standing__person=True)
    rows = Delivery.objects.filter(ill | ended, source__in={ref for ref, _ in by_text})
    counted = rows.filter(state__in=WAITING).values_list("source", "rev").annotate(Count("id")).order_by()
    return {by_text[ref, rev]: count for ref, rev, count in counted if (ref, rev) in by_text}


def _worth_telling(each: Ahead) -> list[Trouble]:
    """Beside what stops a delivery, what merely might is noise."""
    return [trouble for trouble in each.troubles if trouble.stops or not each.stops]


def _hurdle(each: Ahead, trouble: Trouble) -> Hurdle:
    deed = DEEDS.get(trouble.code, "Look")
    if trouble.code in OF_THE_DELIVERY:
        return Hurdle(trouble, deed, reverse("channels:delivery", args=[each.delivery_id]))
    name = "connect" if trouble.code in AT_THE_NETWORK and _connects(each.kind) else "show"
    return Hurdle(trouble, deed if name == "connect" or deed != "Connect" else "Mend", _page(name, each))


def _page(name: str, each: Ahead) -> str:
    return reverse(f"channels:{name}", args=[each.channel])


def _connects(kind: str) -> bool:
    return any(each.name == kind and each.oauth is not None for each in channels.kinds())
