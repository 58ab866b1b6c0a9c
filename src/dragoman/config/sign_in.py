"""How officers sign in: django-allauth's settings. Sign-up is closed; e-mail is never needed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dragoman.config.env import Settings

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def settings_for(desk: Settings) -> dict[str, Any]:
    """Django settings, by name."""
    return {
        "ALLAUTH_TRUSTED_PROXY_COUNT": desk.trusted_proxies,
        "ACCOUNT_ADAPTER": "dragoman.staff.adapters.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_LOGOUT_ON_GET": False,
        "ACCOUNT_LOGOUT_REDIRECT_URL": "/account/login/",
        "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": False,
        # The adapter's hook for notices is where the audit learns of a changed password or factor.
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": desk.step_up_seconds,
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_RATE_LIMITS": {
            "login": "30/m/ip",
            "login_failed": "20/m/ip,5/5m/key",
            "change_password": "5/m/user",
            "reauthenticate": "10/m/user",
        },
        "ACCOUNT_FORMS": {
            "login": "dragoman.staff.forms.SignInForm",
            "reauthenticate": "dragoman.staff.forms.PasswordAgainForm",
            "change_password": "dragoman.staff.forms.ChangePasswordForm",
        },
        "MFA_ADAPTER": "dragoman.staff.adapters.FactorAdapter",
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_PASSKEY_SIGNUP_ENABLED": False,
        "MFA_TOTP_ISSUER": "Dragoman",
        "MFA_FORMS": {
            "authenticate": "dragoman.staff.forms.SecondFactorForm",
            "reauthenticate": "dragoman.staff.forms.SecondFactorAgainForm",
            "activate_totp": "dragoman.staff.forms.AddAppForm",
            "login_webauthn": "dragoman.staff.forms.PasskeySignInForm",
            "add_webauthn": "dragoman.staff.forms.AddPasskeyForm",
        },
        # A browser gives passkeys to https and to this very machine only; so the origin may be plain http
        # here and nowhere else.
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": urlsplit(desk.desk_url).hostname in LOCAL_HOSTS,
        "USERSESSIONS_TRACK_ACTIVITY": True,
        "SOCIALACCOUNT_ADAPTER": "dragoman.staff.adapters.DirectoryAdapter",
        "SOCIALACCOUNT_AUTO_SIGNUP": False,
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_LOGIN_ON_GET": False,
        "SOCIALACCOUNT_PROVIDERS": _directory(desk),
    }


def directory_origins(desk: Settings) -> list[str]:
    """The origin of the ministry's directory, for the content security policy."""
    parts = urlsplit(desk.oidc_issuer)
    return [f"{parts.scheme}://{parts.netloc}"] if desk.oidc_issuer else []


def _directory(desk: Settings) -> dict[str, Any]:
    """The ministry's own directory, when one is named in the environment (OpenID Connect)."""
    if not (desk.oidc_issuer and desk.oidc_client_id):
        return {}
    app = {
        "provider_id": "ministry",
        "name": desk.oidc_name,
        "client_id": desk.oidc_client_id,
        "secret": desk.oidc_secret.get_secret_value(),
        "settings": {"server_url": desk.oidc_issuer},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
