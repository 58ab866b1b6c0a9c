"""Pictures, re-encoded by us, with words for those who cannot see them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models

from dragoman.base.models import Model
from dragoman.statements.models.statement import Revision


class Media(Model):
    """Bytes named by their SHA-256, under $DRAGOMAN_HOME/media. Kept as long as any revision shows them."""

    sha256 = models.CharField(max_length=64, unique=True)
    media_type = models.CharField(max_length=60)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()

    objects: ClassVar[models.Manager[Media]] = models.Manager()

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def path(self) -> Path:
        home: Path = settings.DRAGOMAN.home
        return home / "media" / self.sha256

    def read(self) -> bytes:
        return self.path.read_bytes()


class Picture(Model):
    """One picture in one revision."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="pictures")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    alt = models.JSONField(default=dict)  # language -> words
    credit = models.CharField(max_length=200, blank=True)
    decorative = models.BooleanField(default=False)
    place = models.PositiveIntegerField(default=1)

    objects: ClassVar[models.Manager[Picture]] = models.Manager()

    class Meta:
        ordering = ("place", "id")

    def __str__(self) -> str:
        return self.name
