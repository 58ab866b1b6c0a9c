"""Officers, missions, the roles that bind them, and access tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, OuterRef, Q

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.staff import rules


class MissionQuerySet(models.QuerySet["Mission"]):
    def visible_to(self, officer: Officer) -> MissionQuerySet:
        """The missions where the officer holds any role, and all below them."""
        return self.held_by(officer)

    def held_by(self, officer: Officer, *roles: str) -> MissionQuerySet:
        """The missions that the officer's roles cover. No roles named: any role counts."""
        if not officer.is_active:
            return self.none()
        held = Membership.objects.filter(officer=officer, **({"role__in": roles} if roles else {}))
        # the wrapper gives the outer path a type, so that this may itself stand in a subquery
        here = models.ExpressionWrapper(OuterRef("path"), output_field=models.CharField())
        covering = held.annotate(here=here).filter(here__startswith=F("mission__path"))
        return self.filter(models.Exists(covering))

    def within(self, mission: Mission) -> MissionQuerySet:
        """The mission and all below it."""
        return self.filter(path__startswith=mission.path)


@keep_history()
class Mission(Model):
    """An embassy, consulate or department. A tree: a role at a mission covers all below it."""

    KINDS = (
        ("ministry", "Ministry"),
        ("department", "Department"),
        ("embassy", "Embassy"),
        ("consulate", "Consulate"),
        ("representation", "Permanent representation"),
    )

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=KINDS, default="department")
    zone = models.CharField(max_length=60, default="UTC")
    country = models.CharField(max_length=2, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=600, db_index=True, editable=False)

    objects = MissionQuerySet.as_manager()

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the path in step with slug and parent. Moving a mission with others below it is an action."""
        self.path = rules.path_of(self.slug, self.parent.path if self.parent else "")
        super().save(*args, **kwargs)

    @property
    def depth(self) -> int:
        return self.path.count("/") - 1

    def line(self) -> list[Mission]:
        """This mission and those above it, nearest first."""
        return list(Mission.objects.filter(path__in=rules.prefixes(self.path)).order_by("-path"))


class OfficerManager(BaseUserManager["Officer"]):
    def create_user(
        self, username: str, email: str = "", password: str | None = None, **more: Any
    ) -> Officer:
        """A bare row, for tests and libraries. The desk's own way is the action `create_officer`."""
        officer = self.model(username=username, email=email or "", **more)
        officer.set_password(password)
        officer.save(using=self._db)
        return officer


@keep_history(exclude=("password", "last_login"))
class Officer(Model, AbstractBaseUser):
    """A member of staff. `sample` marks the officers of the demonstration, who need no second factor."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    sample = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    one_time = models.BooleanField(
        default=False, help_text="The password was handed out and an own one has not been chosen yet."
    )

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = OfficerManager()

    class Meta:
        ordering = ("username",)

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    @property
    def audit_name(self) -> str:
        return self.username

    @property
    def audit_kind(self) -> str:
        return "officer"

    def has_role(self, *roles: str) -> bool:
        """Does the officer hold one of the roles anywhere? No roles named: any role."""
        if not self.is_active:
            return False
        wanted = Q(role__in=roles) if roles else Q()
        return self.memberships.filter(wanted).exists()

    def may(self, role: str, mission: Mission) -> bool:
        """Does the officer hold the role at this mission or at one above it?"""
        if not self.is_active:
            return False
        return self.memberships.filter(role=role, mission__path__in=rules.prefixes(mission.path)).exists()

    def missions_with(self, *roles: str) -> MissionQuerySet:
        """The missions that these roles of the officer cover (any role when none is named)."""
        return Mission.objects.all().held_by(self, *roles)


@keep_history()
class Membership(Model):
    """One role of one officer at one mission."""

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="memberships")
    mission = models.ForeignKey(Mission, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role, rules.ROLE_WORDS[role]) for role in rules.ROLES])

    objects: ClassVar[models.Manager[Membership]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["officer", "mission", "role"], name="membership_once"),
        )

    def __str__(self) -> str:
        return f"{self.officer} {self.role} {self.mission}"


class TokenQuerySet(models.QuerySet["Token"]):
    def live(self, now: datetime) -> TokenQuerySet:
        return self.filter(revoked=None, expires__gt=now, officer__is_active=True)


class Token(Model):
    """A key to the API that acts for one officer. Only its digest is kept; it expires and can be revoked.

    `on_server` marks one that was made on the server's own command line: it may hold the scopes approve and
    release, for whoever has that shell needs no second proof.
    """

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    on_server = models.BooleanField(default=False)
    expires = models.DateTimeField()
    revoked = models.DateTimeField(null=True, blank=True)
    used = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name

    def allows(self, scope: str) -> bool:
        return scope in self.scopes

    def state(self, now: datetime) -> str:
        """active, revoked or expired."""
        if self.revoked:
            return "revoked"
        return "active" if self.expires > now else "expired"
