"""Official accounts, what was seen when they were checked, and what the public was told of them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from dragoman.accounts import states
from dragoman.audit.history import keep_history
from dragoman.base.models import Model
from dragoman.base.stateful import Stateful
from dragoman.channels.models import Channel
from dragoman.staff import rules as staff
from dragoman.staff.models import Mission

if TYPE_CHECKING:
    from dragoman.staff.models import Officer


class OfficialAccountQuerySet(models.QuerySet["OfficialAccount"]):
    def visible_to(self, officer: Officer) -> OfficialAccountQuerySet:
        """Accounts of the officer's missions and of those above them, as with channels."""
        here = Mission.objects.visible_to(officer)
        paths = {above for path in here.values_list("path", flat=True) for above in staff.prefixes(path)}
        return self.filter(mission__path__in=paths)

    def listed(self) -> OfficialAccountQuerySet:
        """Those that the public sees."""
        return self.filter(state__in=states.LISTED)


@keep_history()
class OfficialAccount(Stateful, Model):
    """One account, domain or sender that speaks for the ministry. `proposer` and `reporter` are officers by
    id, kept as numbers and names: an account outlives those who registered it."""

    GRAPH = states.ACCOUNT

    ref = models.SlugField(max_length=50, unique=True)
    kind = models.CharField(max_length=40)
    network = models.CharField(max_length=80)
    handle = models.CharField(max_length=300)
    address = models.CharField(max_length=500, blank=True)
    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="official_accounts")
    languages = ArrayField(models.CharField(max_length=35), default=list, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    successor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessors"
    )
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="official_accounts"
    )
    selector = models.CharField(max_length=63, blank=True)
    token = models.CharField(max_length=43, blank=True)

    proposer = models.BigIntegerField(null=True, blank=True)
    proposed_by = models.CharField(max_length=150, blank=True)
    confirmed_by = models.CharField(max_length=150, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    compromised_from = models.DateTimeField(null=True, blank=True)
    reporter = models.BigIntegerField(null=True, blank=True)

    method = models.CharField(max_length=20, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_ok = models.BooleanField(null=True)
    check_says = models.TextField(blank=True)
    next_check = models.DateTimeField(null=True, blank=True)
    review_due = models.DateField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=150, blank=True)

    objects = OfficialAccountQuerySet.as_manager()

    class Meta:
        ordering = ("network", "handle", "id")
        indexes = (models.Index(fields=["next_check"], name="accounts_next_check"),)

    def __str__(self) -> str:
        return f"{self.handle} ({self.network})"

    @property
    def target(self) -> str:
        """Its name in the audit."""
        return f"account:{self.ref}"

    def review_is_due(self, day: date) -> bool:
        return self.state in states.LIVE and self.review_due is not None and self.review_due <= day


class Check(Model):
    """One look at an account from outside: how, when, what was seen. `ok` is None when nothing could be
    known. Rows are only added."""

    account = models.ForeignKey(OfficialAccount, on_delete=models.PROTECT, related_name="checks")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    method = models.CharField(max_length=20)
    ok = models.BooleanField(null=True)
    says = models.TextField()
    seen: models.JSONField[Any, Any] = models.JSONField(default=list)

    objects: ClassVar[models.Manager[Check]] = models.Manager()

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.account_id} {self.at:%Y-%m-%d}"


class Version(Stateful, Model):
    """The register as the public gets it: `data` is the very text that is sealed."""

    GRAPH = states.VERSION

    number = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField()
    data = models.TextField()
    trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Version]] = models.Manager()

    class Meta:
        ordering = ("number",)

    def __str__(self) -> str:
        return f"register {self.number}"


@keep_history()
class Notice(Stateful, Model):
    """That an account is compromised: from when, in what words, and in what words it was lifted."""

    GRAPH = states.NOTICE

    ref = models.CharField(max_length=40, unique=True)
    account = models.ForeignKey(OfficialAccount, on_delete=models.PROTECT, related_name="notices")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    texts: models.JSONField[Any, Any] = models.JSONField()
    lifted_texts: models.JSONField[Any, Any] = models.JSONField(default=dict)
    reported_at = models.DateTimeField()
    reported_by = models.CharField(max_length=150)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=150, blank=True)
    trouble = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Notice]] = models.Manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=("planned", "standing")),
                name="accounts_one_notice_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return self.ref
