"""The pages of the sign-in library that the desk has, each with its access rule. What is not here, sign-up,
e-mail and password-by-mail pages among them, does not exist."""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as apps
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as directory
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import path

from dragoman.base.access import allow
from dragoman.staff.views.account import to_account

urlpatterns = [
    path("login/", allow.anyone(account.login), name="account_login"),
    path("logout/", allow.anyone(account.logout), name="account_logout"),
    path("inactive/", allow.anyone(account.account_inactive), name="account_inactive"),
    path("password/", allow.officer(account.password_change), name="account_change_password"),
    path("again/password/", allow.officer(account.reauthenticate), name="account_reauthenticate"),
    path("again/code/", allow.officer(factors.reauthenticate), name="mfa_reauthenticate"),
    path(
        "again/passkey/", allow.officer(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"
    ),
    path("factor/", allow.anyone(factors.authenticate), name="mfa_authenticate"),
    path("factors/", to_account, {"part": "factors"}, name="mfa_index"),
    path("factors/app/add/", allow.officer(apps.activate_totp), name="mfa_activate_totp"),
    path("factors/app/remove/", allow.officer(apps.deactivate_totp), name="mfa_deactivate_totp"),
    path("factors/codes/", allow.officer(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "factors/codes/new/", allow.officer(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
    path(
        "factors/codes/file/",
        allow.officer(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("passkeys/", to_account, {"part": "passkeys"}, name="mfa_list_webauthn"),
    path("passkeys/login/", allow.anyone(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("passkeys/add/", allow.officer(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/remove/", allow.officer(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("passkeys/<int:pk>/edit/", allow.officer(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("sessions/", to_account, {"part": "sessions"}, name="usersessions_list"),
    path("oidc/<str:provider_id>/login/", allow.anyone(oidc.login), name="openid_connect_login"),
    path(
        "oidc/<str:provider_id>/login/callback/", allow.anyone(oidc.callback), name="openid_connect_callback"
    ),
    path("oidc/cancelled/", allow.anyone(directory.login_cancelled), name="socialaccount_login_cancelled"),
    path("oidc/error/", allow.anyone(directory.login_error), name="socialaccount_login_error"),
]
