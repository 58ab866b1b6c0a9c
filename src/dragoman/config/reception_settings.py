"""Django's settings for the reception: the desk's, less everything that knows an officer."""

from __future__ import annotations

from urllib.parse import urlsplit

from dragoman.config.settings import *  # noqa: F403 - the desk's settings, changed below
from dragoman.config.settings import DRAGOMAN, TEMPLATES

ROOT_URLCONF = "dragoman.config.reception_urls"
WSGI_APPLICATION = "dragoman.config.reception.application"
ALLOWED_HOSTS = [urlsplit(DRAGOMAN.public_url).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dragoman.audit.middleware.AuditMiddleware",
    # Wanted by the sign-in library, whose models the desk's share; it has nothing to do here.
    "allauth.account.middleware.AccountMiddleware",
    "dragoman.public.middleware.ReceptionMiddleware",
]
# The one server before it says whose request it is; it asks its own proxies first.
AUDIT_TRUSTED_PROXIES = 1
TEMPLATES = [
    {
        **TEMPLATES[0],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "dragoman.public.frame.frame",
            ]
        },
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
