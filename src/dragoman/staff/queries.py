"""Reads about officers, missions and tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import NotFound
from dragoman.staff import rules
from dragoman.staff.models import Membership, Mission, Officer, Token

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
TOKEN_USE_STEP = timedelta(minutes=1)


def officer_named(username: str) -> Officer:
    """By user name, whatever its case. Raises NotFound."""
    officer = Officer.objects.filter(username__iexact=username).first()
    if officer is None:
        raise NotFound(
            f"There is no officer “{username}”.",
            mend="`dragoman officer list` shows them all.",
            code="no-such-officer",
        )
    return officer


def mission_named(slug: str) -> Mission:
    """Raises NotFound."""
    mission = Mission.objects.filter(slug=slug).first()
    if mission is None:
        known = ", ".join(Mission.objects.values_list("slug", flat=True)[:20])
        raise NotFound(
            f"There is no mission “{slug}”.",
            mend=f"Known: {known}." if known else "None has been made yet.",
            code="no-such-mission",
        )
    return mission


def officer_for_token(raw: str) -> tuple[Officer, Token] | None:
    """Whom an access token acts for; None when it is unknown, expired or revoked, or the officer has left."""
    if not raw.startswith(rules.TOKEN_PREFIX):
        return None
    now = clock.now()
    token = Token.objects.live(now).select_related("officer").filter(digest=rules.token_digest(raw)).first()
    return (token.officer, token) if token else None


def has_second_factor(officer: Officer) -> bool:
    """An authenticator app or a passkey. Recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user_id=officer.pk, type__in=FACTORS).exists())


def needs_second_factor(officer: Officer) -> bool:
    """An approver or releaser outside the sample who has not set one up yet."""
    return not officer.sample and officer.has_role(*rules.BINDING_ROLES) and not has_second_factor(officer)


def step_up_missing(
    officer: Officer, authenticated_at: datetime | None, now: datetime | None = None
) -> str | None:
    """Why an approval or release cannot be taken from the officer now, or None when it can.

    `authenticated_at` comes from `staff.stepup.stepped_up_at(request)`; for a token made on the server's own
    shell give `now`, for any other token give None.
    """
    return rules.step_up_missing(
        sample=officer.sample,
        has_factor=has_second_factor(officer),
        authenticated_at=authenticated_at,
        now=now or clock.now(),
        within=timedelta(seconds=settings.DRAGOMAN.step_up_seconds),
    )


def managed_officers(by: Officer) -> QuerySet[Officer]:
    """The officers an administrator looks after: members of their missions, and those with no role yet."""
    return _officers_at(by.missions_with("administrator"), loose=True)


def visible_officers(by: Officer, wanted: str = "") -> QuerySet[Officer]:
    """Whom an administrator or auditor may look at, by user name; `wanted` narrows by name or user name."""
    administered = by.missions_with("administrator")
    seen = by.missions_with("administrator", "auditor")
    found = _officers_at(seen, loose=administered.exists())
    if wanted:
        found = found.filter(Q(username__icontains=wanted) | Q(name__icontains=wanted))
    return found


def _officers_at(missions: QuerySet[Mission], *, loose: bool) -> QuerySet[Officer]:
    members = Membership.objects.select_related("mission").order_by("mission__path", "role")
    here = Q(pk__in=Membership.objects.filter(mission__in=missions).values("officer"))
    if loose:
        here |= ~Q(pk__in=Membership.objects.values("officer"))
    return (
        Officer.objects.filter(here)
        .order_by("username")
        .prefetch_related(Prefetch("memberships", queryset=members))
    )


def with_factors(officers: QuerySet[Officer]) -> QuerySet[Officer]:
    """Adds `factor`: has the officer a second factor?"""
    factors = Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=FACTORS)
    return officers.annotate(factor=Exists(factors))


def mission_tree(by: Officer) -> QuerySet[Mission]:
    """The part of the tree where the officer holds any role, top down, with `members` counted."""
    return (
        Mission.objects.visible_to(by)
        .select_related("parent")
        .annotate(members=Count("memberships__officer", distinct=True))
        .order_by("path")
    )


def members_of(mission: Mission) -> QuerySet[Membership]:
    """Who holds which role here, those whose role comes from above included."""
    return (
        Membership.objects.filter(mission__path__in=rules.prefixes(mission.path), officer__is_active=True)
        .select_related("officer", "mission")
        .order_by("role", "-mission__path", "officer__username")
    )


def manages(by: Actor, officer: Officer) -> bool:
    """May `by` change this officer's account? The system may; an administrator whose missions cover every
    role that the officer holds may; nobody may change their own."""
    if not isinstance(by, Officer):
        return True
    if by.pk == officer.pk or not by.has_role("administrator"):
        return False
    elsewhere = officer.memberships.exclude(mission__in=by.missions_with("administrator"))
    return not elsewhere.exists()


def tokens_of(officer: Officer) -> QuerySet[Token]:
    return officer.tokens.order_by("-id")


def managed_tokens(by: Officer) -> QuerySet[Token]:
    """The tokens of the officers an administrator looks after."""
    officers = managed_officers(by).order_by().values("pk")
    return Token.objects.filter(officer__in=officers).select_related("officer").order_by("-id")


def officer_in_directory(claims: dict[str, Any]) -> Officer | None:
    """The officer whom the ministry's directory means: by user name, else by a verified e-mail address that
    only one officer has."""
    told = {**claims.get("userinfo", {}), **claims.get("id_token", {}), **claims}
    username = str(told.get("preferred_username") or "").strip().partition("@")[0]
    if username and (officer := Officer.objects.filter(username__iexact=username, is_active=True).first()):
        return officer
    email = str(told.get("email") or "").strip()
    if not email or told.get("email_verified") is not True:
        return None
    found = list(Officer.objects.filter(email__iexact=email, is_active=True)[:2])
    return found[0] if len(found) == 1 else None
