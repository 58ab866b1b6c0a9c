"""Entries, signed heads and what witnesses said of them. Rows of the log are only ever added."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dragoman.base.models import Model
from dragoman.record import leaf as leaves
from dragoman.record.leaf import Leaf


class Entry(Model):
    """One leaf. `leaf` is the very bytes in the log; the other fields say what is in them, for look-ups."""

    index = models.PositiveBigIntegerField(unique=True)
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField()
    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=64)
    rev = models.PositiveIntegerField()
    released = models.DateTimeField()

    objects: ClassVar[models.Manager[Entry]] = models.Manager()

    class Meta:
        ordering = ("index",)
        verbose_name_plural = "entries"
        constraints = (models.UniqueConstraint(fields=["ref", "rev"], name="record_one_entry_a_revision"),)

    def __str__(self) -> str:
        return f"{self.index} {self.kind} {self.ref}-{self.rev}"

    def read(self) -> Leaf:
        """What the bytes say."""
        leaf = leaves.parse(bytes(self.leaf))
        if leaf is None:
            raise ValueError(f"entry {self.index} is of a kind that this version does not know")
        return leaf


class Checkpoint(Model):
    """A signed head. `note` has the record's own signatures only; the witnesses' lines are rows beside it."""

    size = models.PositiveBigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.BinaryField()
    signed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Checkpoint]] = models.Manager()

    class Meta:
        ordering = ("size",)

    def __str__(self) -> str:
        return f"head of {self.size}"


class Cosignature(Model):
    """A witness's line under a head, checked before it was kept. `at` is by the witness's clock."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=200)
    line = models.TextField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Cosignature]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="record_one_line_a_witness"),
        )

    def __str__(self) -> str:
        return f"{self.witness} under {self.checkpoint_id}"


class Proof(Model):
    """That an entry's proof file is on the disk, and under which head. Rewritten only to add witnesses."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="proof")
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="proofs")
    signed = models.PositiveIntegerField()
    needed = models.PositiveIntegerField()
    complete = models.BooleanField()

    objects: ClassVar[models.Manager[Proof]] = models.Manager()

    def __str__(self) -> str:
        return f"proof of {self.entry_id}"


class WitnessContact(Model):
    """When a witness was asked last and what came of it. `seen` is the size it last signed for us."""

    name = models.CharField(max_length=200, unique=True)
    seen = models.PositiveBigIntegerField(default=0)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[WitnessContact]] = models.Manager()

    def __str__(self) -> str:
        return self.name
