"""Films, kept as they came, with captions for those who cannot hear them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models

from dragoman.base.models import Model
from dragoman.statements.models.statement import Revision


class Video(Model):
    """One film in one revision. Its bytes lie under their SHA-256 in $DRAGOMAN_HOME/media."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="videos")
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    seconds = models.FloatField(default=0)
    name = models.CharField(max_length=200, blank=True)
    titles = models.JSONField(default=dict)  # language -> words
    place = models.PositiveIntegerField(default=1)

    objects: ClassVar[models.Manager[Video]] = models.Manager()

    class Meta:
        ordering = ("place", "id")
        constraints = (models.UniqueConstraint(fields=["revision", "sha256"], name="video_once_a_revision"),)

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        home: Path = settings.DRAGOMAN.home
        return home / "media" / self.sha256

    @property
    def playtime(self) -> str:
        """How long it plays, as minutes and seconds."""
        minutes, seconds = divmod(round(self.seconds), 60)
        return f"{minutes}:{seconds:02d} min"


class Caption(Model):
    """The captions of a film in one language, as canonical WebVTT."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="captions")
    lang = models.CharField(max_length=35)
    sha256 = models.CharField(max_length=64)
    text = models.TextField()

    objects: ClassVar[models.Manager[Caption]] = models.Manager()

    class Meta:
        ordering = ("lang",)
        constraints = (models.UniqueConstraint(fields=["video", "lang"], name="caption_language_once"),)

    def __str__(self) -> str:
        return self.lang
