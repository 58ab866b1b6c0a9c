"""One account on one network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.channels import states
from dragoman.staff import rules as staff
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


class ChannelQuerySet(models.QuerySet["Channel"]):
    def visible_to(self, officer: Officer) -> ChannelQuerySet:
        """Channels of the officer's missions and of those above them: an embassy speaks on the ministry's
        channels too."""
        here = Mission.objects.visible_to(officer)
        paths = {above for path in here.values_list("path", flat=True) for above in staff.prefixes(path)}
        return self.filter(mission__path__in=paths)


# Left out besides secrets: what the clock writes by itself, time and again.
@keep_history(
    exclude=(
        *("sealed", "session", "checked_at"),
        *("not_before", "not_before_why", "circuit_next", "circuit_checks", "failures"),
    )
)
class Channel(Stateful, Model):
    """One account on one network. `sealed` holds its secrets and `session` its sign-in, both unreadable
    without the key that is not in the database."""

    GRAPH = states.CHANNEL

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="channels")
    slug = models.SlugField(max_length=60, unique=True)
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    languages = ArrayField(models.CharField(max_length=35), default=list, blank=True)
    settings = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    session = models.TextField(blank=True)
    useful_hours = models.PositiveIntegerField(default=24)

    healthy = models.BooleanField(null=True)
    health_says = models.TextField(blank=True)
    who = models.CharField(max_length=300, blank=True)
    signed_in_until = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    # The network asked us to wait: nothing goes out on this account before.
    not_before = models.DateTimeField(null=True, blank=True)
    not_before_why = models.TextField(blank=True)
    # The circuit is open since then: nothing is tried until a check succeeds, which is asked at `next`.
    circuit_since = models.DateTimeField(null=True, blank=True)
    circuit_why = models.TextField(blank=True)
    circuit_next = models.DateTimeField(null=True, blank=True, db_index=True)
    circuit_checks = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ("label", "id")

    def __str__(self) -> str:
        return self.label

    @property
    def on(self) -> bool:
        return self.state == "on"
