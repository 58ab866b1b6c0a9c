"""Django's settings, from the typed environment."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF

from dragoman.config import env, logs, sign_in

django_stubs_ext.monkeypatch()

DRAGOMAN = env.read()
PACKAGE = Path(__file__).resolve().parent.parent


def _secret_key() -> str:
    """Made on first run, 0600, kept in the home."""
    path = DRAGOMAN.keys_dir / "django.key"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f".django.key.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        # Several processes may start at once: the first name stands.
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text()


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "dragoman",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": {"connect_timeout": 5, "application_name": "dragoman", **query},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


LOGGING_CONFIG = None
logs.set_up(DRAGOMAN.log)

SECRET_KEY = _secret_key()
DEBUG = DRAGOMAN.debug
ALLOWED_HOSTS = [urlsplit(DRAGOMAN.desk_url).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [DRAGOMAN.desk_url]
DATABASES = {"default": _database(DRAGOMAN.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "staff.Officer"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    # Before the sign-in library, so that our templates stand in for its own.
    "dragoman.base",
    "dragoman.audit",
    "dragoman.staff",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "dragoman.record",
    "dragoman.facts",
    "dragoman.channels",
    "dragoman.public",
    "dragoman.accounts",
    "dragoman.statements",
    "dragoman.inbox",
    "dragoman.negotiations",
    "dragoman.reports",
    "dragoman.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "dragoman.base.fence.FenceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dragoman.audit.middleware.AuditMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dragoman.base.pages.ProblemMiddleware",
    "dragoman.base.access.AccessMiddleware",
    "dragoman.staff.middleware.FirstPasswordMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dragoman.base.context.desk",
            ],
        },
    }
]

AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
]

ROOT_URLCONF = "dragoman.config.urls"
WSGI_APPLICATION = "dragoman.config.wsgi.application"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"

STATIC_URL = "/static/"
STATIC_ROOT = DRAGOMAN.home / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dragoman.config.vendor.VendorFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dragoman.config.statics.DeskFiles"},
}
# Straight from the package as long as nothing was collected.
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = DRAGOMAN.desk_url.startswith("https:")
# A browser takes a cookie of this name from its own host only: no neighbour of the domain can plant one.
_HOST_ONLY = "__Host-" if SESSION_COOKIE_SECURE else ""
SESSION_COOKIE_NAME = f"{_HOST_ONLY}dragoman_desk_session"
CSRF_COOKIE_NAME = f"{_HOST_ONLY}dragoman_desk_csrf"
LANGUAGE_COOKIE_NAME = "dragoman_desk_language"
CSRF_FAILURE_VIEW = "dragoman.base.pages.stale_form"
# Ports of one host share cookies, so every cookie of the desk has its own name and messages use the session.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 12 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        # After the button "sign in with the directory" the browser follows a form to the directory's origin.
        "form-action": [SELF, *sign_in.directory_origins(DRAGOMAN)],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

globals().update(sign_in.settings_for(DRAGOMAN))
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# In the database, so that sign-in limits hold across all processes and hosts.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "desk_cache"},
}

PGHISTORY_APPEND_ONLY = True

PROCRASTINATE_ON_APP_READY = None
