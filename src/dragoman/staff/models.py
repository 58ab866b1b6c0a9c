"""Officers, missions and the roles that bind them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from dragoman.base.models import Model
from dragoman.staff import rules


class Mission(Model):
    """An embassy, consulate or department. A tree: a role at a mission covers all below it."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, default="department")
    zone = models.CharField(max_length=60, default="UTC")
    country = models.CharField(max_length=2, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    objects: ClassVar[models.Manager[Mission]] = models.Manager()

    def __str__(self) -> str:
        return self.name

    def line(self) -> list[Mission]:
        """This mission and those above it, nearest first."""
        above, here = [], self
        while True:
            above.append(here)
            if here.parent is None:
                return above
            here = here.parent


class Officer(AbstractUser):
    """A member of staff."""

    name = models.CharField(max_length=200, blank=True)
    sample = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def audit_name(self) -> str:
        return self.username

    @property
    def audit_kind(self) -> str:
        return "officer"

    def has_role(self, *roles: str) -> bool:
        return self.memberships.filter(role__in=roles).exists()

    def may(self, role: str, mission: Mission) -> bool:
        """Does the officer hold the role at this mission or at one above it?"""
        return self.memberships.filter(role=role, mission__in=mission.line()).exists()


class Membership(Model):
    """One role of one officer at one mission."""

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="memberships")
    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role, role) for role in rules.ROLES])

    objects: ClassVar[models.Manager[Membership]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["officer", "mission", "role"], name="membership_once"),
        )

    def __str__(self) -> str:
        return f"{self.officer} {self.role} {self.mission}"
