"""Deeds on an officer's account."""

from __future__ import annotations

from typing import NamedTuple

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from dragoman.audit.actions import note
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.lib.problems import Conflict, Invalid, NotAllowed
from dragoman.staff import queries, rules
from dragoman.staff.models import Officer


class NewOfficer(NamedTuple):
    """The officer, and the one-time password to hand over; empty when the password was given."""

    officer: Officer
    password: str


def create_officer(
    *,
    by: Actor,
    username: str,
    name: str = "",
    email: str = "",
    sample: bool = False,
    password: str | None = None,
) -> NewOfficer:
    """Open an account. Without `password` a one-time password is made: it is in the answer, and only there,
    and the officer is asked to choose an own one at the first sign-in."""
    require_administrator(by)
    username = username.strip().lower()
    if not rules.USERNAME.fullmatch(username):
        raise Invalid(
            f"“{username}” cannot be a user name.",
            mend="Use small letters, digits, dot, dash and underscore; begin with a letter or a digit.",
            where=[{"field": "username", "message": "small letters, digits, . - _"}],
        )
    check_email(email)
    one_time = "" if password else rules.one_time_password()
    officer = Officer(
        username=username, name=name.strip(), email=email.strip(), sample=sample, one_time=bool(one_time)
    )
    if password:
        check_password(password, officer)
    officer.set_password(password or one_time)
    try:
        with transaction.atomic():
            officer.save(force_insert=True)
            note(
                by=by,
                verb="staff.create_officer",
                target=target(officer),
                data={"name": officer.name, "sample": sample},
            )
    except IntegrityError:
        raise Conflict(
            f"There is already an officer “{username}”.",
            mend="Choose another user name, or activate the old account.",
            code="officer-exists",
        ) from None
    return NewOfficer(officer, one_time)


def change_officer(*, by: Actor, officer: Officer, name: str, email: str) -> None:
    """Correct the name or the e-mail address. The user name stays: the audit knows people by it."""
    require_manager(by, officer, or_self=True)
    check_email(email)
    changed = {
        field: value
        for field, value in (("name", name.strip()), ("email", email.strip()))
        if getattr(officer, field) != value
    }
    if not changed:
        return
    with transaction.atomic():
        for field, value in changed.items():
            setattr(officer, field, value)
        officer.save(update_fields=[*changed, "updated"])
        note(by=by, verb="staff.change_officer", target=target(officer), data={"fields": sorted(changed)})


def deactivate_officer(*, by: Actor, officer: Officer, why: str = "") -> None:
    """Close the account: sessions end, tokens are revoked, roles stay on paper but count no more."""
    require_manager(by, officer)
    with transaction.atomic():
        if not Officer.objects.filter(pk=officer.pk, is_active=True).update(
            is_active=False, updated=clock.now()
        ):
            raise Conflict(f"{officer} is not active already.", code="wrong-state")
        officer.is_active = False
        tokens = officer.tokens.filter(revoked=None).update(revoked=clock.now(), updated=clock.now())
        ended = _end_sessions(officer)
        note(
            by=by,
            verb="staff.deactivate_officer",
            target=target(officer),
            why=why,
            data={"tokens_revoked": tokens, "sessions_ended": ended},
        )


def activate_officer(*, by: Actor, officer: Officer, why: str = "") -> None:
    """Open a closed account again. Revoked tokens stay revoked."""
    require_manager(by, officer)
    with transaction.atomic():
        if not Officer.objects.filter(pk=officer.pk, is_active=False).update(
            is_active=True, updated=clock.now()
        ):
            raise Conflict(f"{officer} is active already.", code="wrong-state")
        officer.is_active = True
        note(by=by, verb="staff.activate_officer", target=target(officer), why=why)


def reset_password(*, by: Actor, officer: Officer, why: str = "") -> str:
    """A new one-time password, in the answer and only there. Sessions end; second factors stay."""
    require_manager(by, officer)
    password = rules.one_time_password()
    with transaction.atomic():
        officer.set_password(password)
        officer.one_time = True
        officer.save(update_fields=["password", "one_time", "updated"])
        ended = _end_sessions(officer)
        note(
            by=by,
            verb="staff.reset_password",
            target=target(officer),
            why=why,
            data={"sessions_ended": ended},
        )
    return password


