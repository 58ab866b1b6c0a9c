"""Settings, URL maps, WSGI; nobody imports it."""
