"""The table as its own process serves it, for a browser: at localhost, for passkeys want a host's name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import override_settings

from dragoman.config import table_settings

NAMES = [name for name in dir(table_settings) if name.startswith("CSRF_")]
NAMES += ["ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "ALLOWED_HOSTS", "SECURE_REFERRER_POLICY"]


class Threaded(ThreadingMixIn, WSGIServer):
    """A browser opens connections in advance; one that stays silent must not hold up the others."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """A test's output is for failures."""


@contextmanager
def served() -> Iterator[str]:
    """Gives the table's origin."""
    with override_settings(**{name: getattr(table_settings, name) for name in NAMES}):
        handler = StaticFilesHandler(WSGIHandler())

        def app(environ: dict[str, Any], start: Any) -> Any:
            try:
                return list(handler(environ, start))
            finally:
                connections.close_all()

        server = make_server("127.0.0.1", 0, app, server_class=Threaded, handler_class=Quiet)
        origin = f"http://localhost:{server.server_port}"
        before = settings.DRAGOMAN.table_url
        settings.DRAGOMAN.table_url = origin
        with override_settings(CSRF_TRUSTED_ORIGINS=[origin]):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            try:
                yield origin
            finally:
                settings.DRAGOMAN.table_url = before
                server.shutdown()
                server.server_close()