def choose_password(*, by: Officer, password: str) -> None:
    """An officer replaces the one-time password with an own one."""
    if by.check_password(password):
        raise Invalid(
            "That is the password you were given.",
            mend="Choose another.",
            where=[{"field": "password", "message": "the same as before"}],
        )
    check_password(password, by)
    with transaction.atomic():
        by.set_password(password)
        by.one_time = False
        by.save(update_fields=["password", "one_time", "updated"])
        note(by=by, verb="staff.choose_password", target=target(by))


def keep_password(*, by: Officer) -> None:
    """An officer of the sample keeps the password that was printed: a demonstration must be easy to give."""
    if not by.sample:
        raise NotAllowed("Only officers of the sample may keep the password they were given.")
    with transaction.atomic():
        by.one_time = False
        by.save(update_fields=["one_time", "updated"])
        note(by=by, verb="staff.keep_password", target=target(by))


def remove_factors(*, by: Actor, officer: Officer, why: str) -> None:
    """Take away every second factor of an officer who lost them. Until a new one is set up, the officer can
    neither approve nor release."""
    require_manager(by, officer)
    if not why.strip():
        raise Invalid("Say why the second factors are removed.", where=[{"field": "why", "message": "empty"}])
    with transaction.atomic():
        count, _ = Authenticator.objects.filter(user_id=officer.pk).delete()
        ended = _end_sessions(officer)
        note(
            by=by,
            verb="staff.remove_factors",
            target=target(officer),
            why=why,
            data={"factors": count, "sessions_ended": ended},
        )


def end_sessions(*, by: Actor, officer: Officer, why: str = "") -> int:
    """Sign the officer out everywhere."""
    require_manager(by, officer, or_self=True)
    with transaction.atomic():
        ended = _end_sessions(officer)
        note(by=by, verb="staff.end_sessions", target=target(officer), why=why, data={"sessions": ended})
    return ended


def end_own_sessions(*, by: Officer, keep: str, only: int | None = None) -> int:
    """End one other session of one's own (`only`, its number) or all but the one whose key is `keep`."""
    others = UserSession.objects.filter(user_id=by.pk).exclude(session_key=keep)
    with transaction.atomic():
        ending = list(others.filter(pk=only) if only else others)
        for session in ending:
            session.end()
        note(by=by, verb="staff.end_sessions", target=target(by), data={"sessions": len(ending)})
    return len(ending)


def forget_sessions(*, by: Actor) -> int:
    """Remove sessions whose time is up, and the lines that listed them. Nobody was signed in by them."""
    with transaction.atomic():
        gone, _ = Session.objects.filter(expire_date__lt=clock.now()).delete()
        listed = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
        listed.delete()
        if gone:
            note(by=by, verb="staff.forget_sessions", target="sessions", data={"sessions": gone})
    return gone


def _end_sessions(officer: Officer) -> int:
    sessions = list(UserSession.objects.filter(user_id=officer.pk))
    for session in sessions:
        session.end()
    return len(sessions)


def target(officer: Officer) -> str:
    return f"officer:{officer.username}"


def require_administrator(by: Actor) -> None:
    """The system, or an administrator of any mission."""
    if isinstance(by, Officer) and not by.has_role("administrator"):
        raise NotAllowed("Only an administrator may do this.", mend="Ask an administrator of your mission.")


def require_manager(by: Actor, officer: Officer, *, or_self: bool = False) -> None:
    if or_self and isinstance(by, Officer) and by.pk == officer.pk:
        return
    if not queries.manages(by, officer):
        own = isinstance(by, Officer) and by.pk == officer.pk
        raise NotAllowed(
            "Nobody changes this on their own account."
            if own
            else f"{officer} holds roles outside the missions that you administer.",
            mend="Ask another administrator.",
        )


def check_email(email: str) -> None:
    if email.strip():
        try:
            validate_email(email.strip())
        except ValidationError:
            raise Invalid(
                f"“{email}” is no e-mail address.", where=[{"field": "email", "message": "no e-mail address"}]
            ) from None


def check_password(password: str, officer: Officer) -> None:
    try:
        validate_password(password, officer)
    except ValidationError as error:
        raise Invalid(
            " ".join(error.messages),
            where=[{"field": "password", "message": text} for text in error.messages],
        ) from None
