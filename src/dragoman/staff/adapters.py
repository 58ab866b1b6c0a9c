"""How the sign-in library meets our officers: it calls these, and they call our actions and queries."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.lib.vault import Vault
from dragoman.staff import actions, queries, stepup
from dragoman.staff.actions.sign_in import NOBODY
from dragoman.staff.models import Officer

SIGN_IN = System("sign-in")
SEALED = "sealed:"

# The library has no hook of its own for a changed factor, but it calls the adapter to send a notice of it.
NOTICES = {
    "account/email/password_changed": "change_password",
    "mfa/email/totp_activated": "add_app",
    "mfa/email/totp_deactivated": "remove_app",
    "mfa/email/webauthn_added": "add_passkey",
    "mfa/email/webauthn_removed": "remove_passkey",
    "mfa/email/recovery_codes_generated": "make_recovery_codes",
}

QUIET = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")
"""Signing in needs no banner that says so."""


@cache
def vault() -> Vault:
    """For secrets of second factors; its key is a file, not a row."""
    return Vault(settings.DRAGOMAN.keys_dir / "factors.key")


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is closed; every way in and out leaves a trace."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "This user name and password do not go together.",
        "incorrect_password": "That is not your password.",
        "too_many_login_attempts": "Too many wrong tries. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Officer) -> None:
        super().login(request, user)
        actions.note_sign_in(by=user, verb="sign_in", ways=ways_in(request))

    def logout(self, request: HttpRequest) -> None:
        officer = request.user
        super().logout(request)
        if isinstance(officer, Officer):
            actions.note_sign_in(by=officer, verb="sign_out")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The name that was typed is kept only if an officer has it: people type passwords into it."""
        typed = str(credentials.get("username", ""))
        officer = Officer.objects.filter(username__iexact=typed).first() if typed else None
        actions.note_sign_in(
            by=SIGN_IN if officer else NOBODY, verb="sign_in_failed", officer=officer, way="password"
        )

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return str(settings.LOGIN_REDIRECT_URL)

    def post_login(self, request: HttpRequest, user: Officer, **about: Any) -> HttpResponse:
        """Whoever still has a handed-out password is asked for an own one first, then goes on."""
        response: HttpResponse = super().post_login(request, user, **about)
        if not user.one_time:
            return response
        return redirect(f"{reverse('staff:first')}?{urlencode({'next': response.headers['Location']})}")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("staff:account")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has a second factor shows that, never the password alone; the passkey is offered first."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [method for method in methods if method["id"].startswith("mfa_")]
        return sorted(factors, key=lambda method: method["id"] != "mfa_reauthenticate:webauthn") or methods

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Before a factor is added or removed. Signing in minutes ago counts: nobody is asked twice."""
        request = context.request
        officer = request.user
        if not isinstance(officer, Officer):
            return True
        at = stepup.shown_at(request, officer, queries.has_second_factor(officer))
        return at is None or clock.now() - at > timedelta(seconds=settings.DRAGOMAN.step_up_seconds)

    def send_notification_mail(self, template_prefix: str, user: Officer, *_: Any, **__: Any) -> None:
        """No mail: the deed is noted in the audit."""
        verb = NOTICES.get(template_prefix)
        if verb == "change_password" and user.one_time:
            Officer.objects.filter(pk=user.pk).update(one_time=False)
        if verb in ("add_app", "add_passkey"):
            # Setting it up was showing it: the code was typed, the key was used.
            stepup.record_factor(context.request, user)
        actions.note_sign_in(by=user, verb=verb or template_prefix.rpartition("/")[2])

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *rest: Any, **named: Any
    ) -> None:
        if message_template not in QUIET:
            super().add_message(request, level, message_template, *rest, **named)


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are sealed before they reach the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, or it was used before. Give the one that is shown now.",
    }

    def encrypt(self, text: str) -> str:
        return SEALED + vault().seal({"secret": text})

    def decrypt(self, encrypted_text: str) -> str:
        if not encrypted_text.startswith(SEALED):
            return encrypted_text
        return str(vault().open(encrypted_text.removeprefix(SEALED))["secret"])

    def get_totp_label(self, user: Officer) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        return "Dragoman"

    def _get_site_name(self) -> str:
        return "Dragoman"

    def _get_user_identifier(self, user: Officer) -> str:
        return user.username

    def generate_authenticator_name(self, user: Officer, type: Authenticator.Type) -> str:  # noqa: A002 - theirs
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Passkey" if not count else f"Passkey {count + 1}"


class DirectoryAdapter(DefaultSocialAccountAdapter):
    """The ministry's directory says who it is; only officers who exist here come in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Match the person by user name, then by an e-mail address that the directory has verified and that
        is one officer's only. The first match is kept, and holds from then on."""
        if sociallogin.is_existing:
            return
        officer = queries.officer_in_directory(sociallogin.account.extra_data)
        if officer is None:
            actions.note_sign_in(by=NOBODY, verb="sign_in_failed", way="directory")
            messages.error(
                request,
                "The directory knows you, this desk does not. Ask an administrator to open an account "
                "for you under the same user name or e-mail address.",
            )
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, officer)
        actions.note_sign_in(by=officer, verb="connect_directory", issuer=settings.DRAGOMAN.oidc_issuer)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **about: Any) -> None:
        actions.note_sign_in(
            by=NOBODY, verb="sign_in_failed", way="directory", error=str(about.get("error") or "")
        )


def ways_in(request: HttpRequest) -> list[str]:
    """What was shown at this sign-in: password, totp, webauthn, recovery_codes, socialaccount."""
    records = request.session.get("account_authentication_methods", [])
    return [str(record.get("type") or record.get("method")) for record in records]
