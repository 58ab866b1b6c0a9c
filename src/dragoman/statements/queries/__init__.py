"""Reads of what the ministry says. One module a question; import them by module."""
