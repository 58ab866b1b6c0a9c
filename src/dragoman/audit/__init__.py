"""Who did what, when, to what. One noun: event.

Keeps names as text, for it outlives accounts. Never edited, never erased.
"""
