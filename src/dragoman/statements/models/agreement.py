"""That parties signed exactly these words."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.statements.models.statement import Revision


@keep_history()
class Agreement(Model):
    """The parties' consent to a joint revision: stands in place of the house's approvals.

    `note` is the signed note that goes into the record with the text, `parties` the record's entry with the
    keyring it is judged by, `digests` language -> SHA-256 of the sealed bytes that were signed. `process`
    names the talks, and `shown` holds what pages say of it: who signed with what, and the keyring's text.
    """

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="agreement")
    note = models.TextField()
    parties = models.PositiveBigIntegerField()
    digests = models.JSONField()
    process = models.CharField(max_length=40, blank=True, default="", db_index=True)
    shown = models.JSONField(default=dict, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Agreement]] = models.Manager()

    def __str__(self) -> str:
        return f"agreement on {self.revision}"
