"""How we stand with a network, and sign-ins that have begun."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from dragoman.base.models import Model
from dragoman.channels.models.channel import Channel
from dragoman.staff.models import Officer


class StandingQuerySet(models.QuerySet["Standing"]):
    def to_renew(self, now: datetime) -> StandingQuerySet:
        """Sign-ins that the clock must renew, whoever held them before."""
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
        return self.filter(free, channel__state="on", renew_at__lte=now)


class Standing(Model):
    """What the last check found an account able to do, and how long its sign-in lasts. One row a channel.

    `claim` and `claimed_until` are the lease of the one that renews the sign-in: the database is let go
    during the call, and two workers must never hand in one refresh token, for many networks then withdraw
    both.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="standing")
    may = models.JSONField(default=list)
    headroom = models.JSONField(default=list)
    access_until = models.DateTimeField(null=True, blank=True)
    lasts_until = models.DateTimeField(null=True, blank=True)
    renew_at = models.DateTimeField(null=True, blank=True, db_index=True)
    renewed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    why = models.TextField(blank=True)
    person = models.BooleanField(default=False)
    claim = models.CharField(max_length=40, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    objects = StandingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"standing of {self.channel}"


class BegunSignIn(Model):
    """An officer was sent to a network to sign a channel in. Good once, for a few minutes, for that officer.

    Of the state that the network brings back only the digest is kept; the verifier is sealed.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="+")
    state_hash = models.CharField(max_length=64, unique=True)
    sealed = models.TextField()
    expires = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[BegunSignIn]] = models.Manager()

    def __str__(self) -> str:
        return f"sign-in of {self.channel}"
