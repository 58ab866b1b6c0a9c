"""Shared Django ground: base model, `Stateful`, `later()`, access rules, base page.

No nouns of its own but the worker's beat.
"""
