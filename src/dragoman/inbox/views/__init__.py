"""Desk pages of the inbox."""
