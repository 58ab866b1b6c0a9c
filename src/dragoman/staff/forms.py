"""Input of the sign-in, account and administration pages."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import ChangePasswordForm as LibraryChangePasswordForm
from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as LibraryPasswordAgainForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError

from dragoman.base.actor import System
from dragoman.staff import actions, rules
from dragoman.staff.actions.sign_in import NOBODY
from dragoman.staff.models import Mission, Officer

SIGN_IN = System("sign-in")


def dress(form: forms.BaseForm) -> None:
    """The desk's field class, no placeholders: a hint that vanishes while one types is none."""
    for field in form.fields.values():
        widget = field.widget
        widget.attrs.pop("placeholder", None)
        if not isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
            widget.attrs["class"] = "field"


class Dressed(forms.Form):
    """A form in the desk's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name"
        self.fields["login"].widget.attrs["autocapitalize"] = "none"
        self.fields["login"].widget.attrs["autofocus"] = True
        self.fields["password"].help_text = ""
        dress(self)


class PasswordAgainForm(LibraryPasswordAgainForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True
        dress(self)


class ChangePasswordForm(LibraryChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Password now"
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = "At least 12 characters"
        self.fields["password2"].label = "The same again"
        dress(self)


class AddAppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code"
        self.fields["code"].help_text = "The six digits that the app shows now"
        self.fields["code"].widget.attrs["inputmode"] = "numeric"
        dress(self)


class _CodeForm:
    """What both code forms share: the words, and a trace of each wrong code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code: forms.Field = self.fields["code"]  # type: ignore[attr-defined]  # a mixin of forms
        code.label = "Code"
        code.help_text = "Six digits from your authenticator app, or one of your recovery codes"
        code.widget.attrs.update({"inputmode": "numeric", "autofocus": True})
        dress(self)  # type: ignore[arg-type]  # a mixin of forms

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]  # a mixin of forms
        except ValidationError:
            officer: Officer = self.user  # type: ignore[attr-defined]  # a mixin of forms
            actions.note_sign_in(by=SIGN_IN, verb="sign_in_failed", officer=officer, way="code")
            raise
        return code


class SecondFactorForm(_CodeForm, AuthenticateForm):
    pass


class SecondFactorAgainForm(_CodeForm, ReauthenticateForm):
    pass


class PasskeySignInForm(LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except ValidationError:
            actions.note_sign_in(by=NOBODY, verb="sign_in_failed", way="passkey")
            raise


class AddPasskeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "So that you tell it from another, for example “Blue key” or “Phone”"
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].label = "Sign in with it alone, without the password"
        self.fields["passwordless"].help_text = "The key then asks for a finger, a face or its PIN"
        dress(self)


class FirstPasswordForm(Dressed):
    password = forms.CharField(
        label="New password",
        help_text="At least 12 characters. Several words are easier to keep in mind than signs",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        label="The same again", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", "The two are not the same.")
        return given


class OfficerForm(Dressed):
    username = forms.CharField(
        label="User name",
        max_length=60,
        help_text="Small letters, digits, dot, dash; it stays for ever",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(label="Name", max_length=200, help_text="As colleagues and the audit show it")
    email = forms.EmailField(
        label="E-mail", required=False, help_text="Only to match a sign-in through the ministry’s directory"
    )


class OfficerChangeForm(Dressed):
    name = forms.CharField(label="Name", max_length=200)
    email = forms.EmailField(label="E-mail", required=False)


class WhyForm(Dressed):
    why = forms.CharField(label="Reason", required=False, max_length=500)


class RoleForm(Dressed):
    mission = forms.ModelChoiceField(
        label="Mission", queryset=Mission.objects.none(), to_field_name="slug", help_text="And all below it"
    )
    role = forms.ChoiceField(
        label="Role",
        choices=[(role, f"{rules.ROLE_WORDS[role]}: {rules.ROLE_DEEDS[role]}") for role in rules.ROLES],
    )

    def __init__(self, by: Officer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["mission"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.queryset = by.missions_with("administrator").order_by("path")
        field.empty_label = None


class MissionForm(Dressed):
    slug = forms.CharField(
        label="Short name",
        max_length=50,
        help_text="Small letters, digits, dashes; it stays for ever",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(label="Name", max_length=200)
    kind = forms.ChoiceField(label="Kind", choices=Mission.KINDS, initial="embassy")
    parent = forms.ModelChoiceField(
        label="Below", queryset=Mission.objects.none(), to_field_name="slug", required=False
    )
    zone = forms.CharField(
        label="Time zone",
        initial="UTC",
        help_text="For example Europe/Vilnius",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    country = forms.CharField(
        label="Country it works in", max_length=2, required=False, help_text="Two letters, for example LT"
    )

    def __init__(self, by: Officer, *args: Any, mission: Mission | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = by.missions_with("administrator").order_by("path")
        if mission is not None:
            del self.fields["slug"]
            places = places.exclude(path__startswith=mission.path)
        field = self.fields["parent"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.queryset = places
        field.empty_label = "the top of the tree"


class TokenForm(Dressed):
    name = forms.CharField(
        label="Name", max_length=100, help_text="What will use it, for example “newsroom screen”"
    )
    scopes = forms.MultipleChoiceField(
        label="May",
        choices=[("read", "read"), ("write", "write drafts")],
        initial=["read"],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label="Lives for days", min_value=1, max_value=rules.LONGEST_TOKEN_DAYS, initial=rules.TOKEN_DAYS
    )


def zones() -> list[str]:
    """Time zones for the field's list of proposals."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
