"""The table as WSGI: the pages of the parties to talks, with a sign-in of their own."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "dragoman.config.table_settings"

application = get_wsgi_application()
