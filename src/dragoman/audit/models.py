"""Events and the chain that holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.db import models
from django.db.models import Q

from dragoman.audit import rules


class Reader(Protocol):
    """An officer, as far as the audit needs to know one."""

    def missions_with(self, *roles: str) -> models.QuerySet[Any]: ...


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, reader: Reader) -> EventQuerySet:
        """What an auditor (or administrator) may read: the deeds at the missions that are theirs; whoever
        audits the top of the tree reads everything, deeds that belong to no mission included."""
        missions = reader.missions_with("auditor", "administrator")
        if missions.filter(parent=None).exists():
            return self
        return self.filter(mission__in=missions.values("slug"))

    def matching(
        self,
        *,
        who: str = "",
        verb: str = "",
        target: str = "",
        text: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> EventQuerySet:
        """Narrow by any of: who did it, which deed (or app), to what, any words, from and before when."""
        wanted = Q()
        if who:
            wanted &= Q(actor__iexact=who) | Q(token__iexact=who)
        if verb:
            wanted &= Q(verb=verb) | Q(verb__startswith=f"{verb.rstrip('.')}.")
        if target:
            wanted &= Q(target=target) | Q(target__startswith=target)
        if since:
            wanted &= Q(at__gte=since)
        if until:
            wanted &= Q(at__lt=until)
        for word in text.lower().split():
            wanted &= Q(words__contains=word)
        return self.filter(wanted)


class Event(models.Model):
    """One deed. The database refuses to change or remove it."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=40, blank=True)
    verb = models.CharField(max_length=100)
    target = models.CharField(max_length=400)
    mission = models.CharField(max_length=50, blank=True)
    before = models.CharField(max_length=64, blank=True)
    after = models.CharField(max_length=64, blank=True)
    why = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    face = models.CharField(max_length=20, blank=True)
    token = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=50, blank=True)
    words = models.TextField(blank=True, help_text="Lower-case text for the search; says nothing of its own.")
    digest = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    SAYS: ClassVar[tuple[str, ...]] = (
        "at",
        "actor",
        "actor_kind",
        "actor_id",
        "verb",
        "target",
        "mission",
        "before",
        "after",
        "why",
        "data",
        "face",
        "token",
        "request_id",
        "address",
    )

    class Meta:
        indexes = (
            models.Index(fields=["actor", "-id"], name="audit_event_actor"),
            models.Index(fields=["verb", "-id"], name="audit_event_verb"),
            models.Index(fields=["target", "-id"], name="audit_event_target"),
            models.Index(fields=["mission", "-id"], name="audit_event_mission"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"

    @property
    def brief(self) -> str:
        """The reason, or what the deed was about in a few words, for lists."""
        if self.why:
            return self.why
        plain = {
            name: value for name, value in self.data.items() if isinstance(value, str | int) and value != ""
        }
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in plain.items())

    def says(self) -> dict[str, Any]:
        """All that the event says, as the digest covers it."""
        return {field: getattr(self, field) for field in self.SAYS}

    def computed_digest(self) -> str:
        return rules.digest(self.says())


class Link(models.Model):
    """An event's place in the chain. Written by the database as the event's transaction commits, so that the
    order is that of commits and nobody waits for anybody's deed to end."""

    seq = models.BigIntegerField(primary_key=True)
    # No foreign key in the database: checking one needs the right to update the event, which nobody has.
    event = models.OneToOneField(Event, on_delete=models.DO_NOTHING, db_constraint=False, related_name="link")
    hash = models.CharField(max_length=64)

    objects: ClassVar[models.Manager[Link]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:8]}"
