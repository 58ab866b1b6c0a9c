"""Who takes part in talks: parties, the people who speak for them, their keys and their sessions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.negotiations import states
from dragoman.negotiations.models.process import Process


@keep_history()
class Party(Stateful, Model):
    """One side of the talks, or an observer, who reads and signs nothing."""

    GRAPH = states.PARTY

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="parties")
    name = models.SlugField(max_length=40)  # its name in the keyring and in rules
    titles = models.JSONField(default=dict)  # language -> the agreed name
    position = models.PositiveIntegerField(default=0)
    observer = models.BooleanField(default=False)
    holds_pulse_at = models.DateTimeField(null=True, blank=True)  # it objects to the pulse line, since when

    objects: ClassVar[models.Manager[Party]] = models.Manager()

    class Meta:
        ordering = ("position", "id")
        verbose_name_plural = "parties"
        constraints = (models.UniqueConstraint(fields=["process", "name"], name="party_name_once"),)

    def __str__(self) -> str:
        return str(self.titles.get(self.process.source_language) or self.name)


@keep_history(exclude=("invitation",))
class Spokesperson(Model):
    """A person who acts for a party at the table. Not an officer: knows no desk, and the desk no password.

    `invitation` is the digest of the one code with which the first key is enrolled; empty once it was used.
    """

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="spokespersons")
    name = models.CharField(max_length=200)
    lang = models.CharField(max_length=35, default="en")
    active = models.BooleanField(default=True)
    invitation = models.CharField(max_length=64, blank=True)
    invited_until = models.DateTimeField(null=True, blank=True)
    enrolled_at = models.DateTimeField(null=True, blank=True)
    sample = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[Spokesperson]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name

    @property
    def audit_name(self) -> str:
        return f"{self.party.process.ref}/{self.party.name}/{self.pk}"

    @property
    def audit_kind(self) -> str:
        return "spokesperson"


@keep_history()
class PartyKey(Model):
    """A public key that signs for a party. It binds nobody before a keyring in the record names it.

    `raw` keeps what the browser handed over when a passkey was made, byte for byte (base64).
    """

    KINDS = (("ed25519", "own key"), ("webauthn", "passkey"), ("ssh", "OpenSSH key"))

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="keys")
    spokesperson = models.ForeignKey(
        Spokesperson, null=True, blank=True, on_delete=models.PROTECT, related_name="keys"
    )
    kind = models.CharField(max_length=12, choices=KINDS)
    vkey = models.TextField(unique=True)
    credential = models.CharField(max_length=400, blank=True, db_index=True)  # of a passkey, base64url
    raw = models.JSONField(default=dict, blank=True)
    added_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_by = models.TextField(blank=True)  # the signed order, whole
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[PartyKey]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.kind} of {self.party}"

    @property
    def usable(self) -> bool:
        """Neither frozen nor removed."""
        return self.frozen_at is None and self.removed_at is None


class Seat(Model):
    """A session of a spokesperson at the table: the digest of its token, never the token."""

    spokesperson = models.ForeignKey(Spokesperson, on_delete=models.CASCADE, related_name="seats")
    token = models.CharField(max_length=64, unique=True)
    key = models.ForeignKey(PartyKey, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Seat]] = models.Manager()

    def __str__(self) -> str:
        return f"seat of {self.spokesperson_id}"


class Nonce(Model):
    """What may be used once: a challenge that the host made, or the digest of an order that came in."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="nonces")
    value = models.CharField(max_length=64)
    text = models.TextField(blank=True)  # of a challenge: the very text that is signed
    ends_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Nonce]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["party", "value"], name="nonce_once"),)

    def __str__(self) -> str:
        return f"nonce of {self.party_id}"
