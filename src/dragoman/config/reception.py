"""The reception as WSGI: what the public sends, with no sign-in, no session and no cookie."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "dragoman.config.reception_settings"

application = get_wsgi_application()
