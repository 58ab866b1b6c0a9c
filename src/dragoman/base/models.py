"""The base of every row."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Model(models.Model):
    """Adds `created` and `updated`. Rows change only through actions."""

    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Beat(models.Model):
    """When a process of a kind last showed that it lives. One row a name."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Beat]] = models.Manager()

    def __str__(self) -> str:
        return self.name
