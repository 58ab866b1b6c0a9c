"""Django's settings for the table: the desk's rows, without its sign-in, session, cookies and pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from dragoman.config.settings import *  # noqa: F403 - the desk's settings, changed below
from dragoman.config.settings import DRAGOMAN, TEMPLATES

ROOT_URLCONF = "dragoman.config.table_urls"
WSGI_APPLICATION = "dragoman.config.table.application"
ALLOWED_HOSTS = [urlsplit(DRAGOMAN.table_url).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dragoman.audit.middleware.AuditMiddleware",
    "dragoman.negotiations.table.middleware.HeadersMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # Wanted by the sign-in library, whose models the desk's share; it has nothing to do here.
    "allauth.account.middleware.AccountMiddleware",
    "dragoman.negotiations.table.middleware.SeatMiddleware",
]
TEMPLATES = [
    {
        **TEMPLATES[0],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "dragoman.negotiations.table.frame.frame",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = []
LOGIN_URL = LOGIN_REDIRECT_URL = "/table/"

SECURE = DRAGOMAN.table_url.startswith("https:")
# A browser takes a cookie of this name from its own host only: no neighbour of the domain can plant one.
CSRF_COOKIE_NAME = f"{'__Host-' if SECURE else ''}dragoman_table_csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_AGE = None
CSRF_TRUSTED_ORIGINS = [DRAGOMAN.table_url]
CSRF_FAILURE_VIEW = "dragoman.negotiations.table.pages.stale_form"
# With an unknown referrer browsers send forms from no origin, which no check could tell from a stranger's.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 4
